"""One group of the outbox as a remote write: one POST, found again at OVH by its tag, texts and credits."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import InsufficientCredits, OutcomeUnknown, RequestRefused
from ovh_sms.idempotency.protocol import OTHER_PROCESS, OTHER_PROCESS_ACTION
from ovh_sms.messaging.departure_hours import HoursRule
from ovh_sms.messaging.receiver_zones import zones_of
from ovh_sms.outbox.costs import check_credits
from ovh_sms.outbox.group_answer import group_answer, read_answer
from ovh_sms.outbox.nothing_to_send import NobodyLeft, OutOfHours, RefusedBefore, SentBefore
from ovh_sms.outbox.row_reasons import RowReason
from ovh_sms.outbox.validity import is_expired, minutes_left
from ovh_sms.sending.batch_observer import BatchObserver
from ovh_sms.sending.claimed_messages import claimed_messages
from ovh_sms.sending.quota_witness import QUOTA_OF
from ovh_sms.sending.receiver_files import digits
from ovh_sms.sending.user_quota import owner_of
from ovh_sms.store.models import OUTBOX_DAG

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.idempotency.reconcile import Observation
    from ovh_sms.outbox.costs import RowCosts
    from ovh_sms.outbox.round_witness import RoundWitness
    from ovh_sms.sending.opted_out import OptedOutPeople
    from ovh_sms.store.attempt_receivers import ClaimedReceivers
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.outbox_records import OutboxRow

#: Calls in which the messages of an adopted group are read, for their ids and receivers.
MOST_CALLS = 100
DAY = timedelta(days=1)


@dataclass
class GroupPost:
    """The remote write of one group; see :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`.

    :param rows: all rows of the group, those that are over too.
    :param waiting: those of them that are to be sent, or may have been.
    :param refused_before: OVH has refused the group; if it shows nothing of it, it is not sent again.
    """

    tag: str
    rows: Sequence[OutboxRow]
    waiting: Sequence[OutboxRow]
    opted_out: OptedOutPeople
    witness: RoundWitness
    costs: RowCosts
    client: OvhSmsClient
    journal: Journal
    clock: Clock
    quiet_period: timedelta
    refused_before: bool = False
    done: str = field(default="sent", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)
    #: Whether OVH refused the group itself.
    was_refused: bool = field(default=False, init=False)
    #: Rows that were not given to OVH at the last precheck, and why: their state and reason.
    left_out: dict[int, tuple[str, str | None]] = field(default_factory=dict, init=False)
    _given: Sequence[OutboxRow] = field(default=(), init=False)

    def expected(self, attempt: Attempt) -> int | None:
        """Receivers given to OVH."""
        return len(_snapshot(attempt)["rows"])

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Nothing: the rows of a group stay together, and each is sent once."""
        return []

    def snapshot(self) -> dict[str, Any]:
        """Record which rows are given to OVH, and the account before: it shows a group that OVH does not list.

        :raises InsufficientCredits: the account, or the quota of its user, cannot pay them.
        """
        witness, needed = self.witness.snapshot(), self.costs.of(self._given)
        user = witness.get(QUOTA_OF, "")
        reserved = self.journal.store.reservations.reserved(owner_of(self.client.account_name, user))
        try:
            check_credits(needed, credits_left=self.witness.credits_left, reserved=reserved, user=user)
        except InsufficientCredits:
            self.witness.forget()
            raise
        return {
            "rows": [row.id for row in self._given],
            "left_out": {str(row): list(end) for row, end in self.left_out.items()},
            "message_digest": self._message_digest,
            "sender": self._request.sender,
            "user": self.client.user,
            "expected": len(self._given),
            "credits_estimated": needed,
            **witness,
        }

    def precheck(self, *, person_decided: bool = False) -> None:
        """Leave out what must not be sent any more; refuse a tag that OVH lists.

        :raises NobodyLeft: nothing of the group is left.
        :raises OutOfHours: the hours of advertising are over.
        :raises SentBefore: OVH lists the tag.
        :raises RefusedBefore: OVH has refused it.
        """
        if self.refused_before and not person_decided:
            raise RefusedBefore
        self._leave_out()
        if not self._given:
            raise NobodyLeft
        self._refuse_out_of_hours()
        if self.client.outgoing.count(tag=self.tag):
            if self.journal.live() is not None:
                raise OutcomeUnknown(OTHER_PROCESS, action=OTHER_PROCESS_ACTION)
            # The tag is of these rows alone, so the journal has lost the attempt.
            raise SentBefore
        self.journal.receivers = self._receivers()
        if self._given[0].stop_clause:
            self.journal.opt_outs = self.opted_out.compared([row.receiver for row in self._given])

    def post(self, deadline: float) -> dict[str, Any]:
        """Send by one POST."""
        try:
            answer = self.client.jobs.submit(self._request, not_after=deadline)
        except RequestRefused:
            self.was_refused = True
            raise
        self.message_ids = answer.ids
        self.witness.note_spent(answer.credits_removed)
        return read_answer(answer, self._given, self.left_out)

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Count the group's messages at OVH; see :class:`~ovh_sms.sending.batch_observer.BatchObserver`."""
        return self._observer.observe(attempt, earlier, expected=self.expected(attempt))

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from what OVH shows."""
        snapshot = _snapshot(attempt)
        client, ids = self._observer.lists(attempt)
        left = client.outgoing.read_within(ids, MOST_CALLS)
        found = [*(left or ()), *self._observer.waiting]
        by_number = {digits(each.receiver): each.id for each in found}
        return group_answer(
            rows=snapshot["rows"],
            accepted={
                row.id: by_number.get(digits(row.receiver))
                for row in self._rows_of(attempt)
                # If too many had to be read, their count alone says that all are there.
                if left is None or digits(row.receiver) in by_number
            },
            refused=(),
            left_out=snapshot["left_out"],
            credits_spent=None if left is None else sum(each.credits for each in found),
        )

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Name the tag by which a person finds the messages."""
        return (
            f"Search for the tag {attempt.tag} among the outgoing and the pending messages in OVH's manager; "
            f"'ovh-sms outbox list --group {attempt.tag}' shows its rows."
        )

    def _leave_out(self) -> None:
        """Choose the rows that are given to OVH. The others are expired or changed, or must get none by now."""
        out = self.opted_out.among([row.receiver for row in self.waiting if row.stop_clause])
        erased = self.journal.store.outbox.erased_of(self.tag)
        ends = {row.id: self._end_without_post(row, out, erased) for row in self.waiting}
        self.left_out = {row: end for row, end in ends.items() if end is not None}
        self._given = [row for row in self.waiting if row.id not in self.left_out]
        for made_of_rows in ("_request", "_message_digest"):
            self.__dict__.pop(made_of_rows, None)

    def _end_without_post(
        self, row: OutboxRow, out: Collection[str], erased: Collection[int]
    ) -> tuple[str, str | None] | None:
        from ovh_sms.store.outbox_records import EXPIRED, REFUSED

        if row.id in erased:
            return REFUSED, RowReason.ERASED.value
        if not row.is_as_queued(self._secret):  # one text goes to all: it must be the one of each
            return REFUSED, RowReason.CHANGED.value
        if is_expired(row, self.clock.now()):
            return EXPIRED, None
        if row.stop_clause and row.receiver in out:
            return REFUSED, RowReason.OPTED_OUT.value
        return None

    def _refuse_out_of_hours(self) -> None:
        """Send no advertising at night, however long the group has waited for credits or OVH. Its zones are equal."""
        first, now = self._given[0], self.client.time()
        if first.stop_clause:
            rule = HoursRule(marketing=True)
            at = rule.submit_at(zones_of(first.receiver), now, receivers=len(self._given))
            if at is None or at > now:
                raise OutOfHours(DAY if at is None else at - now)

    @cached_property
    def _request(self) -> SubmissionRequest:
        """The request for the rows that are given to OVH; made anew at each precheck."""
        first, now = self._given[0], self.clock.now()
        lasting = [left for row in self._given if (left := minutes_left(row, now)) is not None]
        return SubmissionRequest(
            message=first.message,
            stop_clause=bool(first.stop_clause),
            tag=self.tag,
            receivers=[row.receiver for row in self._given],
            sender=first.sender,
            user=first.user or None,
            validity_minutes=max(1, min(lasting)) if lasting else None,
            # Checked when the group was made.
            priority=first.priority,  # type: ignore[arg-type]
            message_class=first.message_class,  # type: ignore[arg-type]
            coding=first.coding,  # type: ignore[arg-type]
        )

    @property
    def _message(self) -> str:
        return (self._given or self.waiting)[0].message

    @cached_property
    def _message_digest(self) -> str:
        """Keyed: a short text could be found by trying."""
        return hmac.new(self._secret, self._message.encode(), hashlib.sha256).hexdigest()

    @cached_property
    def _secret(self) -> bytes:
        return self.journal.store.identity.secret()

    def _receivers(self) -> ClaimedReceivers:
        """The messages of the group, by which another batch's reconciliation distinguishes them from its own."""
        return claimed_messages(
            self.journal,
            [(row.receiver, self._message) for row in self._given],
            account=self.client.account_name,
            dag_id=OUTBOX_DAG,
            tag=self.tag,
        )

    @cached_property
    def _observer(self) -> BatchObserver:
        return BatchObserver(
            client=self.client,
            journal=self.journal,
            clock=self.clock,
            quiet_period=self.quiet_period,
            sender=self.waiting[0].sender,
            message=lambda attempt: self._message if self._is_same(attempt) else None,
            texts=self._texts,
        )

    def _texts(self, attempt: Attempt) -> dict[int, Sequence[str]] | None:
        if not self._is_same(attempt):
            return None
        return {digits(row.receiver): (self._message,) for row in self._rows_of(attempt)}

    def _rows_of(self, attempt: Attempt) -> list[OutboxRow]:
        given = set(_snapshot(attempt)["rows"])
        return [row for row in self.rows if row.id in given]

    def _is_same(self, attempt: Attempt) -> bool:
        """Whether an attempt was made with the text that its rows have now."""
        return bool(_snapshot(attempt).get("message_digest") == self._message_digest)


def _snapshot(attempt: Attempt) -> dict[str, Any]:
    return attempt.snapshot or {}
