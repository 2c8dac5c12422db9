"""A row whose values make the message too long for a network is rejected, with its surplus of characters."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.contacts.preview.preview_text import lines
from ovh_sms.errors import ConfigurationError
from unit.contacts.test_preview import preview

GSM, UNICODE = 255 * 153, 255 * 67


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def prepared(folder: Path, values: list[tuple[str, str]], message: str, *, stop: bool = False) -> PreparedList:
    text = "".join(f"{639980010 + at};{a};{b}\n" for at, (a, b) in enumerate(values))
    (folder / "list.csv").write_text(f"number;a;b\n{text}", encoding="utf-8")
    options = ContactOptions(allow_fiction=True)
    return prepare(folder / "list.csv", out=folder / "out", message=message, stop_clause=stop, options=options)


@pytest.mark.parametrize(
    ("message", "most", "stop", "said"),
    [
        ("#a# #b#", GSM - 2, False, "5 characters too long: "),
        ("#a# #b#", GSM - 13, True, "5 characters too long with the STOP clause: "),
        ("#a#\u00e7#b#", UNICODE - 2, False, "5 characters too long: "),
    ],
)
def test_the_longest_value_is_named_with_the_characters_to_leave_out(
    tmp_path: Path, message: str, most: int, stop: bool, said: str
) -> None:
    fits, long = "x" * most, "x" * (most + 5)
    found = prepared(tmp_path, [(fits, "y"), (long, "y"), ("y", long), ("y", "y")], message, stop=stop)
    assert (found.accepted, found.rejected, found.worst_segments) == (2, {"too_long": 2}, 255)
    assert [(each["line"], each["column"], each["reason"]) for each in rows(found.rejects_path)] == [
        ("3", "a", "too_long"),
        ("4", "b", "too_long"),
    ]
    assert all(each["value"].startswith(f"{said}xxx") for each in rows(found.rejects_path))


def test_the_preview_says_it_too(tmp_path: Path) -> None:
    text = "number;prenom\n0639980010;Ana\n0639980011;" + "x" * GSM + "\n"
    shown = list(lines(preview(tmp_path, text=text), masked=False))
    assert any(line.strip().startswith("line 3, prenom: 8 characters too long: xxx") for line in shown)


def test_a_text_that_is_too_long_without_any_value_is_refused_before_the_list_is_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="The message is 1 character too long"):
        prepared(tmp_path, [("y", "y")], "x" * (GSM + 1))
