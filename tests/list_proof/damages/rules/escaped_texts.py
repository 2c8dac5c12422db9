"""Values and messages that are escaped for a program: ``&#39;``, a literal ``\\n``, ``%20``."""

from __future__ import annotations

import html
import json
from urllib.parse import quote

from list_proof.damages.registry import rule
from list_proof.damages.rules.tables import in_unicode, reject, set_value, use
from list_proof.drafts import Draft

ESCAPED = "escaped texts"
#: Values that escaping changes, and those that only resemble escaped ones.
VALUES = (
    "L'Hostis",
    "D'Almeida",
    "R&D",
    "Zoé & Bob",
    'Résidence "Les Lilas"',
    "5 < 7",
    "Hélène",
    "Müller",
    "Åse Ñandú",
)
LIKE_ESCAPED = (
    "R&D",
    "AT&T; Co",
    "Tom & Co",
    "-20%20 ans",
    "100% coton",
    "/!\\ nuit",
    "a&b=c",
    "&Co",
    "50%",
    "\\o/",
    "1 < 2",
)
NAMED = {"'": "&apos;", "&": "&amp;", '"': "&quot;", "<": "&lt;", "é": "&eacute;", "è": "&egrave;", "ü": "&uuml;"}
MESSAGES = (
    *(
        ("L'été", "L&#39;été"),
        ("Tom & Co", "Tom &amp; Co"),
        ("à bientôt", "&agrave; bient&ocirc;t"),
        ("10 €", "10 &euro;"),
    ),
    *(("Soldes\nici", "Soldes\\nici"), ("Soldes\nici", "Soldes<br>ici"), ("Soldes ici", "Soldes&nbsp;ici")),
    *(("été", "\\u00e9t\\u00e9"), ("l'ami", "l\\'ami"), ("Promo", "<b>Promo</b>"), ("deux mots", "deux%20mots")),
)


def _by_name(text: str) -> str:
    return "".join(NAMED.get(each, each) for each in text)


def _by_number(text: str) -> str:
    return "".join(
        f"&#{ord(each)};" if not (each.isascii() and each.isalnum()) and each != " " else each for each in text
    )


def _by_hex(text: str) -> str:
    return "".join(
        f"&#x{ord(each):X};" if not (each.isascii() and each.isalnum()) and each != " " else each for each in text
    )


def _by_json(text: str) -> str:
    return json.dumps(text)[1:-1]


#: Ways in which programs escape a text.
WAYS = (html.escape, _by_name, _by_number, _by_hex, _by_json)


def escaped(draft: Draft) -> tuple[str, str]:
    """A value as a program has escaped it, once or twice, and as it was."""
    while True:
        meant, way = draft.rng.choice(VALUES), draft.rng.choice(WAYS)
        shown = way(meant)
        if shown != meant:
            twice = way is not _by_json and draft.rng.random() < 0.2
            return html.escape(shown) if twice else shown, meant


@rule(ESCAPED)
def escaped_values(draft: Draft) -> None:
    in_unicode(draft)
    draft.must_be_read = True
    name = use(draft, "prenom")
    for line in draft.some(60):
        set_value(draft, line, name, *escaped(draft))
        line.reason = "escaped_text"


@rule(ESCAPED)
def escaped_values_decoded(draft: Draft) -> None:
    in_unicode(draft)
    draft.must_be_read = True
    draft.options["escaped_text"] = "decode"
    name = use(draft, "prenom")
    for line in draft.some(60, touched=False):
        set_value(draft, line, name, *escaped(draft))


@rule(ESCAPED)
def values_like_escaped_ones(draft: Draft) -> None:
    in_unicode(draft)
    draft.must_be_read = True
    if draft.rng.random() < 0.5:
        draft.options["escaped_text"] = "decode"
    name = use(draft, "prenom")
    for line in draft.some(60, touched=False):
        set_value(draft, line, name, draft.rng.choice(LIKE_ESCAPED))


@rule(ESCAPED)
def line_breaks_as_letters(draft: Draft) -> None:
    """A literal ``\\n``: rejected, or decoded and then treated as a line break."""
    in_unicode(draft)
    draft.must_be_read = True
    how = draft.options["line_breaks"] = draft.rng.choice(("reject", "keep", "blank"))
    decode = draft.rng.random() < 0.6
    draft.options["escaped_text"] = "decode" if decode else "reject"
    name = use(draft, "adresse")
    for line in draft.some(60):
        street = draft.rng.choice(("3 rue Haute", "ZA Nord", "22 avenue Foch"))
        written = draft.rng.choice(("\\n", "\\r\\n", "<br>", "<br/>", "&#10;"))
        set_value(draft, line, name, f"{street}{written}Lyon", f"{street}\nLyon")
        if not decode or how == "reject":
            reject(line, "line_break" if decode else "escaped_text")


@rule(ESCAPED)
def values_in_percent(draft: Draft) -> None:
    """Values that were written for an address, and are used as text."""
    in_unicode(draft)
    draft.must_be_read = True
    decode = draft.rng.random() < 0.5
    draft.options["escaped_text"] = "decode" if decode else "reject"
    name = use(draft, "prenom")
    for line in draft.some(60, touched=not decode):
        meant = draft.rng.choice(("Le Goff", "Jean Paul", "Hélène", "Zoé", "Rue Haute", "Øre", "Noël"))
        set_value(draft, line, name, quote(meant), meant)
        line.reason = "" if decode else "escaped_text"


@rule(ESCAPED, refused=True)
def escaped_message(draft: Draft) -> None:
    draft.refusal = "which everybody would read as it stands"
    meant, written = draft.rng.choice(MESSAGES)
    draft.table.pattern[-1] += f" {meant} "
    draft.message = draft.table.message[: -len(meant) - 2] + f" {written} "
    for line in draft.lines:
        line.touched = True
