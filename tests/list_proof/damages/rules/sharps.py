"""Messages and values with a ``#`` that is no placeholder's, or that was forgotten."""

from __future__ import annotations

from list_proof.damages.registry import rule
from list_proof.damages.rules.dialects import MESSAGES, NAMES, as_others_write
from list_proof.damages.rules.tables import in_unicode, reject, reject_all, set_value, use
from list_proof.drafts import Draft, NotPossible

#: Names of several words too: a person forgets the second sign of any column.
LONGER_NAMES = (*NAMES, "Nom de famille", "Date du RDV", "code-client", "N° client", "l'adresse")
WITH_A_SHARP = ("C#", "#1", "Appt #3", "Bât #A", "a#b")
WITH_TWO = ("#nom#", "#prenom#", "a#b#c", "a##", "#1 #2", "#x#", "Appt #3 bis#")


def _one_placeholder(draft: Draft, names: tuple[str, ...]) -> str:
    name = use(draft, draft.rng.choice(names))
    draft.table.pattern = ["Bonjour ", name, draft.rng.choice((", votre colis", " !", " - soldes", ""))]
    return name


def _write(draft: Draft, name: str, form: str) -> None:
    draft.message, draft.refusal = draft.table.message.replace(f"#{name}#", form), "#"
    for line in draft.lines:
        line.touched = True


@rule(MESSAGES, refused=True)
def sharp_not_closed(draft: Draft) -> None:
    name = _one_placeholder(draft, LONGER_NAMES)
    _write(draft, name, f"#{as_others_write(draft, name)}")


@rule(MESSAGES, refused=True)
def sharp_not_opened(draft: Draft) -> None:
    name = _one_placeholder(draft, LONGER_NAMES)
    _write(draft, name, f"{as_others_write(draft, name)}#")


@rule(MESSAGES, refused=True)
def sharp_not_closed_beside_another(draft: Draft) -> None:
    name = use(draft, draft.rng.choice(LONGER_NAMES))
    _write(draft, name, draft.rng.choice((f"#{name}", f"{name}#", f"# {name} #", f"##{name}##", f"#{name} #")))


@rule(MESSAGES, refused=True)
def one_sharp_between_two_columns(draft: Draft) -> None:
    """``#prenom#nom#``: OVH may read one placeholder, or two."""
    if len(draft.table.used) < 2:
        raise NotPossible
    one, two = draft.table.used[:2]
    draft.table.pattern = ["Bonjour ", one, "", two, " !"]
    _write(draft, one, f"#{one}")
    draft.message = f"Bonjour #{one}#{two}# !"
    draft.refusal = "#"
    reject_all(draft)


@rule(MESSAGES)
def columns_side_by_side(draft: Draft) -> None:
    """``#prenom##nom#`` has two placeholders."""
    if len(draft.table.used) < 2:
        raise NotPossible
    draft.must_be_read = True
    draft.table.pattern = ["Bonjour ", draft.table.used[0], "", draft.table.used[1], " !"]


@rule(MESSAGES)
def sharp_as_text(draft: Draft) -> None:
    """A message without placeholders may say ``C#``, which is written as ``C##``."""
    draft.must_be_read = True
    written, text = draft.rng.choice((("C##", "C#"), ("C#", "C#"), ("la #1", "la #1"), ("#soldes", "#soldes")))
    draft.table.pattern = [f"Bonjour, vive {text} !"]
    draft.message = f"Bonjour, vive {written} !"


@rule(MESSAGES, refused=True)
def two_sharps_as_text(draft: Draft) -> None:
    """OVH may take two of them for a placeholder, and merge nothing in its place."""
    draft.table.pattern = [draft.rng.choice(("C## et F##", "#soldes #mode", "la #1 et la #2", "###", "a#b#c"))]
    draft.refusal = "#"
    reject_all(draft)


@rule(MESSAGES, refused=True)
def sharp_as_text_beside_placeholders(draft: Draft) -> None:
    draft.table.pattern[-1] += draft.rng.choice((" C##", " #soldes", " la #1", " 3#"))
    draft.refusal = "#"
    reject_all(draft)


@rule("values")
def sharps_in_values(draft: Draft) -> None:
    """One sharp is a person's own; of two, OVH may make a placeholder."""
    in_unicode(draft)
    draft.must_be_read = True
    name = use(draft, "prenom")
    draft.table.pattern = ["Bonjour ", name, ", merci"]
    for line in draft.some(60, touched=False):
        set_value(draft, line, name, draft.rng.choice(WITH_A_SHARP))
    for line in draft.some(40, where=lambda line: "#" not in str(line.cells)):
        set_value(draft, line, name, draft.rng.choice(WITH_TWO))
        reject(line, "looks_like_placeholder")


@rule("values")
def sharps_of_two_values_together(draft: Draft) -> None:
    """``a#`` and ``nom#`` in one text: OVH may merge what stands between them."""
    if len(draft.table.used) < 2:
        raise NotPossible
    in_unicode(draft)
    draft.must_be_read = True
    one, two = draft.table.used[:2]
    for line in draft.some(40):
        set_value(draft, line, one, f"Appt #{draft.rng.choice(draft.table.used)}")
        set_value(draft, line, two, draft.rng.choice(("#2", "B#", "a#b")))
        reject(line, "looks_like_placeholder")


@rule("values")
def sharp_in_a_value_that_stands_twice(draft: Draft) -> None:
    in_unicode(draft)
    draft.must_be_read = True
    name = use(draft, draft.rng.choice(NAMES))
    draft.table.pattern = ["Bonjour ", name, ", merci ", name, "."]
    for line in draft.some(40):
        set_value(draft, line, name, draft.rng.choice(WITH_A_SHARP))
        reject(line, "looks_like_placeholder")
