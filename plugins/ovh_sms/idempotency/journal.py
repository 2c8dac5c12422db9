"""The journal of attempts at one write: a claim gives one process alone the right to make it."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError, ScheduleTooOld
from ovh_sms.idempotency.account_records import RIVAL_WINDOW, AccountRecords
from ovh_sms.idempotency.reconcile import RESOLUTION, Observation

if TYPE_CHECKING:
    from ovh_sms.clock import Clock
    from ovh_sms.contacts.classify.receiver_digests import Digests
    from ovh_sms.idempotency.unknown_outcome import UnknownOutcome
    from ovh_sms.store.attempt_receivers import ClaimedReceivers
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.opt_out_digests import OptOutsRead
    from ovh_sms.store.paced_records import BatchClaim
    from ovh_sms.store.published_lists import PlannedList
    from ovh_sms.store.store import Store

#: How long a pending attempt of one run keeps the other runs of its campaign from submitting.
IN_FLIGHT_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class WriteIdentity:
    """The identity of a write; see :class:`~ovh_sms.store.models.Attempt` for the fields."""

    tag: str
    kind: str
    campaign: str
    dag_id: str
    run_id: str
    account: str
    task_id: str = ""
    map_index: int = -1
    list_digest: str = ""
    message_digest: str = ""
    need: str = ""


@dataclass(frozen=True, kw_only=True)
class ClaimRules:
    """Rules that keep a claim from being given.

    :param in_flight_window: how long a pending attempt of another run is waited for.
    :param duplicate_window: within this time another run does not write the same again, if its receivers are not
        known; ``None`` if it may.
    :param published: the list and content that the write is planned with, which the run must have published; ``None``
        if it has no prepared list.
    :param run_after: of a batch: its run has sent nothing before this moment; ``None`` if nobody knows.
    """

    in_flight_window: timedelta = IN_FLIGHT_WINDOW
    duplicate_window: timedelta | None = None
    published: PlannedList | None = None
    run_after: datetime | None = None


class Journal:
    """The attempts at one write."""

    def __init__(self, store: Store, identity: WriteIdentity, rules: ClaimRules, clock: Clock) -> None:
        self.store = store
        self.identity = identity
        self.rules = rules
        self.clock = clock
        #: Of a batch: another run does not send to them within their rule's window. Known right before the claim.
        self.receivers: ClaimedReceivers | None = None
        #: Of a batch: what its receivers were compared with, right before the claim.
        self.opt_outs: OptOutsRead | None = None
        #: Of a batch: its place in its list, and the moment of the last check.
        self.paced: BatchClaim | None = None
        self.holder = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex}"[-120:]

    def live(self) -> Attempt | None:
        """Return the attempt that is at OVH or may be, whichever process made it; ``None`` if certainly none is.

        :raises ovh_sms.errors.ConfigurationError: the tag belongs to another task.
        :raises ovh_sms.errors.ScheduleTooOld: the attempt was lost with the database, and OVH has its messages.
        """
        from ovh_sms.store.models import RESTORED

        it = self.identity
        found = self.store.attempts.of_write(self._attempt(1))
        if found is not None and found.dag_id == RESTORED:
            raise ScheduleTooOld(
                f"OVH has messages with the tag {found.tag}, which the results database did not know when it was "
                "restored: this task has sent them.",
                action="Nothing was sent. For people whom it has not reached, start a new run.",
            )
        if found is not None and (found.dag_id, found.run_id) != (it.dag_id, it.run_id):
            raise ConfigurationError(
                f"The tag {found.tag} belongs to run {found.run_id} of {found.dag_id}.",
                action="Nothing was sent. Give each task a tag that was never used before.",
            )
        return found

    def refuse_cancelled(self) -> None:
        """Refuse to write for a cancelled run.

        :raises ovh_sms.errors.RunCancelled: a person cancelled the run.
        """
        self.store.cancelled_runs.refuse(self.identity.dag_id, self.identity.run_id)

    def may_be_of_others(self, attempt: Attempt, messages: Sequence[tuple[str, str]]) -> list[bool]:
        """Say of each waiting message whether it may now be that of another run whose answer is not known.

        :param messages: number and text of each.
        """
        return self.store.attempt_receivers.may_have(self._in_flight(attempt), messages) if messages else []

    def are_of_others(self, attempt: Attempt, messages: Sequence[tuple[str, str]]) -> list[bool]:
        """Say of each waiting message whether it is exactly one of another run whose answer is not known.

        :param messages: number and text of each.
        """
        others = self._in_flight(attempt)
        return self.store.attempt_receivers.may_have(others, messages, certainly=True) if messages else []

    def message_ids_of_others(self, attempt: Attempt) -> tuple[set[int], set[int]]:
        """Return OVH's ids of other batches' messages: submitted certainly before this one, and the rest."""
        begin = _claimed_at(attempt) - RIVAL_WINDOW
        found = self.store.attempts.message_ids_of_others(attempt.account, [attempt.tag])
        before = {message for message, claimed in found.items() if claimed < begin}
        return before, found.keys() - before

    @property
    def records(self) -> AccountRecords:
        """The journal's records about the credits of the write's account."""
        return AccountRecords(self.store, self.identity.account, self.clock)

    def claim(self, snapshot: Mapping[str, Any]) -> Attempt | None:
        """Claim the next attempt for this process alone.

        :returns: the attempt; ``None`` if another process has it, or an earlier attempt is not certainly over.
        :raises ovh_sms.errors.DuplicateSubmission: another run submitted the same to the same contact list.
        :raises ovh_sms.errors.SubmissionInFlight: another run of the campaign is submitting right now.
        :raises ovh_sms.errors.RunCancelled: a person cancelled the run.
        :raises ovh_sms.errors.ScheduleTooOld: the run began before the results database was restored.
        :raises ovh_sms.errors.RequestChanged: the run has published another list or content.
        :raises ovh_sms.errors.CampaignNotApproved: a person must approve the list, and has not.
        :raises ovh_sms.store.models.ClaimOutdated: what the precheck read is not true any more.
        :raises ovh_sms.store.models.NeedCovered: another order or transfer covers the need, or may.
        """
        earlier = self.store.attempts.all(self.identity.tag)
        attempt = self._attempt(max((each.attempt for each in earlier), default=0) + 1, dict(snapshot))
        claimed = self.store.attempts.claim(
            attempt,
            in_flight_window=self.rules.in_flight_window,
            duplicate_window=self.rules.duplicate_window if self.receivers is None else None,
            receivers=self.receivers,
            published=self.rules.published,
            run_after=self.rules.run_after,
            opt_outs=self.opt_outs,
            paced=self.paced,
        )
        return self.live() if claimed else None

    def succeed(self, attempt: Attempt, answer: Mapping[str, Any], message_ids: Sequence[int] | None = None) -> None:
        """Record that an attempt reached OVH, with OVH's answer and its ids of the messages."""
        self.store.attempts.succeed(attempt.tag, attempt.attempt, answer=dict(answer), message_ids=message_ids)

    def forget_receivers(self, attempt_tag: str, digests: Digests) -> None:
        """Record that OVH refused some receivers: they did not get the message."""
        self.store.attempt_receivers.forget(attempt_tag, digests)

    def mark_not_executed(self, attempt: Attempt) -> None:
        """Record that an attempt was certainly not executed; every other attempt stays as it is."""
        self.store.attempts.mark_not_executed(attempt.tag, attempt.attempt)

    def mark_refused(self, attempt: Attempt) -> None:
        """Record that OVH refused an attempt. It is over for other runs; this task makes sure before it tries again."""
        self.store.attempts.mark_refused(attempt.tag, attempt.attempt)

    def observe(
        self, attempt: Attempt, earlier: Sequence[Observation], latest: Observation, *, gap: timedelta
    ) -> list[Observation]:
        """Record one more observation of an attempt.

        :param gap: after so long a pause the earlier ones prove nothing about the time in between; nor do they if
            OVH's clock was set back.
        :returns: the observations that belong together, the latest one last.
        """
        goes_on = not earlier or -2 * RESOLUTION <= latest.at - earlier[-1].at <= gap
        together = [*earlier, latest] if goes_on else [latest]
        self.store.attempts.observe(attempt.tag, attempt.attempt, [each.to_json() for each in together])
        return together

    def ask(self, attempt: Attempt, question: UnknownOutcome) -> None:
        """Record that only a person can decide about an attempt."""
        self.store.attempts.ask(attempt.tag, attempt.attempt, question.to_json())

    def _in_flight(self, attempt: Attempt) -> list[tuple[str, int]]:
        return self.store.attempts.in_flight(attempt, _claimed_at(attempt) - RIVAL_WINDOW)

    def _attempt(self, number: int, snapshot: dict[str, Any] | None = None) -> Attempt:
        from ovh_sms.store.models import Attempt

        return Attempt(attempt=number, holder=self.holder, snapshot=snapshot, **asdict(self.identity))


def _claimed_at(attempt: Attempt) -> datetime:
    assert attempt.claimed_at is not None  # noqa: S101 - the store fills it in
    return attempt.claimed_at
