"""Writes rows to the outbox, once each is checked."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ovh_sms.errors import ConfigurationError
from ovh_sms.outbox.row_check import RowRefused, checked, is_deprecated

if TYPE_CHECKING:
    from ovh_sms.store.outbox_records import QueuedSms
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

DEPRECATED = "OVH has deprecated the options class and coding: it may ignore them, and refuse them one day"


def queue_rows(store: Store, rows: Sequence[QueuedSms], *, allow_fiction: bool = False) -> int:
    """Queue SMS: each is sent once, whichever program repeats its key. All of them are queued, or none.

    :param allow_fiction: accept numbers of the range for fiction, which only a sandbox sends to.
    :returns: how many were new; the others stood in the outbox already.
    :raises ConfigurationError: a row is no SMS as it stands, or its key stands for another SMS; nothing is queued.
    """
    found = []
    for row in rows:
        try:
            found.append(checked(row, allow_fiction=allow_fiction))
        except RowRefused as refused:
            raise ConfigurationError(
                f"The SMS with the key {row.key!r} cannot be sent: {refused.reason.meaning} ({refused.reason.value}).",
                action="Nothing was queued. Correct the SMS and queue it again, with the same key.",
            ) from None
    if any(map(is_deprecated, found)):
        log.warning("%s", DEPRECATED)
    return store.outbox.queue(found) if found else 0
