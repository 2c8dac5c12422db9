"""Damages of characters and encodings, in CSV files."""

from __future__ import annotations

import unicodedata

from list_proof.damages.registry import damage
from list_proof.drafts import Draft, Line, NotPossible


def is_accented(draft: Draft, line: Line) -> bool:
    return not draft.written(line).isascii()


@damage("csv")
def older_encoding(draft: Draft) -> None:
    """A sound list of an older program, whose values are written in the GSM alphabet."""
    draft.dialect.encoding = draft.rng.choice(("iso-8859-15", "cp850", "mac roman", "cp1252"))
    draft.options["transliterate"] = True
    _only(draft, draft.dialect.encoding.replace(" ", "_"))


@damage("csv", refused=True)
def bytes_of_another_encoding(draft: Draft) -> None:
    """Rows that another program has added to a file in UTF-8."""
    draft.dialect.encoding = draft.rng.choice(("utf-8", "utf-8 with mark"))
    for line in draft.some(where=lambda line: is_accented(draft, line)):
        line.text = draft.written(line)
        line.data = line.text.encode(draft.rng.choice(("cp1252", "mac_roman", "cp850")), "ignore")
        if line.data.isascii():
            line.data = None


@damage("csv", refused=True)
def character_cut(draft: Draft) -> None:
    """A program that cuts by bytes has left half of a character."""
    draft.dialect.encoding = draft.rng.choice(("utf-8", "utf-8 with mark"))
    for line in draft.some(where=lambda line: is_accented(draft, line)):
        line.text = draft.written(line)
        data = line.text.encode()
        at = draft.rng.choice([at for at, byte in enumerate(data) if byte >= 0xC0])
        line.data = data[: at + 1] + data[at + 2 :]


@damage("csv", refused=True)
def utf8_read_twice(draft: Draft) -> None:
    draft.dialect.encoding = "utf-8"
    draft.dialect.misread_as = draft.rng.choice(("cp1252", "iso-8859-15", "mac_roman", "cp850"))


@damage("csv")
def utf8_read_twice_and_repaired(draft: Draft) -> None:
    draft.options["repair_encoding"] = True
    utf8_read_twice(draft)
    for line in draft.lines:
        line.touched = is_accented(draft, line)


@damage("csv", refused=True)
def utf8_read_twice_in_some_rows(draft: Draft) -> None:
    draft.dialect.encoding = draft.rng.choice(("utf-8", "utf-16 with mark"))
    name = draft.rng.choice(("cp1252", "iso-8859-15", "mac_roman", "cp850"))
    for line in draft.some(where=lambda line: is_accented(draft, line)):
        line.text = draft.written(line).encode().decode(name, "replace")


@damage("csv")
def characters_lost(draft: Draft) -> None:
    """A program has written the replacement character."""
    draft.dialect.encoding = "utf-8"
    for line in draft.some(where=lambda line: is_accented(draft, line)):
        line.text = draft.written(line).encode("ascii", "replace").decode().replace("?", "\ufffd")


@damage("csv", "xlsx", "parquet")
def accents_of_their_own(draft: Draft) -> None:
    """Accents as characters of their own, as Macs write them."""
    draft.dialect.encoding = "utf-8"
    for line in draft.some(100, touched=False):
        line.cells = [unicodedata.normalize("NFD", cell) if isinstance(cell, str) else cell for cell in line.cells]


@damage("csv", refused=True)
def nul_bytes(draft: Draft) -> None:
    if draft.dialect.encoding.startswith("utf-16"):
        raise NotPossible
    for line in draft.some():
        text = draft.written(line)
        at = draft.rng.randint(0, len(text))
        line.text = text[:at] + "\0" * draft.rng.randint(1, 4) + text[at:]


@damage("csv")
def mark_inside_the_file(draft: Draft) -> None:
    """Several files with a mark each were joined to one."""
    draft.dialect.encoding = draft.rng.choice(("utf-8", "utf-8 with mark"))
    for line in draft.some(3):
        line.text = "\ufeff" + draft.written(line)


@damage("csv", "xlsx", "parquet")
def blanks_around_values(draft: Draft) -> None:
    for line in draft.lines:
        line.cells = [f"{draft.rng.choice(('', ' ', '  '))}{cell} " if cell else cell for cell in line.cells]


@damage("csv", "xlsx", "parquet")
def no_break_spaces_in_values(draft: Draft) -> None:
    draft.dialect.encoding = draft.rng.choice(("utf-8", "cp1252"))
    draft.options["transliterate"] = True
    if draft.dialect.encoding == "cp1252":
        _only(draft, "cp1252")
    for line in draft.lines:
        line.cells = [cell.replace(" ", "\u00a0") if isinstance(cell, str) else cell for cell in line.cells]


@damage("csv", "xlsx", "parquet")
def invisible_characters_in_values(draft: Draft) -> None:
    draft.dialect.encoding = "utf-8"
    for line in draft.some(30):
        mark = draft.rng.choice(("\u200b", "\ufeff", "\u00ad", "\u2060"))
        line.cells = [cell[:1] + mark + cell[1:] if isinstance(cell, str) and cell else cell for cell in line.cells]


@damage("csv")
def encoding_named(draft: Draft) -> None:
    names = {"mac roman": "mac_roman", "utf-16 with mark": "utf-16", "utf-16 without mark": "utf-16-le"}
    found = draft.dialect.encoding
    draft.options["encoding"] = names.get(found, found.split()[0])


@damage("csv", refused=True)
def encoding_named_wrong(draft: Draft) -> None:
    """A person names UTF-8 for another encoding, or another encoding for UTF-8."""
    is_utf8 = draft.dialect.encoding.startswith("utf-8")
    draft.options["encoding"] = draft.rng.choice(("cp1252", "mac_roman")) if is_utf8 else "utf-8"


def _only(draft: Draft, encoding: str) -> None:
    """Leave out the characters that an encoding does not hold, also in the truth."""
    for line in draft.lines:
        line.cells = [str(cell or "").encode(encoding, "ignore").decode(encoding).strip() for cell in line.cells]
        assert line.person
        line.person.values = {
            name: text.encode(encoding, "ignore").decode(encoding).strip() for name, text in line.person.values.items()
        }
