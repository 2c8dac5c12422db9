"""Progress of a submission towards its final delivery receipts, and the end of the wait for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal, Self

from ovh_sms.errors import ApiError, Unavailable
from ovh_sms.messaging.delivery_status import DELIVERED_RECEIPT, FINAL_RECEIPTS

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.sending.submission import Submission

#: Shortest pause between two reads, in seconds.
SHORTEST_PAUSE = 0.05

#: The older a submission, the rarer it is read: after a twentieth of its age, at most after this.
AGE_SHARE, LONGEST_INTERVAL = 20, timedelta(minutes=30)

#: A submission whose messages were probably withdrawn is read at least so often before that is believed.
WITHDRAWN_READS = 6


@dataclass(frozen=True)
class Progress:
    """Counts of one submission at one moment.

    :param expected: messages that OVH accepted and that were not withdrawn.
    :param listed: messages that OVH lists as outgoing; those it still holds back are not among them.
    :param final: messages whose delivery receipt is final.
    :param surplus: messages listed beyond those that are accounted for.
    :param delivered: final messages that were delivered.
    """

    expected: int
    listed: int
    final: int
    surplus: int = 0
    delivered: int = 0

    @property
    def is_final(self) -> bool:
        """Whether every message has its final delivery receipt."""
        return self.final >= max(self.expected, self.listed)

    def __str__(self) -> str:
        pending, held = max(0, self.listed - self.final), max(0, self.expected - self.listed)
        surplus = f", {self.surplus} surplus" if self.surplus else ""
        return f"{self.final} of {self.expected} messages final, {pending} pending, {held} not yet sent{surplus}"


@dataclass(frozen=True)
class ProgressNews:
    """Progress of one wait, to be logged and stored.

    :param tag: of the submission; empty if the wait is for something else.
    :param progress: ``None`` if not everything was counted.
    """

    message: str
    tag: str = ""
    progress: Progress | None = None

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Awaited:
    """The messages of a submission that are waited for.

    :param accounted: most messages that OVH may list for it; ``None`` if nobody knows.
    :param ovh_batch: OVH's id of the OVH batch that they belong to; empty for none.
    """

    tag: str
    expected: int
    accounted: int | None = None
    ovh_batch: str = ""


def read_progress(client: OvhSmsClient, awaited: Awaited) -> Progress:
    """Count the final messages of a submission, in two to four calls; one for an OVH batch until all are final.

    Source: GET ``/sms/{serviceName}/outgoing`` with the filters tag and deliveryReceipt, or
    ``/batches/{id}/statistics``.
    """
    if awaited.ovh_batch and (progress := _of_ovh_batch(client, awaited)):
        return progress
    listed, final, delivered = client.outgoing.count(tag=awaited.tag), 0, 0
    # Finals are counted, as a message could change from one open receipt to another between two calls.
    for receipt in FINAL_RECEIPTS:
        if not listed or final >= max(awaited.expected, listed):
            break  # none is left for the other receipts
        found = client.outgoing.count(tag=awaited.tag, delivery_receipt=receipt)
        delivered += found if receipt == DELIVERED_RECEIPT else 0
        final += found
    surplus = 0 if awaited.accounted is None else max(0, listed - awaited.accounted)
    return Progress(expected=awaited.expected, listed=listed, final=final, surplus=surplus, delivered=delivered)


def _of_ovh_batch(client: OvhSmsClient, awaited: Awaited) -> Progress | None:
    """Read the statistics of an OVH batch; ``None`` if all may be final, or OVH does not give them."""
    try:
        counted = client.ovh_batches.statistics(awaited.ovh_batch)
    except Unavailable:
        raise
    except ApiError:
        return None
    if counted.final >= awaited.expected:  # only the messages themselves show that there are no more of them
        return None
    listed = min(awaited.expected, counted.final + counted.sent)
    return Progress(expected=awaited.expected, listed=listed, final=counted.final, delivered=counted.delivered)


@dataclass(frozen=True, kw_only=True)
class WaitLimits:
    """How long to wait for the delivery receipts of a submission.

    :param poll_interval: least time between two reads; it grows with the age of the submission.
    :param submitted_at: from when its age is counted; ``None``: it stays young.
    :param opt_out_window: time to wait for late STOPs once every message is final.
    :param withdrawn_after: time without a pending message on the account after which missing messages are not waited
        for any more: they were withdrawn.
    """

    deadline: datetime
    poll_interval: timedelta
    opt_out_window: timedelta
    withdrawn_after: timedelta = timedelta(minutes=30)
    submitted_at: datetime | None = None

    def interval(self, now: datetime) -> timedelta:
        """Return the time between two reads of a submission as old as this one is."""
        if self.submitted_at is None:
            return self.poll_interval
        return max(self.poll_interval, min((now - self.submitted_at) / AGE_SHARE, LONGEST_INTERVAL))

    @classmethod
    def of_submission(
        cls,
        submission: Submission,
        *,
        timeout: timedelta | None,
        poll_interval: timedelta | None,
        opt_out_window: timedelta | None,
    ) -> Self:
        """Return the given limits, and the campaign's own for those that are not given."""
        campaign = submission.collect
        if timeout is None:
            timeout = timedelta(hours=campaign.collect_within_hours)
        if poll_interval is None:
            poll_interval = timedelta(seconds=campaign.poll_interval_seconds)
        if opt_out_window is None:
            opt_out_window = timedelta(minutes=campaign.stop_window_minutes)
        submitted_at = datetime.fromisoformat(submission.submitted_at)
        return cls(
            deadline=submitted_at + timeout,
            poll_interval=poll_interval,
            opt_out_window=opt_out_window,
            submitted_at=submitted_at,
        )


