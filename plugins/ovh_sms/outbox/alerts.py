"""Queues an alert for several people: checked as any SMS of the outbox, never advertising."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ovh_sms.errors import ConfigurationError
from ovh_sms.outbox.row_check import RowRefused, checked
from ovh_sms.store.alerts import COUNT
from ovh_sms.store.outbox_records import PENDING, QueuedSms

if TYPE_CHECKING:
    from ovh_sms.store.alerts import Alert
    from ovh_sms.store.store import Store

#: Minutes after which an alert is of no use any more.
VALIDITY = 24 * 60
#: Key of a row that gets its own in the store.
_NO_KEY_YET = "alert"


def queue_alert(
    store: Store,
    alert: Alert,
    receivers: Sequence[str],
    *,
    message: str,
    more: str,
    sender: str,
    label: str,
    account: str = "",
    allow_fiction: bool = False,
) -> int:
    """Queue an alert; the same one again is no further SMS. All of its receivers are checked before one is queued.

    :param receivers: numbers, E.164 or as written in France.
    :param message: its text.
    :param more: text of the SMS that counts the alerts above the limit, with ``{count}``.
    :param label: by which ``ovh-sms outbox list --tag`` finds it; the limit is one for each label and person.
    :returns: how many SMS are new; those that are only counted are not among them.
    :raises ConfigurationError: it is no SMS as it stands; nothing was queued.
    """
    rows = []
    for at, number in enumerate(receivers, start=1):
        row = QueuedSms(
            key=_NO_KEY_YET,
            receiver=number,
            message=message,
            sender=sender,
            stop_clause=False,
            priority="high",
            validity=VALIDITY,
            tag=label,
            account=account,
        )
        try:
            row = checked(row, allow_fiction=allow_fiction)
            checked(replace(row, message=more.replace(COUNT, "1")), allow_fiction=allow_fiction)
        except RowRefused as refused:
            raise ConfigurationError(
                f"The alert for receiver {at} cannot be sent: {refused.reason.meaning} ({refused.reason.value}).",
                action="Nobody was alerted. Correct the file of receivers or the sender.",
            ) from None
        rows.append(row)
    return sum(store.alerts.queue(alert, row, replace(row, message=more)) == PENDING for row in rows)
