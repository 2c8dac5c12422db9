"""Words that programs write for a value that is missing, and what an empty value leaves in a message."""

from __future__ import annotations

from list_proof.damages.registry import rule
from list_proof.damages.rules.tables import in_unicode, insert_column, reject, set_value, use
from list_proof.drafts import Draft

VALUES = "values"
WORDS = (
    *("NULL", "null", "Null", "(null)", "<null>", "[null]", "None", "NONE", "none", "nan", "NaN", "NaT", "N/A", "n/a"),
    *("#N/A", "#N/D", "#NV", "<NA>", "\\N", "undefined", "(vide)", "(blank)", "-", "--", "---", "–", "—"),
)
#: Texts around an empty value: the text before it and behind it, and whether something odd is left.
AROUND = (
    *(("Bonjour ", ", votre colis", True), ("Bonjour ", " - soldes", True), ("Soldes (", ") ici", True)),
    *(
        ("Bonjour ", "! Promo", True),
        ("", ", bonjour", True),
        ("Bonjour ", ". Promo", True),
        ("Du\n", "\nau revoir", True),
    ),
    *(("Bonjour", "! Promo", False), ("Code:", ", merci", False), ("Promo", "", False), ("Ref-", " merci", False)),
)


def _missing(draft: Draft, meant: str) -> str:
    """Write such words into a used column, and their meaning into the truth."""
    in_unicode(draft)
    draft.must_be_read = True
    name = draft.rng.choice(draft.table.used)
    for line in draft.some(80, touched=False):
        set_value(draft, line, name, draft.rng.choice(WORDS), meant)
    return name


@rule(VALUES)
def missing_words(draft: Draft) -> None:
    _missing(draft, "")


@rule(VALUES)
def missing_words_with_a_text_in_their_place(draft: Draft) -> None:
    draft.options["empty_text"] = "client"
    _missing(draft, "client")


@rule(VALUES)
def missing_words_are_rejected(draft: Draft) -> None:
    draft.options["empty"] = "reject"
    _missing(draft, "")
    for line in draft.lines:
        if line.person and not all(line.person.values[name] for name in draft.table.used):
            reject(line, "empty_value")


@rule(VALUES)
def missing_words_in_an_unused_column(draft: Draft) -> None:
    in_unicode(draft)
    draft.must_be_read = True
    insert_column(draft, "remarque", lambda _: draft.rng.choice(WORDS))


@rule(VALUES)
def people_called_like_a_missing_word(draft: Draft) -> None:
    """``missing: []``: a person may be called Null."""
    in_unicode(draft)
    draft.must_be_read = True
    draft.options["missing"] = []
    name = use(draft, "prenom")
    for line in draft.some(80, touched=False):
        set_value(draft, line, name, draft.rng.choice(("Null", "None", "Nan", "NULL", "-", "N/A", "undefined", "none")))


@rule(VALUES)
def other_missing_words(draft: Draft) -> None:
    """The campaign names its own words: the usual ones are values then."""
    in_unicode(draft)
    draft.must_be_read = True
    draft.options["missing"] = ["inconnu", "?"]
    name = use(draft, "prenom")
    for line in draft.some(80, touched=False):
        shown, meant = draft.rng.choice(
            (("inconnu", ""), ("?", ""), ("Null", "Null"), ("N/A", "N/A"), ("Inconnu", None))
        )
        set_value(draft, line, name, str(shown), meant)


@rule(VALUES)
def missing_words_inside_values(draft: Draft) -> None:
    in_unicode(draft)
    draft.must_be_read = True
    name = use(draft, "prenom")
    for line in draft.some(80, touched=False):
        set_value(
            draft, line, name, draft.rng.choice(("Null Roy", "Ana - Bob", "N/A2", "Nana", "Nonette", "Jean-Nan", "-1"))
        )


@rule(VALUES)
def missing_word_in_the_number(draft: Draft) -> None:
    in_unicode(draft)
    draft.must_be_read = True
    for line in draft.some(40):
        line.cells[draft.number_at] = draft.rng.choice(WORDS)
        reject(line)


@rule(VALUES)
def left_over_of_an_empty_value(draft: Draft) -> None:
    """``Bonjour ,`` is sent as it stands, and the log says so."""
    in_unicode(draft)
    draft.must_be_read = True
    name = use(draft, draft.rng.choice(("prenom", "nom", "code_client")))
    before, after, odd = draft.rng.choice(AROUND)
    draft.table.pattern = [before, name, after]
    draft.left_over = {name} if odd else set()
    for line in draft.some(60, touched=False):
        set_value(draft, line, name, draft.rng.choice(("", " ", "NULL", "-")), "")
