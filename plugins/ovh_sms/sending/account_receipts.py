"""The open messages of a whole account: while nothing moves there, no submission of it moves."""

from __future__ import annotations

import logging
import math
from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.errors import ApiError, Unavailable
from ovh_sms.messaging.delivery_status import PENDING_RECEIPTS

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock

log = logging.getLogger(__name__)

#: Seconds between two reads of the whole account.
ACCOUNT_SECONDS = 60.0
#: Seconds for which it is believed that messages of the account are pending or not.
PENDING_SECONDS = 60.0


class AccountReceipts:
    """The open messages of a whole account, counted by receipt; ``moved_at`` and ``read_at`` on the monotonic clock."""

    def __init__(self, client: OvhSmsClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._counted: tuple[object, ...] = ()
        self._open: dict[int, int] = {}
        self._pending: bool | None = None
        self._pending_at = -math.inf
        self.read_at = self.moved_at = -math.inf
        self.cost = len(PENDING_RECEIPTS) + 1

    def read(self, created_from: datetime, *, with_pending: bool) -> None:
        """Count the open messages that were created from a moment on.

        :param with_pending: whether pending messages count too: they may be withdrawn.
        """
        self.read_at = self._clock.monotonic()
        before, self._counted, self._open = self._counted, (), {}
        count = self._client.outgoing.count
        try:
            self._open = {each: count(delivery_receipt=each, created_from=created_from) for each in PENDING_RECEIPTS}
            self._counted = (created_from, *self._open.values(), self.has_pending() if with_pending else None)
        except Unavailable:
            raise
        except ApiError as error:  # a submission's own read gives it to its task
            log.debug("the account could not be counted: %s", error)
        finally:
            if not self._counted or self._counted != before:
                self.moved_at = self.read_at

    def may_be_open(self, receipt: int) -> bool:
        """Whether messages of the account may be open with a receipt, as far as the last read shows it."""
        is_new = self._clock.monotonic() - self.read_at <= 2 * ACCOUNT_SECONDS
        return not is_new or self._open.get(receipt, 1) > 0

    def has_pending(self) -> bool:
        """Whether any message of the account is pending; ``True`` if OVH refuses: the deadline ends the wait."""
        at = self._clock.monotonic()
        if self._pending is None or at - self._pending_at >= PENDING_SECONDS:
            self._pending_at = at
            try:
                self._pending = bool(self._client.jobs.pending_ids())
            except ApiError:
                self._pending = True
        return self._pending
