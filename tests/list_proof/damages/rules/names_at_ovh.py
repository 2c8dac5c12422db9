"""Names of columns that OVH may refuse in a list, or keeps for itself."""

from __future__ import annotations

import unicodedata

from list_proof.damages.registry import rule
from list_proof.damages.rules.tables import in_unicode, insert_column, rename
from list_proof.drafts import Draft, NotPossible

NAMES = "column names"
REFUSED = (
    "fenêtre",
    "όνομα",
    "prêt",
    "reçu n°",
    "Straße №1",
    "имя",
    "名前",
    "prénom ✓",
    "l’adresse",
    "civilité (ê)",
    "ŷ",
    "—",
)
ALIKE = (("fenêtre", "fenetre"), ("reçu", "recu"), ("ça", "ca"), ("forêt", "foret"), ("όνομα", "имя"), ("ê", "e"))


@rule(NAMES)
def names_outside_gsm(draft: Draft) -> None:
    draft.dialect.encoding = draft.rng.choice(("utf-8", "utf-8 with mark", "utf-16 with mark"))
    draft.must_be_read = True
    names = draft.rng.sample(REFUSED, len(draft.table.used))
    for old, new in zip(list(draft.table.used), names, strict=True):
        rename(draft, old, new)


@rule(NAMES)
def names_alike_at_ovh(draft: Draft) -> None:
    """Two names are one without their accents."""
    if len(draft.table.used) < 2:
        raise NotPossible
    draft.dialect.encoding = "utf-8"
    draft.must_be_read = True
    pair = draft.rng.sample(draft.rng.choice(ALIKE), 2)
    for old, new in zip(list(draft.table.used)[:2], pair, strict=True):
        rename(draft, old, new)


@rule(NAMES)
def names_in_other_capitals_and_accents(draft: Draft) -> None:
    """The message writes a name in other capitals than the header, or its accents as characters of their own."""
    in_unicode(draft)
    draft.must_be_read = True
    draft.message = draft.table.message
    for name in draft.table.used:
        other = draft.rng.choice((name.upper(), name.lower(), unicodedata.normalize("NFD", name), name.swapcase()))
        draft.message = draft.message.replace(f"#{name}#", f"#{other}#")


@rule(NAMES)
def message_with_the_number(draft: Draft) -> None:
    """The number's column is called as OVH calls it, and the message shows the number."""
    draft.must_be_read = True
    rename(draft, draft.table.number_column, "number")
    draft.table.pattern = ["Votre numero : ", "number", " - ", draft.table.used[0], "."]
    for person in draft.table.people:
        person.values["number"] = person.number


@rule(NAMES, refused=True)
def column_called_number_beside_the_number(draft: Draft) -> None:
    """OVH would read the people's numbers from a column that holds something else."""
    in_unicode(draft)
    rename(draft, draft.table.number_column, "téléphone")
    draft.options["number_column"] = "téléphone"
    rename(draft, draft.table.used[0], "number")
    draft.refusal = "#number#"
    for line in draft.lines:
        line.touched = line.silent = True


@rule(NAMES)
def unused_column_called_number(draft: Draft) -> None:
    draft.must_be_read = True
    rename(draft, draft.table.number_column, "téléphone")
    draft.options["number_column"] = "téléphone"
    insert_column(draft, "number", lambda _: f"06399800{draft.rng.randrange(100):02}")
