"""Columns with the country of each row: numbers of several countries, as people write them there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from random import Random

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from list_proof.damages.registry import rule
from list_proof.damages.rules.tables import in_unicode, insert_column, person_of, reject
from list_proof.drafts import Draft, Line

COUNTRIES = "countries"
#: What people write for a country, by its code.
WRITTEN = {
    "CH": ("CH", "ch", "CHE", "Suisse", "SUISSE", "Switzerland", "Schweiz", "Svizzera", "+41", "0041", "Suisse (CH)"),
    "BE": ("BE", "BEL", "Belgique", "belgique", "Belgium", "België", "Belgien", "+32", "BE - Belgique"),
    "LU": ("LU", "LUX", "Luxembourg", "LUXEMBOURG", "Luxemburg", "+352"),
    "DE": ("DE", "DEU", "Allemagne", "Germany", "Deutschland", "Duitsland", "+49", "0049"),
    "ES": ("ES", "ESP", "Espagne", "España", "Spain", "Espana", "+34"),
    "PT": ("PT", "PRT", "Portugal", "+351"),
    "GB": ("GB", "UK", "GBR", "Royaume-Uni", "United Kingdom", "Angleterre", "Great Britain", "+44"),
    "NL": ("NL", "NLD", "Pays-Bas", "Netherlands", "Nederland", "Hollande", "+31"),
    "IT": ("IT", "ITA", "Italie", "Italy", "Italia", "+39"),
    "FR": ("FR", "fr", "FRA", "France", "FRANCE", "Frankreich", "+33", "0033", "France métropolitaine"),
}
OVERSEAS = {"RE": ("RE", "La Réunion", "Réunion"), "GP": ("GP", "Guadeloupe"), "MQ": ("MQ", "Martinique")}
NAMES = ("pays", "Pays", "Code pays", "country", "Country", "Country code", "Land", "Pays de résidence", "Pays (ISO)")
CALLING_CODES = ("Indicatif", "indicatif pays", "dial code", "Indicatif téléphonique")
NO_COUNTRIES = ("Atlantide", "Europe", "inconnu", "XX", "Autre", "Mars", "99", "+999", "FR/CH", "?")
OTHER_NAMES = ("Pays de naissance", "Pays d'origine", "Nationalité", "Pays de destination", "Country of birth")
FORMS = ("national", "national", "national", "international", "00", "e164", "digits", "dots")


@lru_cache
def mobiles(region: str) -> tuple[phonenumbers.PhoneNumber, ...]:
    """Mobile numbers of a country, each valid and its own."""
    return tuple(_mobiles(region, Random(region)))


def _mobiles(region: str, rng: Random) -> Iterator[phonenumbers.PhoneNumber]:
    example = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
    for last in rng.sample(range(10_000), 2_000):
        first = "63998" if region == "FR" else str(example.national_number)[:-4]
        number = phonenumbers.PhoneNumber(example.country_code, int(f"{first}{last:04}"))
        kind = phonenumbers.number_type(number), phonenumbers.region_code_for_number(number)
        if region == "FR" or kind == (PhoneNumberType.MOBILE, region):  # the French ones are kept for fiction
            yield number


def shown(number: phonenumbers.PhoneNumber, form: str) -> str:
    """A number as people write it; in digits alone, it is the national one."""
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if form == "international":
        return phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    if form in ("00", "e164"):
        return e164 if form == "e164" else "00" + e164[1:]
    digits = "".join(each for each in national if each.isdigit())
    return {"digits": digits, "dots": national.replace(" ", ".")}.get(form, national)


def give(draft: Draft, line: Line, number: phonenumbers.PhoneNumber, form: str) -> None:
    """Give a person a number."""
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    person_of(line).number, person_of(line).written = e164, shown(number, form)
    line.cells[draft.number_at] = person_of(line).written


def _people(draft: Draft, regions: tuple[str, ...], forms: tuple[str, ...] = FORMS) -> dict[int, str]:
    """Give everybody a number of one of some countries; returns the country by line."""
    in_unicode(draft)
    draft.must_be_read = True
    left = {region: iter(draft.rng.sample(mobiles(region), len(mobiles(region)))) for region in regions}
    homes: dict[int, str] = {}
    for line in draft.lines:
        region = homes[id(line)] = draft.rng.choice(regions)
        give(draft, line, next(left[region]), draft.rng.choice(forms))
    return homes


def _country_column(draft: Draft, homes: dict[int, str]) -> None:
    insert_column(draft, draft.rng.choice(NAMES), lambda line: draft.rng.choice(WRITTEN[homes[id(line)]]))


def _some(draft: Draft) -> tuple[str, ...]:
    return tuple(draft.rng.sample([*WRITTEN], draft.rng.randint(2, 6)))


@rule(COUNTRIES)
def numbers_of_several_countries(draft: Draft) -> None:
    _country_column(draft, _people(draft, _some(draft)))


@rule(COUNTRIES)
def numbers_beside_calling_codes(draft: Draft) -> None:
    codes = {region: str(phonenumbers.country_code_for_region(region)) for region in WRITTEN}
    homes = _people(draft, _some(draft))
    name = draft.rng.choice(CALLING_CODES)
    insert_column(draft, name, lambda line: draft.rng.choice(("", "+", "00")) + codes[homes[id(line)]])


@rule(COUNTRIES)
def country_column_of_another_name(draft: Draft) -> None:
    homes = _people(draft, _some(draft))
    draft.options["country_column"] = name = draft.rng.choice(("Filiale", "Région", "zone"))
    insert_column(draft, name, lambda line: draft.rng.choice(WRITTEN[homes[id(line)]]))
    if draft.rng.random() < 0.5:
        insert_column(draft, "Pays", lambda _: "Suisse")


@rule(COUNTRIES)
def rows_without_a_country(draft: Draft) -> None:
    """They are read as if there were no such column: as in the campaign's country."""
    region = draft.options["region"] = draft.rng.choice(("FR", "CH", "BE"))
    homes = _people(draft, _some(draft))
    taken = {person_of(line).number for line in draft.lines}
    free = [each for each in mobiles(region) if f"+{each.country_code}{each.national_number}" not in taken]
    without = set()
    for line, number in zip(draft.some(60, touched=False), free, strict=False):
        give(draft, line, number, draft.rng.choice(FORMS))
        without.add(id(line))
    words = ("", " ", "NULL", "-", "N/A")
    insert_column(
        draft, "Pays", lambda line: draft.rng.choice(words if id(line) in without else WRITTEN[homes[id(line)]])
    )


