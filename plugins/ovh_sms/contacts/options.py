"""Options with which a contact list is read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo

from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.phone_numbers import check_region, check_types
from ovh_sms.messaging.segments import is_gsm7

_DIRECTIVE = re.compile("%(.)")
#: Values that mean that there is none, as programs write them; a person may be called Null.
MISSING = (
    *("NULL", "null", "Null", "(null)", "<null>", "[null]", "None", "NONE", "none", "nan", "NaN", "NAN", "NaT"),
    *("N/A", "n/a", "N/a", "#N/A", "#N/D", "#NV", "<NA>", "\\N", "undefined", "(vide)", "(blank)", "(empty)"),
    *("-", "--", "---", "\u2013", "\u2014"),
)
#: What separates columns where no separator is given.
SEPARATORS = (";", "\t", "|", ",")


@dataclass(frozen=True, kw_only=True)
class ConsentRule:
    """The consent that a row must show for its person to get a message.

    :param column: name of the column, as in the header.
    :param accept: values that allow a message, in any case; ``""`` for none. Any value does if there are none here.
    :param max_age_months: a consent of that many months, or older, is none. The day stands in the column itself, or in
    :param date_column: another one.
    """

    column: str
    accept: tuple[str, ...] = ()
    max_age_months: int | None = None
    date_column: str | None = None

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """Return the rule of plain JSON values."""
        return cls(**{**fields, "accept": tuple(fields.get("accept", ()))})


@dataclass(frozen=True, kw_only=True)
class ContactOptions:
    """Options with which a contact list is read; by default everything is found in the file.

    :param number_column: name of the column with the phone number, as in the header.
    :param region: ISO 3166 code of the country of numbers without a country code.
    :param allow_fiction: accept +33 6 39 98 xx xx, which reaches nobody (sandbox only).
    :param also_accept: types of numbers that get an SMS beside mobile ones, of
        :data:`~ovh_sms.number_types.NUMBER_TYPES`.
    :param separator: one character between columns.
    :param encoding: Python's name of the encoding, as cp1252.
    :param empty: whether a row with an empty value that the message uses is sent or rejected.
    :param empty_text: stands for an empty value that the message uses, if the row is sent.
    :param transliterate: write values in the GSM alphabet (``ê`` as ``e``) instead of rejecting their rows.
    :param hidden_rows: whether rows and columns that a sheet hides are left out or used as the others.
    :param date_format: of dates, with ``%d %m %Y %y`` and, if times belong to it, ``%H %M %S``; by default as a sheet
        shows them, and as French people write them where nothing does.
    :param timezone: zone in which moments of a known zone are shown.
    :param line_breaks: whether a row with a line break in a value that the message uses is rejected, or sent with it
        or with a blank in its place.
    :param header_line: line of a CSV file in which its header begins.
    :param repair_encoding: repair values in UTF-8 that another program has read in another encoding.
    :param missing: values that mean that there is none, each as it stands in the list.
    :param escaped_text: whether a row with a value that is escaped for a program (``&#39;``) is rejected, or decoded.
    :param encode_addresses: encode the values that the message puts into a web address (``Le Goff`` as ``Le%20Goff``).
    :param country_column: name of the column with the country of each row, as in the header; by default the one that
        is called so (``pays``, ``Code pays``, ``country`` …); ``False`` for none.
    :param valid_until_column: name of the column that says until when each row's message is of use.
    :param key_column: name of the column by which the author knows a receiver; a file beside the list keeps its values.
    :param consent: rules for the columns that say whether people agree to be written to; all of them must allow a
        row. ``ignore``: there is none, and no column is one. ``None``: a list that has such a column and such values is
        refused.
    :param duplicates: what makes a row a duplicate of an earlier one: the same ``number``, or ``number_and_text``, so
        that one number may get several messages.
    """

    number_column: str | None = None
    region: str = "FR"
    allow_fiction: bool = False
    also_accept: tuple[str, ...] = ()
    separator: str | None = None
    encoding: str | None = None
    empty: Literal["send", "reject"] = "send"
    empty_text: str | None = None
    transliterate: bool = False
    hidden_rows: Literal["reject", "send"] = "reject"
    date_format: str | None = None
    timezone: str = "Europe/Paris"
    line_breaks: Literal["reject", "keep", "blank"] = "reject"
    header_line: int | None = None
    repair_encoding: bool = False
    missing: tuple[str, ...] = MISSING
    escaped_text: Literal["reject", "decode"] = "reject"
    encode_addresses: bool = False
    country_column: str | Literal[False] | None = None
    valid_until_column: str | None = None
    key_column: str | None = None
    consent: tuple[ConsentRule, ...] | Literal["ignore"] | None = None
    duplicates: Literal["number", "number_and_text"] = "number"

    def __post_init__(self) -> None:
        # From a DAG, rules and words come as JSON.
        if isinstance(self.missing, list):
            object.__setattr__(self, "missing", tuple(self.missing))
        if isinstance(self.consent, list):
            object.__setattr__(self, "consent", tuple(ConsentRule.of(each) for each in self.consent))

    @property
    def consent_rules(self) -> tuple[ConsentRule, ...]:
        """The rules for columns that say whether people agree; none if the campaign has none."""
        return self.consent if isinstance(self.consent, tuple) else ()

    def day_of(self, moment: datetime) -> date:
        """Return the day of a moment where the campaign is."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    def check(self) -> None:
        """Check the options before any contact list is read with them.

        :raises ConfigurationError: region, types of numbers, separator, encoding or empty values are not possible.
        """
        check_region(self.region)
        check_types(self.also_accept)
        for what, given, choices in (
            ("Line breaks", self.line_breaks, ("reject", "keep", "blank")),
            ("Hidden rows", self.hidden_rows, ("reject", "send")),
            ("Escaped texts", self.escaped_text, ("reject", "decode")),
            ("Duplicates", self.duplicates, ("number", "number_and_text")),
        ):
            if given not in choices:
                allowed = f"{', '.join(choices[:-1])} or {choices[-1]}"
                raise ConfigurationError(f"{what} cannot be treated as {given!r}.", action=f"Give {allowed}.")
        if self.separator is not None and (len(self.separator) != 1 or self.separator in '"\r\n'):
            raise ConfigurationError(
                f"Separator {self.separator!r} of the contact list is not one character between columns.",
                action="Give one of ; , | or a tab, or leave it out to have it found.",
            )
        if self.encoding is not None and not _is_text_encoding(self.encoding):
            raise ConfigurationError(
                f"Encoding {self.encoding!r} of the contact list is unknown.",
                action="Give one of Python's, as utf-8 or cp1252, or leave it out to have it found.",
            )
        if self.header_line is not None and self.header_line < 1:
            raise ConfigurationError(
                f"The header cannot be in line {self.header_line}.", action="Count the file's lines from 1."
            )
        if isinstance(self.missing, str):
            raise ConfigurationError("The words for missing values are no list.", action="Give a list of words.")
        if self.date_format is not None and not _is_date_format(self.date_format):
            raise ConfigurationError(
                f"The date format {self.date_format!r} is not understood.",
                action="Write it as '%d/%m/%Y' or '%Y-%m-%d'; '%d/%m/%Y %H:%M' shows the time of every date, too.",
            )
        if self.empty not in ("send", "reject") or (self.empty == "reject" and self.empty_text):
            raise ConfigurationError(
                f"Empty values cannot be treated as {self.empty!r}"
                f"{' with a text in their place' if self.empty_text else ''}.",
                action="Give send or reject; a text in their place goes with send only.",
            )
        if self.empty_text and not (is_gsm7(self.empty_text) and self.empty_text.isprintable()):
            raise ConfigurationError(
                "The text in place of empty values holds a character that OVH refuses in a list.",
                action="Write it in the GSM alphabet and on one line, without \u00ea, \u00e7 or \u2019.",
            )


def _is_date_format(form: str) -> bool:
    """Return whether a form of dates has a day and no names, which depend on the worker's language."""
    found = _DIRECTIVE.findall(form)
    return "d" in found and set(found) <= set("dmYyHMS") and not _DIRECTIVE.sub("", form).count("%")


def _is_text_encoding(name: str) -> bool:
    """Return False for unknown names and for Python's byte transforms (base64 …)."""
    try:
        codecs.lookup(name)
        return isinstance("".encode(name), bytes) and isinstance(b"".decode(name), str)
    except (LookupError, ValueError, TypeError, UnicodeError):
        return False
