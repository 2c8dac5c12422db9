"""Names of columns: how those of a message meet those of a header, and which of them mean a phone number."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Sequence

from ovh_sms.errors import ContactsError

#: Invisible characters: they join or separate nothing that a person sees.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_BLANKS = re.compile(r"\s+")
_SHARE = "(?:de|du|di|del|van|voor)?"
_COUNT = "(?:n|no|nr|nro|num|numero|numeros|number|numbers|nummer)"
_PHONE = (
    "(?:tel|tele|telephone|telephones|telefono|telefonos|telefoni|telefon|telefoon|tlf|phone|phones|mobile|mobiles|mobil"
    "|mobiel|mobiele|mobilephone|movil|moviles|cellulare|cellulari|celular|cellular|cell|cellphone|gsm|handy|natel"
    "|portable|portables|sms|whatsapp|mobiltelefon|mobieltelefoon)"
)
#: Header names of the number's column, without accents, blanks and punctuation; French and its neighbours' languages.
_NUMBER_NAME = re.compile(
    f"(?:numero|numeros|number|numbers|nummer|rufnummer|msisdn|(?:{_COUNT}{_SHARE})?{_PHONE}{_SHARE}{_PHONE}?{_COUNT}?)\\d?"
)
#: Characters of column names that an error lists at most.
MOST_LISTED = 240
#: Positions of columns of one name that an error lists at most.
MOST_POSITIONS = 5


def clean_name(text: str) -> str:
    """Write a name as a person reads it: composed, one blank for any run of blanks, nothing invisible."""
    return _BLANKS.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def is_number_name(name: str) -> bool:
    """Return whether a column name means a phone number: number, Numéro, Nº de téléphone, Handynummer …"""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return _NUMBER_NAME.fullmatch("".join(c for c in plain if c.isalnum() and c.isascii())) is not None


def find_column(name: str, columns: Sequence[str]) -> int | None:
    """Find the column that a name of a message or a campaign means.

    :param columns: the header's names, as :func:`clean_name` writes them.
    :returns: position of the column that is written alike; else of the only one that differs in upper and lower case
        alone; None if there is none.
    :raises ContactsError: there are several.
    """
    wanted = clean_name(name)
    positions = [at for at, column in enumerate(columns) if column == wanted] or [
        at for at, column in enumerate(columns) if column and column.casefold() == wanted.casefold()
    ]
    if len(positions) > 1:
        raise ContactsError(
            f"{name} can mean {len(positions)} columns of the contact list: {listed(columns[at] for at in positions)}, "
            f"in the positions {' and '.join(str(at + 1) for at in positions[:MOST_POSITIONS])}"
            f"{' …' if len(positions) > MOST_POSITIONS else ''}.",
            action="Rename or remove all but one, and write the name as in the header.",
        )
    return positions[0] if positions else None


def column_called(name: str, columns: Sequence[str]) -> str:
    """Return the column that :func:`find_column` finds, or the first of several; empty if there is none."""
    wanted = clean_name(name)
    same = [column for column in columns if column == wanted]
    return next(iter(same or (each for each in columns if each and each.casefold() == wanted.casefold())), "")


def near_name(name: str, columns: Sequence[str]) -> str:
    """Name the column that is nearest to a name, empty if there is none."""
    by_letters: dict[str, str] = {}
    for column in columns:
        if column:
            by_letters.setdefault(plain_letters(column), column)
    near = difflib.get_close_matches(plain_letters(name), by_letters, n=1, cutoff=0.75) if plain_letters(name) else []
    return by_letters[near[0]] if near else ""


def listed(names: Iterable[str]) -> str:
    """List column names, in full as far as an error has room for them."""
    shown: list[str] = []
    room, left = MOST_LISTED, 0
    for name in names:
        if left or len(name) > room:
            left += 1
            continue
        room -= len(name) + 2
        shown.append(name)
    return ", ".join(shown) + (f" … and {left} more" if left else "")


def plain_letters(name: str) -> str:
    """Return the letters and digits of a name, without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", name).casefold() if c.isalnum())
