"""Damages of the header."""

from __future__ import annotations

import unicodedata

from list_proof.damages.registry import damage
from list_proof.drafts import Draft, Line, NotPossible
from list_proof.true_tables import NUMBER_NAMES


def renamed(draft: Draft, at: int, name: str) -> None:
    draft.header.cells[at] = name


def every_name(draft: Draft, *pairs: tuple[str, str]) -> None:
    for at, name in enumerate(draft.columns):
        for before, after in pairs:
            name = name.replace(before, after)
        renamed(draft, at, name)


def in_unicode(draft: Draft) -> None:
    draft.dialect.encoding = draft.rng.choice(("utf-8", "utf-8 with mark", "utf-16 with mark"))


@damage("csv", "xlsx")
def title_above(draft: Draft) -> None:
    title = draft.rng.choice(("Clients au 1er mars 2026", "Relance", "Export du 01/03/2026", "Fichier : clients, été"))
    draft.above = [Line([title])] + [Line([])] * draft.rng.randint(0, 2)


@damage("csv", "xlsx")
def blank_rows_above(draft: Draft) -> None:
    draft.above = [Line([])] * draft.rng.randint(1, 4)


@damage("csv", "xlsx", "parquet")
def header_in_capitals(draft: Draft) -> None:
    for at, name in enumerate(draft.columns):
        renamed(draft, at, name.upper())


@damage("csv", "xlsx", "parquet")
def no_break_spaces_in_header(draft: Draft) -> None:
    in_unicode(draft)
    every_name(draft, (" ", draft.rng.choice(("\u00a0", "\u202f", "  "))))
    renamed(draft, 0, f"\u00a0{draft.header.cells[0]} ")


@damage("csv", "xlsx", "parquet")
def invisible_characters_in_header(draft: Draft) -> None:
    in_unicode(draft)
    mark = draft.rng.choice(("\u200b", "\ufeff", "\u200e", "\u00ad"))
    for at, name in enumerate(draft.columns):
        renamed(draft, at, draft.rng.choice((mark + name, name + mark, name[:2] + mark + name[2:])))


@damage("csv", "xlsx", "parquet")
def accents_of_their_own_in_header(draft: Draft) -> None:
    in_unicode(draft)
    for at, name in enumerate(draft.columns):
        renamed(draft, at, unicodedata.normalize("NFD", name))


@damage("csv", "xlsx", "parquet")
def line_break_in_header(draft: Draft) -> None:
    every_name(draft, (" ", draft.rng.choice(("\n", "\r\n", " \n"))))


@damage("csv", "xlsx", "parquet")
def number_column_called_otherwise(draft: Draft) -> None:
    renamed(
        draft,
        draft.number_at,
        draft.rng.choice([*NUMBER_NAMES, "Handynummer", "móvil", "cellulare", "GSM", "whatsapp"]),
    )


@damage("csv", "xlsx", "parquet", refused=True)
def used_column_renamed(draft: Draft) -> None:
    renamed(draft, draft.rng.choice(draft.used_at), draft.rng.choice(("colonne", "libellé", "champ 3")))


@damage("csv", "xlsx", "parquet")
def unused_name_twice(draft: Draft) -> None:
    if len(draft.table.unused) < 2:
        raise NotPossible
    one, two = draft.rng.sample(draft.table.unused, 2)
    renamed(draft, draft.columns.index(one), two)


@damage("csv", "xlsx", "parquet", refused=True)
def used_name_twice(draft: Draft) -> None:
    if not draft.table.unused:
        raise NotPossible
    renamed(draft, draft.columns.index(draft.rng.choice(draft.table.unused)), draft.rng.choice(draft.table.used))


@damage("csv", "xlsx", refused=True)
def header_missing(draft: Draft) -> None:
    draft.header = draft.lines.pop(0)


@damage("csv", refused=True)
def separator_lost_in_header(draft: Draft) -> None:
    at = draft.rng.randrange(len(draft.columns) - 1)
    names = [*draft.columns]
    names[at : at + 2] = [draft.rng.choice(("", " ")).join(names[at : at + 2])]
    draft.header.cells = [*names]
    for line in draft.lines:
        line.touched = True


@damage("csv", "xlsx", refused=True)
def name_lost_in_header(draft: Draft) -> None:
    """The header has one name less than the rows have values: all values stand under another name."""
    del draft.header.cells[draft.rng.randrange(len(draft.columns))]
    for line in draft.lines:
        line.touched = True


@damage("csv", "xlsx")
def nameless_columns(draft: Draft) -> None:
    """Columns without a name, and with values: of a person's own."""
    at = draft.rng.choice([0, *(at for at in range(len(draft.columns)) if at > 0)])
    draft.header.cells.insert(at, "")
    for line in draft.lines:
        line.cells.insert(at, draft.rng.choice(("", "x", "vu")))


@damage("csv", "xlsx", "parquet", refused=True)
def second_number_column(draft: Draft) -> None:
    draft.header.cells.append("Téléphone 2")
    for line in draft.lines:
        line.cells.append("0639980000")


@damage("csv", "xlsx", "parquet")
def second_number_column_and_the_first_is_named(draft: Draft) -> None:
    second_number_column(draft)
    draft.options["number_column"] = draft.table.number_column


@damage("csv", "xlsx", "parquet")
def dates_and_years_as_names(draft: Draft) -> None:
    draft.header.cells += ["01/03/2026", "saison 2024-2025", "2025"]
    for line in draft.lines:
        line.cells += ["x", "", "12"]
