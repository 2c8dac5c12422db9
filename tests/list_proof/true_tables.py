"""True tables: people with their values, and a message, before anything is written."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random


def _words(text: str, between: str = " ") -> tuple[str, ...]:
    return tuple(text.split(between))


FIRST_NAMES = _words(
    "Ana Bob Zoé Léa Hélène Théo Rémi José Núñez Müller Søren Åse Björn Jürgen François Françoise Benoît Jérôme "
    "Aurélie Maëlle Gaëtan Anaïs Loïc Chloé Noël Inès André Jean-Paul Marie-Ève Émile Eloïse Œdipe Ismaël Raphaëlle "
    "Clément Géraldine Cédric Stéphane Mélanie Valérie Hervé Sébastien Frédéric Amélie Zélie Dorothée Renée Désirée"
)
LAST_NAMES = _words(
    "Dupont D'Almeida O'Brien L’Hénaff Lefèvre Garçon Durand Châtelain Lemaître Crête Béranger Forêt Dubœuf Guérin "
    "Peña Strauß Ångström Sørensen Bächler Desprès Marché Nguyen Benoît N'Diaye Prévôt Lacôte Thévenet Mazé Pélissier"
)
STREETS = _words(
    '12, rue de l\'Église|5 bis, allée des Chênes|Bât. B; étage 2|1 place du Marché|Résidence "Les Lilas"|'
    "3, quai Branly|Chez M. Crête, 8 rue Haute|22 avenue d'Orléans|Lieu-dit La Forêt|40, bd de la Liberté|"
    "7 impasse du Grand-Pré|ZA n° 4",
    "|",
)
TOWNS = _words("Lyon Metz Nîmes Orléans Saint-Étienne Besançon Châlons Évry Angoulême L'Haÿ Sète Béziers Paris")
COUNTRIES = _words("France|Suisse|Belgique|Luxembourg|Côte d'Ivoire|Allemagne|España|Österreich|Suède", "|")
EMOJI = ("😀", "🎉", "❤️")
MONTHS = _words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")

#: The kinds of columns, and the names that people give them.
NAMES: Mapping[str, tuple[str, ...]] = {
    "first": ("prenom", "Prénom", "Prénom usuel", "First name"),
    "last": ("nom", "Nom de famille", "NOM"),
    "street": ("adresse", "Adresse de livraison", "Rue"),
    "town": ("ville", "Commune"),
    "country": ("pays", "Pays de résidence"),
    "amount": ("montant", "Montant dû", "Prix TTC"),
    "percent": ("remise", "Remise accordée"),
    "date": ("date", "Date du RDV", "Échéance"),
    "code": ("code", "Code postal", "Réf. client"),
    "points": ("points", "Solde de points"),
    "weight": ("poids", "Poids en kg"),
}
NUMBER_NAMES = ("numero", "Numéro", "téléphone", "Tél. mobile", "Mobile", "Portable", "N° de téléphone", "number")


def euros(cents: int) -> str:
    """An amount as French people write it."""
    return f"{cents // 100:,}".replace(",", " ") + f",{cents % 100:02} €"


def value(kind: str, rng: Random) -> str:
    """A value of a column, as a person reads it."""
    pools = {"first": FIRST_NAMES, "last": LAST_NAMES, "street": STREETS, "town": TOWNS, "country": COUNTRIES}
    if kind in pools:
        text = rng.choice(pools[kind])
        if kind == "first" and rng.random() < 0.01:
            text += f" {rng.choice(EMOJI)}"
        return text.upper() if kind == "last" and rng.random() < 0.1 else text
    if kind == "amount":
        return euros(rng.choice((990, 123450, 5, 700000, rng.randrange(1, 10**7))))
    if kind == "percent":
        return f"{rng.randrange(1, 100)}%"
    if kind == "date":
        return f"{rng.randrange(1, 29):02}/{rng.randrange(1, 13):02}/{rng.choice((2025, 2026, 2027))}"
    if kind == "weight":
        return f"{rng.randrange(1, 9)}.{rng.randrange(1, 10)}"
    return f"{rng.randrange(100_000):05}" if kind == "code" else str(rng.randrange(1, 5000))


#: Forms in which people write 06 39 98 00 12, whose pairs of digits are numbered.
WRITTEN = (
    *("{0}{1}{2}{3}{4}", "{0} {1} {2} {3} {4}", "{0}.{1}.{2}.{3}.{4}", "{0}-{1}-{2}-{3}-{4}", "{0}/{1}/{2}/{3}/{4}"),
    *("+336{1}{2}{3}{4}", "+33 6 {1} {2} {3} {4}", "+33 (0)6 {1} {2} {3} {4}", "+33(0)6{1}{2}{3}{4}"),
    *("00336{1}{2}{3}{4}", "0033 6 {1} {2} {3} {4}", "336{1}{2}{3}{4}", "6{1}{2}{3}{4}", "(06) {1} {2} {3} {4}"),
    "{0}\u00a0{1}\u00a0{2}\u00a0{3}\u00a0{4}",
)


@dataclass
class Person:
    """One true row: its number, the form in which it is written, and its values by column."""

    number: str
    written: str
    values: dict[str, str]


@dataclass
class Table:
    """A true table.

    :param kinds: the kind of each column by its name; the number's is ``number``.
    :param pattern: the message as a text, then in turn a column and a text.
    """

    kinds: dict[str, str]
    pattern: list[str]
    people: list[Person] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        return list(self.kinds)

    @property
    def number_column(self) -> str:
        return next(name for name, kind in self.kinds.items() if kind == "number")

    @property
    def used(self) -> list[str]:
        return self.pattern[1::2]

    @property
    def unused(self) -> list[str]:
        return [name for name, kind in self.kinds.items() if kind != "number" and name not in self.used]

    @property
    def message(self) -> str:
        return "".join(f"#{each}#" if at % 2 else each for at, each in enumerate(self.pattern))

    def text(self, person: Person) -> str:
        """The text that the person is meant to receive."""
        return "".join(person.values[each] if at % 2 else each for at, each in enumerate(self.pattern))


def true_table(rng: Random, rows: int) -> Table:
    """Make a table of people, each with a number of their own."""
    kinds = rng.sample(list(NAMES), rng.randint(2, 7))
    named = [(rng.choice(NAMES[kind]), kind) for kind in kinds]
    at = 0 if rng.random() < 0.6 else rng.randint(0, len(named))
    named.insert(at, (rng.choice(NUMBER_NAMES), "number"))
    table = Table(dict(named), ["Bonjour "])
    names = [name for name, kind in named if kind != "number"]
    for name in rng.sample(names, rng.randint(1, min(4, len(names)))):
        table.pattern += [name, rng.choice((", ", " : ", " - ", ". Votre colis arrive, ", " / "))]
    for last in rng.sample(range(10_000), rows):
        table.people.append(person(last, table, rng))
    return table


def person(last: int, table: Table, rng: Random) -> Person:
    """A person with a number of the range that is kept for fiction."""
    digits = f"063998{last:04}"
    pairs = [digits[at : at + 2] for at in range(0, 10, 2)]
    values = {
        name: "" if rng.random() < 0.02 else unicodedata.normalize("NFC", value(kind, rng))
        for name, kind in table.kinds.items()
        if kind != "number"
    }
    return Person("+33" + digits[1:], rng.choice(WRITTEN).format(*pairs), values)
