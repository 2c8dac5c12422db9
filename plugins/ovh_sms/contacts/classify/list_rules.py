"""The rules for an open contact list: the campaign's options, by the list's own columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ovh_sms.contacts.classify.classification_settings import ClassificationRules
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.contact_file import ContactRows
from ovh_sms.contacts.read.used_columns import (
    consent_columns,
    country_column,
    key_column,
    rule_columns,
    rule_key,
    valid_until_column,
)
from ovh_sms.errors import ConfigurationError, ContactsError
from ovh_sms.messaging.country_names import holds_calling_codes
from ovh_sms.messaging.mail_merge import placeholders
from ovh_sms.messaging.message_check import as_sent, names_at_ovh

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.consent import ConsentCheck
    from ovh_sms.contacts.classify.row_zones import RowZones
    from ovh_sms.messaging.departure_hours import RunHours

#: Name OVH wants for the number's column.
NUMBER = "number"


def rules_of(table: ContactRows, message: str, options: ContactOptions, **given: Any) -> ClassificationRules:
    """The rules for an open list, whose columns have other names at OVH if it may refuse their own."""
    names, number_column = names_at_ovh(message), table.columns[table.number_index]
    used = {names[name]: table.used[name] for name in written_columns(table.columns, table.number_index, message)[1:]}
    keys = {key: at for key, at in table.used.items() if key == rule_key(at)}
    rule_names = rule_columns(table.columns, table.number_index, table.hidden)
    country, ends = country_column(rule_names, options), valid_until_column(rule_names, options)
    receiver_key = key_column(rule_names, options)
    return ClassificationRules(
        number_column=number_column,
        used=tuple(used),
        header=tuple(table.columns[at] for at in used.values()),
        columns=tuple(table.columns),
        message=as_sent(message),
        positions={number_column: table.number_index, **used, **keys},
        options=options,
        country_key=None if country is None else rule_key(country),
        end_key=None if ends is None else rule_key(ends),
        receiver_key=None if receiver_key is None else rule_key(receiver_key),
        calling_codes=country is not None and holds_calling_codes(rule_names[country]),
        rule_columns={key: rule_names[at] for key, at in keys.items()},
        **given,
    )


def row_zones(hours: RunHours | None) -> RowZones | None:
    """Return what finds the time zones of the rows; ``None`` if any hour will do."""
    if hours is None:
        return None
    from ovh_sms.contacts.classify.row_zones import RowZones

    return RowZones(hours)


def consent_check(table: ContactRows, options: ContactOptions, today: date | None) -> ConsentCheck | None:
    """Return the check of the columns that say whether people agree; ``None`` if the list has none.

    :raises ConfigurationError: a consent must not be too old, and the day is not known.
    """
    names = rule_columns(table.columns, table.number_index, table.hidden)
    columns = consent_columns(names, options)
    if not columns.positions:
        return None
    from ovh_sms.contacts.classify.consent import ConsentCheck

    if today is None and any(rule.max_age_months is not None for rule in options.consent_rules):
        raise ConfigurationError(
            "The age of a consent cannot be computed without a day.", action="Nothing was prepared. Give 'today'."
        )
    return ConsentCheck(columns, names, options.missing, today or date.min, table.hidden)


def written_columns(columns: Sequence[str], number_index: int, message: str) -> tuple[str, ...]:
    """Return the columns OVH is given: no more personal data than the message needs.

    :returns: ``number``, then the columns the message uses, in its order.
    :raises ContactsError: another column than the number's is called ``number``, and the message uses it.
    """
    used = placeholders(message)
    others = {names_at_ovh(message)[name] for name in used if name != columns[number_index]}
    if columns[number_index] in others:
        raise ContactsError(
            f"The message uses a column that is called {columns[number_index]} at OVH, as the number's column is here.",
            action="Nothing was prepared. Rename one of the two columns.",
        )
    if NUMBER in used and columns[number_index] != NUMBER:
        raise ContactsError(
            f"The message uses #{NUMBER}#, but the contact list's number is in {columns[number_index]}.",
            action=f"Rename the column {NUMBER} in the list and in the message: OVH keeps that name for itself.",
        )
    return (NUMBER, *(name for name in used if name != NUMBER))
