"""Messages with another program's placeholders, and texts and values that only resemble them."""

from __future__ import annotations

import unicodedata

from list_proof.damages.registry import rule
from list_proof.damages.rules.tables import in_unicode, reject, say, set_value, use
from list_proof.drafts import Draft

MESSAGES = "messages"
#: Forms of a placeholder, by its program; the ones of one sign stand around one word.
FORMS = {
    "one_brace": "{NAME}",
    "two_braces": "{{NAME}}",
    "brackets": "[NAME]",
    "percent": "%NAME%",
    "angles": "<NAME>",
    "mailchimp": "*|NAME|*",
    "dollar": "${NAME}",
    "double_angles": "<<NAME>>",
    "guillemets": "«NAME»",
    "double_brackets": "[[NAME]]",
    "stars": "*NAME*",
    "brace_not_closed": "{NAME",
    "dollar_not_closed": "$NAME",
    "at": "@NAME",
    "erb": "<%= NAME %>",
    "jinja": "{% NAME %}",
}
NAMES = ("prenom", "Prénom", "nom", "ville", "montant", "code_client", "Date", "civilité")
#: Texts with such signs, as people write them.
TEXTS = (
    *("[INFO] ", "-20% sur tout, -30% demain. ", "<3 ", "(voir au dos) ", "*** PROMO *** ", "5 * 3 = 15 "),
    *("10$ au lieu de 20$ ", "mail@ex.fr ", "~10 min ", "R&D ", "A|B ", "8h < RDV > 9h ", "/!\\ Attention ", "100 % "),
    *("https://ex.fr/a?b=c&d=e ", "https://ex.fr/%C3%A9t%C3%A9 ", "Tom & Co. ", "[...] ", "1 $ = 1 @ "),
)
#: Values with such signs: what another program has left there, and what people may be called.
LEFT = ("{{prenom}}", "{prenom}", "[prenom]", "%prenom%", "*|FNAME|*", "${nom}", "<prenom>", "{{ contact.first }}")
NAMES_WITH_SIGNS = ("[A]", "10% ou 20%", "{ A }", "*Ana*", "A <3 B", "Ana (Bob)", "50 %", "A%B", "a_b", "Ana [ext]")


def as_others_write(draft: Draft, name: str) -> str:
    """A column's name with other capitals or without accents, as people write it."""
    plain = "".join(each for each in unicodedata.normalize("NFD", name) if not unicodedata.combining(each))
    return draft.rng.choice((name, name, name.upper(), name.lower(), plain, plain.capitalize()))


def in_dialect(draft: Draft, form: str) -> None:
    """Write one or all of a message's placeholders in the form of another program."""
    used = use(draft, draft.rng.choice(NAMES))
    every = draft.rng.random() < 0.3
    draft.message, draft.refusal = draft.table.message, "which OVH does not merge"
    for name in draft.table.used if every else [used]:
        shown = as_others_write(draft, name)
        if name == used or shown.isalnum():
            draft.message = draft.message.replace(f"#{name}#", form.replace("NAME", shown))
    for line in draft.lines:
        line.touched = True


def _enter(name: str, form: str) -> None:
    def change(draft: Draft) -> None:
        in_dialect(draft, form)

    change.__name__ = f"placeholder_{name}"
    rule(MESSAGES, refused=True)(change)


for _name, _form in FORMS.items():
    _enter(_name, _form)


@rule(MESSAGES)
def text_with_signs_of_placeholders(draft: Draft) -> None:
    draft.must_be_read = True
    say(draft, draft.rng.choice(TEXTS))


@rule(MESSAGES)
def text_with_signs_and_no_placeholder(draft: Draft) -> None:
    draft.must_be_read = True
    draft.table.pattern = [f"Bonjour, {draft.rng.choice(TEXTS)}à bientôt"]


@rule("values")
def placeholders_in_values(draft: Draft) -> None:
    """Another program has not merged its own list."""
    in_unicode(draft)
    draft.must_be_read = True
    name = use(draft, "prenom")
    for line in draft.some(40):
        set_value(draft, line, name, draft.rng.choice(LEFT))
        reject(line, "looks_like_placeholder")


@rule("values")
def signs_in_values(draft: Draft) -> None:
    in_unicode(draft)
    draft.must_be_read = True
    name = use(draft, "prenom")
    for line in draft.some(60, touched=False):
        set_value(draft, line, name, draft.rng.choice(NAMES_WITH_SIGNS))
