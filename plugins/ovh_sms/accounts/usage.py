"""The usage of an account in a month: computed from OVH's exports, checked with the balance, kept once it is closed."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.accounts.usage_changes import deleted_users, difference_of
from ovh_sms.accounts.usage_computation import Computation, ComputedMonth
from ovh_sms.accounts.usage_exports import counted_messages
from ovh_sms.accounts.usage_lines import MonthInput, usage_of
from ovh_sms.accounts.usage_month import UsageMonth
from ovh_sms.campaign.account_usage import UsageRules
from ovh_sms.errors import ConfigurationError
from ovh_sms.private_files import scratch_folder
from ovh_sms.store.usage import UsageMonthRecord

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.store import Store

#: OVH exports messages for a year; a closed month is compared with it for so long.
EXPORTED_FOR = timedelta(days=330)

log = logging.getLogger(__name__)


def compute_usage(
    client: OvhSmsClient, store: Store, month: UsageMonth, rules: UsageRules, folder: Path, *, reopen: bool = False
) -> ComputedMonth:
    """Compute a month, or compare it with OVH if it is closed. The same again gives the same figures.

    A month is closed once its messages have ended, three days after its end. Then its figures are kept: if OVH shows
    others, the difference is recorded beside them.

    :param folder: for exports, which are removed at once.
    :param reopen: compute a closed month again, and keep the new figures.
    :raises ConfigurationError: the month has not started; or it would be opened again, and a user of it was deleted.
    :raises MissingRight: the key lacks a right to read messages, users or rates.

    Source: GET ``/sms/{serviceName}``, ``/outgoing``, ``/document``, ``/sms/rates/destinations``, ``/me/order``.
    """
    client.account.require("usage")
    now = client.time()
    if month.start > now:
        raise ConfigurationError(
            f"The month {month} has not started. Nothing was computed.", action="Give a month that has started."
        )
    known = store.usage.month(client.account_name, str(month))
    with scratch_folder(folder, prefix=".usage-") as exports:
        if known is not None and known.closed_at is not None:
            if not reopen:
                return _compared(client, store, month, known, exports, now)
            _refuse_without_its_users(client, store, known)
        return Computation(client, store, month, rules, now, known).run(exports)


def _compared(
    client: OvhSmsClient, store: Store, month: UsageMonth, known: UsageMonthRecord, folder: Path, now: datetime
) -> ComputedMonth:
    """Compare a closed month with OVH; its figures stay."""
    lines = tuple(store.usage.lines(known.account, known.month))
    if now - month.start > EXPORTED_FOR:
        return ComputedMonth(record=known, lines=lines)
    counter = counted_messages(client, store, month.start, month.end - timedelta(seconds=1), folder)
    given = MonthInput(
        account=known.account,
        month=month,
        messages=counter.messages,
        refunded=counter.refunded,
        rates=known.basis["rates"],
        campaigns=known.basis["campaigns"],
    )
    shown = usage_of(given, UsageRules()).lines
    gone = deleted_users(lines, counter.users)
    difference = difference_of(lines, shown, gone)
    if (difference, list(gone)) != (known.basis.get("difference"), known.basis.get("deleted_users", [])):
        basis = {**known.basis, "difference": difference, "deleted_users": list(gone)}
        known = replace(known, has_changed=difference is not None, basis=basis)
        store.usage.note(known)
    if gone:
        log.info(
            "closed month=%s account=%s: OVH no longer lists the users %s. Its figures and their lines stay.",
            *(known.month, known.account, ", ".join(gone)),
        )
    if difference is not None:
        log.warning(
            "closed month=%s account=%s has changed at OVH: %s. Its figures stay%s.",
            *(known.month, known.account, ", ".join(f"{name}={value:g}" for name, value in difference.items())),
            "" if gone else "; reopen it to use those of OVH",
        )
    return ComputedMonth(record=known, lines=lines)


def _refuse_without_its_users(client: OvhSmsClient, store: Store, known: UsageMonthRecord) -> None:
    """Refuse to open a month whose users OVH does not list any more: their messages would be the account's."""
    lines = store.usage.lines(known.account, known.month)
    gone = deleted_users(lines, client.as_user("").users.logins())
    if gone:
        raise ConfigurationError(
            f"OVH no longer lists these users of the closed month {known.month}: {', '.join(gone)}. Its figures stay: "
            "computed again, the messages of these users would count as those of the account.",
            action="Keep the figures of the month. Without --reopen, the command says what else differs at OVH.",
        )