@dataclass(frozen=True)
class WaitEnd:
    """The end of a wait, and the last progress in words."""

    status: Literal[
        "final", "withdrawn", "deadline", "surplus", "ended_early", "free", "enough", "delivered", "cancelled"
    ]
    message: str


class ReceiptsWait:
    """Decides when the wait for the delivery receipts of one submission ends. Keeps no time of its own."""

    def __init__(self, limits: WaitLimits) -> None:
        self._limits = limits
        self._final_since: datetime | None = None
        self._withdrawn_since: datetime | None = None
        self._is_surplus = False
        self._is_counted = False
        self.message = "its messages are not counted yet"

    def note_pending(self, messages: int) -> None:
        """Note messages that are known to be pending, until all are counted."""
        if not self._is_counted:
            self.message = f"messages still pending: at least {messages}"

    def add(self, now: datetime, progress: Progress, *, pending_anywhere: bool) -> None:
        """Take one progress into account.

        :param now: the moment of the progress, aware.
        :param pending_anywhere: whether a message of this submission, or any of the account, is still pending.
        """
        self.message, self._is_counted = str(progress), True
        self._is_surplus = progress.surplus > 0
        self._final_since = (self._final_since or now) if progress.is_final else None
        self._withdrawn_since = None if pending_anywhere else (self._withdrawn_since or now)

    @property
    def is_over_soon(self) -> bool:
        """Whether the wait ends if the next read finds nothing new."""
        return self._is_surplus or self._final_since is not None or self._withdrawn_since is not None

    def end(self, now: datetime) -> WaitEnd | None:
        """Return the end of the wait after a read, or nothing while it goes on."""
        limits = self._limits
        if self._is_surplus:  # those that still wait can be withdrawn, if a person knows it in time
            return WaitEnd("surplus", f"OVH made more messages than its answer accounts for: {self.message}")
        if self._final_since is not None and now >= self._final_since + limits.opt_out_window:
            return WaitEnd("final", self.message)
        if self._withdrawn_since is not None and now >= self._withdrawn_since + limits.withdrawn_after:
            return WaitEnd("withdrawn", f"No message is pending at OVH any more: {self.message}")
        return self.end_without_reading(now)

    def end_without_reading(self, now: datetime) -> WaitEnd | None:
        """Return the end of the wait if its deadline has come."""
        if now < self._limits.deadline:
            return None
        status: Literal["final", "deadline"] = "final" if self._final_since is not None else "deadline"
        return WaitEnd(status, f"The deadline has come: {self.message}")

    def pause(self, now: datetime) -> float:
        """Return the seconds until the next read, never past the deadline or the end of the opt-out window."""
        limits = self._limits
        until = [limits.interval(now), limits.deadline - now]
        if self._is_surplus:
            until.append(timedelta(0))
        if self._final_since is not None:
            until.append(self._final_since + limits.opt_out_window - now)
        if self._withdrawn_since is not None:
            until.append(self._withdrawn_since + limits.withdrawn_after - now)
            until.append(limits.withdrawn_after / WITHDRAWN_READS)
        return max(SHORTEST_PAUSE, min(until).total_seconds())
