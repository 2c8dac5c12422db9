"""Rules that can be switched off, of the readers and of a campaign: the proof must then report the harm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ovh_sms.contacts.classify import classify_rows, list_rules, numbers_by_country, value_rules
from ovh_sms.contacts.classify.consent import ConsentCheck
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read import csv_records, encoding, sheet_contacts
from ovh_sms.contacts.read.csv_records import RecordReader
from ovh_sms.contacts.read.legacy_encoding import Guess
from ovh_sms.contacts.read.sheet_blocks import CellBlock, SheetForm
from ovh_sms.contacts.write import write_rows
from ovh_sms.messaging import message_check
from ovh_sms.messaging.mail_merge import placeholders


class Rule(NamedTuple):
    """One rule: damages that need it, and the functions that stand for its own."""

    damages: tuple[str, ...]
    instead: Sequence[tuple[Any, str, Callable[..., Any]]]


def _nothing(*_: object, **__: object) -> None:
    pass


def _mac_roman(_: object) -> Guess:
    return Guess("mac_roman", 1.0, ("mac_roman",))


def _names_as_they_are(message: str) -> dict[str, str]:
    return {name: name for name in placeholders(message)}


def _no_texts(*_: object) -> str:
    return ""


_CHECK_OPTIONS = ContactOptions.__post_init__


def _without_missing_words(options: ContactOptions) -> None:
    _CHECK_OPTIONS(options)
    object.__setattr__(options, "missing", ())


#: Rules of the campaign and its message.
CAMPAIGN_RULES = {
    "dialects": Rule(
        ("placeholder_one_brace", "placeholder_brackets"), [(message_check, "find_dialect_placeholders", lambda *_: [])]
    ),
    "sharps": Rule(("sharp_not_closed", "sharp_not_opened"), [(message_check, "_half_placeholders", lambda *_: [])]),
    "placeholders_in_values": Rule(
        ("placeholders_in_values",), [(value_rules, "is_dialect_placeholder", lambda *_: False)]
    ),
    "sharps_together": Rule(("sharps_of_two_values_together",), [(classify_rows, "_reject_pairs_of_sharps", _nothing)]),
    "missing": Rule(
        ("missing_words", "missing_words_are_rejected"), [(ContactOptions, "__post_init__", _without_missing_words)]
    ),
    "consent": Rule(("agreement_accepted", "consent_of_an_age"), [(ConsentCheck, "without_consent", _nothing)]),
    "undecided": Rule(
        ("agreement_undecided", "objection_undecided"), [(ConsentCheck, "refuse_if_undecided", _nothing)]
    ),
    "country": Rule(("numbers_of_several_countries",), [(list_rules, "country_column", _nothing)]),
    "contradiction": Rule(
        ("numbers_against_their_country",),
        [(numbers_by_country, "_contradicts", lambda _, numbers, __: np.zeros(len(numbers), dtype=np.bool_))],
    ),
    "escaped": Rule(("escaped_values", "values_in_percent"), [(value_rules, "find_escaped", _no_texts)]),
    "escaped_message": Rule(("escaped_message",), [(message_check, "find_escaped", _no_texts)]),
    "encoded": Rule(
        ("values_encoded_for_an_address", "values_that_do_not_fit_into_an_address"),
        [(value_rules, "fits_address", lambda *_, **__: True)],
    ),
    "names": Rule(
        ("names_outside_gsm",), [(owner, "names_at_ovh", _names_as_they_are) for owner in (list_rules, message_check)]
    ),
}
#: Rules of the readers.
READER_RULES = {
    "hidden": Rule(("rows_hidden_by_filter",), [(sheet_contacts, "_hidden_rows", lambda _: set())]),
    "merged": Rule(("merged_cells",), [(SheetForm, "merge", _nothing)]),
    "formats": Rule(("zeros_by_format", "percentages", "amounts"), [(CellBlock, "_apply_formats", _nothing)]),
    "misread": Rule(
        ("utf8_read_twice", "utf8_read_twice_in_some_rows"),
        [(write_rows, "find_misread", lambda _: ""), (value_rules, "find_misread", lambda _: "")],
    ),
    "misfit": Rule(("extra_field", "separator_inside_a_value"), [(csv_records, "_misfit", _nothing)]),
    "split": Rule(("line_break_without_quotes",), [(RecordReader, "_cut", _nothing)]),
    "swallowed": Rule(("quotes_around_rows",), [(RecordReader, "_swallows_rows", lambda *_: False)]),
    "encoding": Rule(("older_encoding",), [(encoding, "guess", _mac_roman)]),
}
#: Each rule by its name.
RULES = {**READER_RULES, **CAMPAIGN_RULES}


def switch_off(name: str) -> None:
    """Switch a rule off for the rest of this process.

    :param name: one of :data:`RULES`; any other name changes nothing.
    """
    if name in RULES:
        for owner, attribute, stand_in in RULES[name].instead:
            setattr(owner, attribute, stand_in)
