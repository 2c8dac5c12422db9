"""Rules of the readers that can be switched off: the proof must then report the harm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ovh_sms.contacts.classify import column_values
from ovh_sms.contacts.read import csv_records, encoding, sheet_contacts
from ovh_sms.contacts.read.csv_records import RecordReader
from ovh_sms.contacts.read.legacy_encoding import Guess
from ovh_sms.contacts.read.sheet_blocks import CellBlock, SheetForm
from ovh_sms.contacts.write import write_rows


class Rule(NamedTuple):
    """One rule: damages that need it, and the functions that stand for its own."""

    damages: tuple[str, ...]
    instead: Sequence[tuple[Any, str, Callable[..., Any]]]


def _nothing(*_: object, **__: object) -> None:
    pass


def _mac_roman(_: object) -> Guess:
    return Guess("mac_roman", 1.0, ("mac_roman",))


#: Each rule by its name.
RULES = {
    "hidden": Rule(("rows_hidden_by_filter",), [(sheet_contacts, "_hidden_rows", lambda _: set())]),
    "merged": Rule(("merged_cells",), [(SheetForm, "merge", _nothing)]),
    "formats": Rule(("zeros_by_format", "percentages", "amounts"), [(CellBlock, "_apply_formats", _nothing)]),
    "misread": Rule(
        ("utf8_read_twice", "utf8_read_twice_in_some_rows"),
        [(write_rows, "find_misread", lambda _: ""), (column_values, "find_misread", lambda _: "")],
    ),
    "misfit": Rule(("extra_field", "separator_inside_a_value"), [(csv_records, "_misfit", _nothing)]),
    "split": Rule(("line_break_without_quotes",), [(RecordReader, "_cut", _nothing)]),
    "swallowed": Rule(("quotes_around_rows",), [(RecordReader, "_swallows_rows", lambda *_: False)]),
    "encoding": Rule(("older_encoding",), [(encoding, "guess", _mac_roman)]),
}


def switch_off(name: str) -> None:
    """Switch a rule off for the rest of this process.

    :param name: one of :data:`RULES`; any other name changes nothing.
    """
    if name in RULES:
        for owner, attribute, stand_in in RULES[name].instead:
            setattr(owner, attribute, stand_in)
