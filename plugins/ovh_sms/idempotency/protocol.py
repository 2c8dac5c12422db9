"""The one protocol of every write that costs credits or reaches people: made at most once, and reconciled.

::

    first try                                  a later try, after a kill, a lost answer or a Clear
    ─────────                                  ──────────────────────────────────────────────────────
    precheck ─▶ begin ─▶ claim ─▶ POST         succeeded ─▶ return its answer
                                    │          pending ───▶ observe until the observations agree:
                     succeed ◀─ answer ┤                      found ───▶ adopt
          mark_not_executed ◀─ refused ┤                      absent ──▶ precheck ─▶ begin ─▶ claim ─▶ POST
              (stays pending) ◀─ no answer                    else ────▶ unknown outcome: a person resolves it
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import DeadlineMissed, OutcomeUnknown, OvhSmsError
from ovh_sms.idempotency.reconcile import Observation, Verdict, decide
from ovh_sms.idempotency.task_state import OTHER_PROCESS
from ovh_sms.idempotency.unknown_outcome import SENT, UnknownOutcome

if TYPE_CHECKING:
    import logging

    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.idempotency.remote_write import ReconcilePolicy, RemoteWrite
    from ovh_sms.idempotency.task_state import TaskState
    from ovh_sms.store.models import Attempt


@dataclass(frozen=True, kw_only=True)
class TaskTry:
    """One try of the task that makes a write.

    :param resolution: a person's answer to the question about an unknown outcome, as ``CODE sent``; else empty.
    :param is_last: Airflow will not try again, so a lost answer is reconciled at once.
    """

    state: TaskState
    resolution: str
    is_last: bool
    log: logging.Logger | Any


@dataclass(frozen=True, kw_only=True)
class OnceOnlyWrite:
    """One remote write, and everything that making it at most once needs."""

    write: RemoteWrite
    journal: Journal
    task: TaskTry
    policy: ReconcilePolicy
    clock: Clock

    def run(self) -> dict[str, Any]:
        """Make the write, or reconcile an earlier try.

        :raises OutcomeUnknown: the next try must reconcile.
        :raises ResolutionRequired: a person must decide.
        """
        seen = self.task.state.seen
        earlier = self._earlier_answer()
        if earlier is not None:
            self.task.log.info("%s by an earlier try: nothing is done again", self.write.done)
            return earlier
        self.journal.refuse_cancelled()
        unknown = self.task.state.unknown
        if unknown is not None:
            return self._resolve(unknown)
        pending = self._pending(self.journal.live())
        if pending is None:
            self.write.precheck()
            try:
                return self._make(seen)
            except OutcomeUnknown:
                if not self.task.is_last:
                    raise
                self.task.log.warning("answer lost at the last try: reconciling now")
                pending = self._pending(self.journal.live())
                if pending is None:
                    raise
        return self._reconcile(pending)

    def _pending(self, live: Attempt | None) -> Mapping[str, Any] | None:
        """The snapshot of the pending attempt: the journal's, as another process may have overwritten the task's."""
        return (live.snapshot if live else None) or self.task.state.pending

    def _earlier_answer(self) -> dict[str, Any] | None:
        live = self.journal.live()
        answer = self.task.state.answer or (live and live.answer)
        return self._succeed(live.attempt if live else self.task.state.attempts, answer) if answer else None

    def _make(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        """Store the snapshot, claim the attempt, and make the write before its deadline."""
        attempt = max(self.task.state.attempts, self.journal.attempts()) + 1
        snapshot = self.task.state.begin(seen, attempt, self.write.snapshot(), self.clock.now())
        deadline = self.clock.monotonic() + self.policy.post_within.total_seconds()
        try:
            claimed = self.journal.claim(attempt, snapshot)
        except OvhSmsError as error:
            if error.was_executed is False:
                self.task.state.mark_not_executed(attempt, type(error).__name__)
            raise
        if not claimed:
            raise OutcomeUnknown(OTHER_PROCESS, action="This process sent nothing. The next try reconciles with OVH.")
        try:
            answer = self._post(deadline)
        except OvhSmsError as error:
            self._mark_not_executed(attempt, error)
            raise
        return self._succeed(attempt, answer)

    def _post(self, deadline: float) -> dict[str, Any]:
        if self.clock.monotonic() > deadline:
            raise DeadlineMissed(
                f"This process was paused between its claim and its POST. Nothing was {self.write.done} by it.",
                action="It is tried again. If this happens often, run fewer tasks at once.",
            )
        return self.write.post(deadline)

    def _mark_not_executed(self, attempt: int, error: OvhSmsError) -> None:
        """Close an attempt if the error proves that OVH did not execute it; else the next try reconciles it."""
        if error.was_executed is False:
            self.journal.mark_not_executed(attempt)
            self.task.state.mark_not_executed(attempt, type(error).__name__)

    def _succeed(self, attempt: int, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Store the answer in both places; either is enough for a later try."""
        try:
            return dict(answer) if self.task.state.answer is not None else self.task.state.succeed(answer)
        finally:
            self.journal.succeed(attempt, answer, self.write.message_ids)

    def _observe_until_decided(self, snapshot: Mapping[str, Any]) -> tuple[Observation, Verdict]:
        began, monotonic = self.clock.now(), self.clock.monotonic()
        observations: list[Observation] = []
        while True:
            observation = self.write.observe(snapshot)
            # A wall clock that is set meanwhile must not pass for time that went by.
            at = began + timedelta(seconds=self.clock.monotonic() - monotonic)
            observations.append(replace(observation, at=at))
            self.task.log.info("observed found=%d expected=%s", observation.found, self.write.expected)
            verdict = decide(
                observations,
                expected=self.write.expected,
                since=datetime.fromisoformat(snapshot["at"]),
                quiet_period=self.policy.quiet_period,
                reconcile_timeout=self.policy.reconcile_timeout,
            )
            if verdict is not Verdict.WAIT:
                return observations[-1], verdict
            self.clock.sleep(self.policy.poll_interval.total_seconds())

    def _reconcile(self, snapshot: Mapping[str, Any]) -> dict[str, Any]:
        """Adopt what an earlier try did, make the write if it did nothing, or leave it to a person."""
        seen = self.task.state.seen
        observation, verdict = self._observe_until_decided(snapshot)
        answered_meanwhile = self._earlier_answer()
        if answered_meanwhile is not None:
            return answered_meanwhile
        if verdict is Verdict.FOUND:
            return self._adopt(snapshot, observation)
        if verdict is Verdict.ABSENT:
            self.task.log.warning("an earlier try left nothing at OVH: it is made now")
            return self._make_again(snapshot, seen)
        raise self._ask(snapshot, observation, verdict)

    def _adopt(self, snapshot: Mapping[str, Any], observation: Observation) -> dict[str, Any]:
        self.task.log.warning("OVH shows all that an earlier try %s; its answer was lost", self.write.done)
        return self._succeed(snapshot["attempt"], self.write.adopt(snapshot, observation))

    def _make_again(
        self, snapshot: Mapping[str, Any], seen: Mapping[str, Any], *, person_decided: bool = False
    ) -> dict[str, Any]:
        """Make the write after an observation that found nothing of the attempt before."""
        try:
            self.write.precheck(person_decided=person_decided)
        except OvhSmsError as error:
            self._mark_not_executed(snapshot["attempt"], error)
            raise
        self.journal.mark_not_executed(snapshot["attempt"])
        return self._make(seen)

    def _ask(self, snapshot: Mapping[str, Any], observation: Observation, verdict: Verdict) -> Exception:
        question = UnknownOutcome.of(
            snapshot,
            observation,
            verdict,
            expected=self.write.expected,
            at=self.clock.now(),
            description=self.write.describe(snapshot, observation),
        )
        self.task.state.ask(question)
        return question.error(self.write.done)

    def _resolve(self, unknown: UnknownOutcome) -> dict[str, Any]:
        """Do what a person decided, after new observations; ask again if nobody has decided."""
        snapshot = unknown.snapshot
        decided = unknown.resolved_as(self.task.resolution)
        if decided is None:
            observation = self.write.observe(snapshot)
            if observation.exhaustive and observation.found == self.write.expected:
                return self._adopt(snapshot, observation)
            raise unknown.error(self.write.done)
        seen = self.task.state.seen
        observation, verdict = self._observe_until_decided(snapshot)
        if verdict is Verdict.FOUND:
            return self._adopt(snapshot, observation)
        if decided == SENT:
            self.task.log.warning("resolved by a person as %s: nothing is done again", self.write.done)
            self.write.describe(snapshot, observation)
            answer = {**self.write.adopt(snapshot, observation), "resolution": SENT}
            return self._succeed(snapshot["attempt"], answer)
        if observation.found or observation.ambiguous:
            raise self._ask(snapshot, observation, verdict)
        self.task.log.warning("resolved by a person as not %s: it is made now", self.write.done)
        return self._make_again(snapshot, seen, person_decided=True)
