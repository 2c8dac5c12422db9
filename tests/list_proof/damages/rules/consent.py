"""Columns that say whether people agree to be written to, and what the campaign says about them."""

from __future__ import annotations

from datetime import date, timedelta

from list_proof.damages.registry import rule
from list_proof.damages.rules.tables import in_unicode, insert_column, reject, reject_all
from list_proof.drafts import Draft, Line
from list_proof.true_tables import MONTHS

CONSENT = "consent"
#: The day of every preparation: the first of a month, so that no month is too short for an age.
TODAY = date(2026, 12, 1)
#: Names of columns with a yes, an objection, a state; and of others that resemble them.
AGREES = (
    *("Opt-in SMS", "opt_in", "Consentement", "RGPD", "Accepte SMS", "Abonné SMS", "Souhaite recevoir des SMS"),
    *("Accord SMS", "Autorisation SMS", "consent", "GDPR consent", "SMS opt-in", "optin", "Subscribed", "Permission"),
)
OBJECTS = (
    *("Désinscrit", "Opt-out", "Ne pas contacter", "STOP SMS", "Opposition", "Refus SMS", "unsubscribed", "Désabonné"),
    *("Do not contact", "Ne souhaite pas être contacté", "Pas de SMS", "blocklist", "opted_out", "Liste noire"),
)
STATES = ("Statut", "status", "Etat", "État du contact")
HARMLESS = (
    *(("Arrêt de bus", ("Mairie", "Gare", "")), ("Nombre de SMS", ("0", "3", "")), ("Statut", ("actif", "client", ""))),
    *(
        ("Autorisation parentale", ("Non", "Oui")),
        ("Opt-in e-mail", ("Non", "Oui")),
        ("Abonné fidélité", ("Non", "Oui")),
    ),
    *(("Date du dernier SMS", ("01/02/2026", "")), ("status", ("VIP", "prospect")), ("Opt-in SMS", ("Oui",))),
    *(("Désinscrit", ("Non", "")), ("Désinscrit", ("0", "NULL", "")), ("consent", ("yes", "Yes"))),
)
YES = ("Oui", "oui", "OUI", "x", "1", "true", "O", "OK", "yes")
NO = ("Non", "non", "0", "N", "false", "FAUX", "refusé", "STOP", "Non merci", "no", "désinscrit", "opt-out", "jamais")
OBJECTIONS = (
    "x",
    "X",
    "Oui",
    "1",
    "STOP",
    "true",
    "12/03/2024",
    "2024-03-12",
    "vrai",
    "oui, le 3 mars",
    "yes",
    "a raccroché",
)
NO_OBJECTIONS = ("", "Non", "0", "false", "no", "N", "NON")
GONE = ("STOP", "désinscrit", "Désabonné le 03/04/2025", "unsubscribed", "opt-out", "blacklisté", "ne pas contacter")
THERE = ("actif", "client", "prospect", "Active", "nouveau", "")
FORMS = (
    "{:%d/%m/%Y}",
    "{:%d/%m/%y}",
    "{:%Y-%m-%d}",
    "{:%d/%m/%Y %H:%M}",
    "{:%Y-%m-%d %H:%M:%S}",
    "{:%d.%m.%Y}",
    "words",
)


def _column(draft: Draft, name: str, usual: tuple[str, ...], others: tuple[str, ...], share: float) -> set[int]:
    """Put a column into a list; returns the positions of the lines with one of the other values, at least one."""
    in_unicode(draft)
    some = {at for at in range(len(draft.lines)) if draft.rng.random() < share}
    some.add(draft.rng.randrange(len(draft.lines)))
    positions = {id(line): at for at, line in enumerate(draft.lines)}
    insert_column(draft, name, lambda line: draft.rng.choice(others if positions[id(line)] in some else usual))
    return some


def _undecided(draft: Draft, name: str, usual: tuple[str, ...], others: tuple[str, ...]) -> None:
    """A list in which one row at least has one of the other values is refused, and the error names the column."""
    _column(draft, name, usual, others, draft.rng.choice((0.0, 0.01, 0.2)))
    draft.refusal = f'consent: {{column: "{name}"'
    reject_all(draft)


@rule(CONSENT, refused=True)
def agreement_undecided(draft: Draft) -> None:
    """Some people do not agree, and the campaign does not say which values count: the list is refused."""
    _undecided(draft, draft.rng.choice(AGREES), YES, NO)


@rule(CONSENT, refused=True)
def agreement_or_nothing(draft: Draft) -> None:
    _undecided(draft, draft.rng.choice(AGREES), YES, ("", "NULL", " "))


