"""The journal of attempts at one write: a claim gives one process alone the right to make it."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.clock import Clock
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.store import Store

#: How long a pending attempt of one run keeps the other runs of its campaign from submitting.
IN_FLIGHT_WINDOW = timedelta(minutes=15)
#: An attempt is certainly over so long after its claim, by any clock.
RIVAL_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class WriteIdentity:
    """The identity of a write; see :class:`~ovh_sms.store.models.Attempt` for the fields."""

    tag: str
    kind: str
    campaign: str
    dag_id: str
    run_id: str
    account: str
    list_digest: str = ""
    message_digest: str = ""
    source_digest: str | None = None


@dataclass(frozen=True, kw_only=True)
class ClaimRules:
    """Rules that keep a claim from being given.

    :param duplicate_window: within this time another run does not write the same again.
    :param force: whether it does all the same.
    :param in_flight_window: how long a pending attempt of another run is waited for.
    """

    duplicate_window: timedelta = timedelta(0)
    force: bool = False
    in_flight_window: timedelta = IN_FLIGHT_WINDOW


class Journal:
    """The attempts at one write."""

    def __init__(self, store: Store, identity: WriteIdentity, rules: ClaimRules, clock: Clock) -> None:
        self.store = store
        self.identity = identity
        self.rules = rules
        self.clock = clock
        self.holder = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex}"[-120:]

    def live(self) -> Attempt | None:
        """Return the attempt that is at OVH, or may be, whichever process made it; ``None`` if certainly none is.

        :raises ovh_sms.errors.ConfigurationError: the tag belongs to another task.
        """
        it = self.identity
        found = self.store.attempts.live(it.tag)
        if found is not None and (found.dag_id, found.run_id) != (it.dag_id, it.run_id):
            raise ConfigurationError(
                f"The tag {found.tag} belongs to run {found.run_id} of {found.dag_id}.",
                action="Nothing was sent. Give each task a tag that was never used before.",
            )
        return found

    def attempts(self) -> int:
        """Return the number of the latest attempt; 0 if there was none."""
        return max((attempt.attempt for attempt in self.store.attempts.all(self.identity.tag)), default=0)

    def refuse_cancelled(self) -> None:
        """Refuse to observe or write for a cancelled run.

        :raises ovh_sms.errors.RunCancelled: a person cancelled the run.
        """
        self.store.cancelled_runs.refuse(self.identity.dag_id, self.identity.run_id)

    def claimed_at(self) -> datetime:
        """Return when the attempt that may be at OVH was claimed, by the clock of the store; now if none was."""
        found = self.store.attempts.live(self.identity.tag)
        return (found and found.claimed_at) or self.clock.now()

    def has_others_in_flight(self) -> bool:
        """Return whether waiting messages may now be those of another run whose answer is not known."""
        return self.store.attempts.count_in_flight(self._attempt(1), self.claimed_at() - RIVAL_WINDOW) > 0

    def message_ids_of_others(self) -> tuple[set[int], set[int]]:
        """Return OVH's ids of other batches' messages: submitted certainly before this one, and the rest."""
        begin = self.claimed_at() - RIVAL_WINDOW
        found = self.store.attempts.message_ids_of_others(self.identity.account, [self.identity.tag])
        before = {message for message, claimed in found.items() if claimed < begin}
        return before, found.keys() - before

    def refunded_credits(self) -> float:
        """Return the credits that OVH refunded for withdrawn messages since the claim, or shortly before."""
        return self.store.withdrawals.refunded_credits(self.identity.account, self.claimed_at() - RIVAL_WINDOW)

    def claim(self, attempt: int, snapshot: Mapping[str, Any]) -> bool:
        """Claim an attempt for this process alone.

        :returns: false if another process has it, or an earlier attempt is not certainly over.
        :raises ovh_sms.errors.DuplicateSubmission: another run submitted the same to the same contact list.
        :raises ovh_sms.errors.SubmissionInFlight: another run of the campaign is submitting right now.
        :raises ovh_sms.errors.RunCancelled: a person cancelled the run.
        """
        return self.store.attempts.claim(
            self._attempt(attempt, dict(snapshot)),
            duplicate_window=self.rules.duplicate_window,
            force=self.rules.force,
            in_flight_window=self.rules.in_flight_window,
        )

    def succeed(self, attempt: int, answer: Mapping[str, Any], message_ids: Sequence[int] | None = None) -> None:
        """Record that an attempt reached OVH, with OVH's answer and its ids of the messages."""
        self.store.attempts.succeed(self.identity.tag, attempt, answer=dict(answer), message_ids=message_ids)

    def mark_not_executed(self, attempt: int) -> None:
        """Record that an attempt was certainly not executed; every other attempt stays as it is."""
        self.store.attempts.mark_not_executed(self.identity.tag, attempt)

    def _attempt(self, number: int, snapshot: dict[str, Any] | None = None) -> Attempt:
        from ovh_sms.store.models import Attempt

        return Attempt(attempt=number, holder=self.holder, snapshot=snapshot, **asdict(self.identity))