@rule(COUNTRIES)
def unknown_countries(draft: Draft) -> None:
    homes = _people(draft, _some(draft))
    lost = {id(line) for line in draft.some(40)}
    insert_column(
        draft, "Pays", lambda line: draft.rng.choice(NO_COUNTRIES if id(line) in lost else WRITTEN[homes[id(line)]])
    )
    for line in draft.lines:
        if id(line) in lost:
            reject(line, "unknown_country")


@rule(COUNTRIES)
def numbers_against_their_country(draft: Draft) -> None:
    """A number with a calling code says another country than its row: nobody knows which is right."""
    homes = _people(draft, _some(draft))
    for line in draft.some(40):
        there = homes[id(line)]
        number = phonenumbers.parse(person_of(line).number)
        give(draft, line, number, draft.rng.choice(("international", "00", "e164")))
        homes[id(line)] = draft.rng.choice([each for each in WRITTEN if each != there])
        reject(line, "wrong_country")
    _country_column(draft, homes)


@rule(COUNTRIES)
def french_overseas_numbers(draft: Draft) -> None:
    """Overseas regions write their numbers as France does, and people move."""
    homes = _people(draft, ("FR", *OVERSEAS))
    names = {"FR": WRITTEN["FR"], **OVERSEAS}
    moved = {id(line) for line in draft.some(40, touched=False)}
    insert_column(
        draft,
        "Pays",
        lambda line: draft.rng.choice(names[draft.rng.choice([*names]) if id(line) in moved else homes[id(line)]]),
    )


@rule(COUNTRIES)
def country_column_that_is_not_meant(draft: Draft) -> None:
    """``country_column: false``, or a name that says another country than the number's."""
    draft.must_be_read = True
    in_unicode(draft)
    name = draft.rng.choice((*OTHER_NAMES, "Pays"))
    if name == "Pays":
        draft.options["country_column"] = False
    every = [each for names in WRITTEN.values() for each in names]
    insert_column(draft, name, lambda _: draft.rng.choice((*every, *NO_COUNTRIES)))


@rule(COUNTRIES, refused=True)
def two_country_columns(draft: Draft) -> None:
    homes = _people(draft, _some(draft))
    draft.must_be_read, draft.refusal = False, "can hold the countries"
    _country_column(draft, homes)
    insert_column(draft, "Land/Country", lambda _: draft.rng.choice(("FR", "CH")))
    for line in draft.lines:
        reject(line)