@rule(CONSENT, refused=True)
def objection_undecided(draft: Draft) -> None:
    _undecided(draft, draft.rng.choice(OBJECTS), NO_OBJECTIONS, OBJECTIONS)


@rule(CONSENT, refused=True)
def state_undecided(draft: Draft) -> None:
    _undecided(draft, draft.rng.choice(STATES), THERE, GONE)


@rule(CONSENT)
def columns_like_consent(draft: Draft) -> None:
    in_unicode(draft)
    draft.must_be_read = True
    name, values = draft.rng.choice(HARMLESS)
    insert_column(draft, name, lambda _: draft.rng.choice(values))


@rule(CONSENT)
def consent_ignored(draft: Draft) -> None:
    draft.must_be_read = True
    draft.options["consent"] = "ignore"
    name, usual, others = draft.rng.choice(
        ((draft.rng.choice(AGREES), YES, NO), (draft.rng.choice(OBJECTS), NO_OBJECTIONS, OBJECTIONS))
    )
    _column(draft, name, usual, others, 0.2)


@rule(CONSENT)
def agreement_accepted(draft: Draft) -> None:
    """Rows with another value than the accepted ones are rejected."""
    draft.must_be_read = True
    name = draft.rng.choice(AGREES)
    without = _column(draft, name, ("Oui", "oui", "OUI", " Oui ", "x", "X"), ("", "NULL", "Ouï-dire", "Oui?", *NO), 0.2)
    draft.options["consent"] = [{"column": name, "accept": ["oui", "X"]}]
    _reject(draft, without)


@rule(CONSENT)
def objection_accepted(draft: Draft) -> None:
    draft.must_be_read = True
    name = draft.rng.choice(OBJECTS)
    without = _column(draft, name, ("", "Non", "non", " ", "NULL", "-"), OBJECTIONS, 0.2)
    draft.options["consent"] = [{"column": name, "accept": ["", "Non"]}]
    _reject(draft, without)


@rule(CONSENT)
def state_accepted(draft: Draft) -> None:
    draft.must_be_read = True
    name = draft.rng.choice((*STATES, "Situation"))
    without = _column(draft, name, ("actif", "Actif", "ACTIF", "Évalué", "evalue"), (*GONE, "inactif", ""), 0.2)
    draft.options["consent"] = [{"column": name, "accept": ["actif", "évalué"]}]
    _reject(draft, without)


@rule(CONSENT)
def consent_and_objection_accepted(draft: Draft) -> None:
    """All of the rules must allow a row."""
    draft.must_be_read = True
    one, two = draft.rng.choice(AGREES), draft.rng.choice(OBJECTS)
    without = _column(draft, one, ("Oui",), NO, 0.1) | _column(draft, two, ("", "Non"), OBJECTIONS, 0.1)
    draft.options["consent"] = [{"column": one, "accept": ["Oui"]}, {"column": two, "accept": ["", "Non"]}]
    _reject(draft, without)


@rule(CONSENT)
def consent_of_an_age(draft: Draft) -> None:
    """A consent of so many months, or older, is none."""
    draft.must_be_read = True
    months = draft.rng.choice((1, 6, 12, 13, 24, 36))
    first = _months_ago(months)
    recent = [first + timedelta(1), TODAY, *(TODAY - timedelta(draft.rng.randrange(0, 28)) for _ in range(3))]
    older = [
        first,
        first - timedelta(1),
        TODAY + timedelta(1),
        *(first - timedelta(draft.rng.randrange(1000)) for _ in "abc"),
    ]
    days = draft.rng.choice(("Date de consentement", "Consenti le", "opt-in"))
    usual = tuple(_shown(draft, each) for each in recent)
    others = (*(_shown(draft, each) for each in older), "", "Oui", "31/02/2026", "bientôt", "2026")
    without = _column(draft, days, usual, others, 0.3)
    rule_of = {"column": days, "max_age_months": months}
    if draft.rng.random() < 0.5:
        agrees = draft.rng.choice(("Accord SMS", "RGPD"))
        without |= _column(draft, agrees, ("Oui", "oui"), ("Non", ""), 0.1)
        rule_of = {"column": agrees, "accept": ["Oui"], "max_age_months": months, "date_column": days}
    draft.options["consent"] = [rule_of]
    _reject(draft, without)


def _months_ago(months: int) -> date:
    years, month = divmod(TODAY.year * 12 + TODAY.month - 1 - months, 12)
    return date(years, month + 1, TODAY.day)


def _shown(draft: Draft, day: date) -> str:
    form = draft.rng.choice(FORMS)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}" if form == "words" else form.format(day)


def _reject(draft: Draft, positions: set[int]) -> None:
    for at in positions:
        _without(draft.lines[at])


def _without(line: Line) -> None:
    reject(line, "no_consent")
