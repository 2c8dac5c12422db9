"""The columns of a contact list that a campaign reads: those of its message, and those that its rules read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ovh_sms.contacts.options import ConsentRule, ContactOptions
from ovh_sms.contacts.read.header import Header
from ovh_sms.errors import ContactsError
from ovh_sms.messaging.column_names import find_column, listed
from ovh_sms.messaging.consent_words import ColumnKind, kind_of_column
from ovh_sms.messaging.country_names import is_country_column
from ovh_sms.messaging.message_check import check_message


@dataclass(frozen=True)
class ConsentColumns:
    """The columns of a list that say whether people agree to be written to.

    :param rules: the campaign's rules, each with the position of its column and of its column of dates.
    :param unasked: positions of other columns that seem to say so, with what they seem to say.
    """

    rules: tuple[tuple[ConsentRule, int, int | None], ...] = ()
    unasked: tuple[tuple[int, ColumnKind], ...] = ()

    @property
    def positions(self) -> set[int]:
        """The positions of all of them."""
        asked = {at for _, *both in self.rules for at in both if at is not None}
        return asked | {at for at, _ in self.unasked}


def used_columns(
    message: str, header: Header, options: ContactOptions, hidden: Mapping[int, str] | None = None
) -> dict[str, int]:
    """Find the columns that a campaign reads beside the number's.

    :param hidden: names of hidden columns by their positions: the message does not read them, rules do.
    :returns: their positions, by the placeholder or by :func:`rule_key`.
    :raises ContactsError: a placeholder or a rule means no column, or several.
    :raises ConfigurationError: the message says what no author means.
    """
    columns = rule_columns(header.columns, header.number_index, hidden or {})
    asked = consent_columns(columns, options).positions
    country = country_column(columns, options)
    ends, key = valid_until_column(columns, options), key_column(columns, options)
    asked |= {at for at in (country, ends, key) if at is not None}
    return {**check_message(message, header.columns), **{rule_key(at): at for at in asked}}


def rule_columns(columns: Sequence[str], number_index: int, hidden: Mapping[int, str]) -> tuple[str, ...]:
    """Return the names of the columns that rules may read: not the number's, but hidden ones.

    :param columns: the header's names.
    :param hidden: those of hidden columns by their positions; one that is called as a shown one is none.
    """
    shown = {name.casefold() for name in columns}
    others = {at: name for at, name in hidden.items() if name.casefold() not in shown}
    width = max(len(columns), *(at + 1 for at in others), 0)
    names = [*columns, *[""] * (width - len(columns))]
    for at, name in others.items():
        names[at] = name
    names[number_index] = ""
    return tuple(names)


def country_column(columns: Sequence[str], options: ContactOptions) -> int | None:
    """Find the column with the country of each row; ``None`` if there is none, or the campaign wants none.

    :raises ContactsError: the campaign names a column that is none; or it names none, and several can be it.
    """
    if options.country_column is False:
        return None
    if options.country_column is not None:
        return _position(options.country_column, columns, "country_column")
    found = [at for at, name in enumerate(columns) if is_country_column(name)]
    if len(found) > 1:
        raise ContactsError(
            f"More than one column of the contact list can hold the countries: {listed(columns[at] for at in found)}.",
            action="Nothing was prepared. Say which in 'country_column' below 'contacts'; 'false' takes none.",
        )
    return found[0] if found else None


def valid_until_column(columns: Sequence[str], options: ContactOptions) -> int | None:
    """Find the column that says until when each row's message is of use; ``None`` if the campaign names none.

    :raises ContactsError: it names a column that is none.
    """
    name = options.valid_until_column
    return None if name is None else _position(name, columns, "valid_until")


def key_column(columns: Sequence[str], options: ContactOptions) -> int | None:
    """Find the column with the key of each receiver; ``None`` if the campaign names none.

    :raises ContactsError: it names a column that is none, or the number's.
    """
    name = options.key_column
    return None if name is None else _position(name, columns, "replies.key")


def consent_columns(columns: Sequence[str], options: ContactOptions) -> ConsentColumns:
    """Find the columns that say whether people agree to be written to.

    :raises ContactsError: a rule of the campaign means no column, or several.
    """
    rules = tuple(
        (rule, _position(rule.column, columns), _position(rule.date_column, columns) if rule.date_column else None)
        for rule in options.consent_rules
    )
    if options.consent == "ignore":
        return ConsentColumns(rules)
    asked = ConsentColumns(rules).positions
    kinds = ((at, kind_of_column(name)) for at, name in enumerate(columns) if at not in asked)
    return ConsentColumns(rules, tuple((at, kind) for at, kind in kinds if kind is not None))


def rule_key(at: int) -> str:
    """Return the key under which a rule finds its column in a block; no column's name can be the same."""
    return f"\x1f{at}"


def _position(name: str, columns: Sequence[str], option: str = "consent") -> int:
    at = find_column(name, columns)
    if at is None:
        raise ContactsError(
            f"The contact list has no column {name[:80]!r}, which {option!r} names; "
            f"it has {listed(filter(None, columns))}.",
            action="Nothing was prepared. Correct the name in the campaign file, or the header of the list.",
        )
    return at
