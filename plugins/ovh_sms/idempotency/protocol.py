"""The one protocol of every write that costs credits or reaches people: made at most once, and reconciled.

::

    first try                                  a later try, after a kill, a lost answer or a Clear
    ─────────                                  ──────────────────────────────────────────────────────
    precheck ─▶ snapshot ─▶ claim ─▶ POST      succeeded ─▶ return its answer
                                      │        pending ───▶ observe until the observations agree:
                       succeed ◀─ answer               found ───▶ adopt
            mark_not_executed ◀─ not made              absent ──▶ mark_not_executed, then as a first try
                 mark_refused ◀─ refused               else ────▶ unknown: a person resolves it
                (stays pending) ◀─ no answer   refused ───▶ as pending: a proxy may have repeated an accepted request

The journal alone remembers. An attempt stands in it once it is claimed, and not before: what is not there was not made.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ClaimOutdated, DeadlineMissed, OutcomeUnknown, OvhSmsError, RequestChanged
from ovh_sms.idempotency.reconcile import Observation, Verdict, decide
from ovh_sms.idempotency.remote_write import NothingToMake
from ovh_sms.idempotency.unknown_outcome import SENT, UnknownOutcome
from ovh_sms.store.models import REFUSED, SUCCEEDED, UNKNOWN

if TYPE_CHECKING:
    import logging

    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.idempotency.remote_write import ReconcilePolicy, RemoteWrite
    from ovh_sms.store.models import Attempt

#: Prechecks of one try: what they read may change before the claim.
MOST_CHECKS = 5
OTHER_PROCESS = "Another process is already running this task; its outcome is not known yet."
OTHER_PROCESS_ACTION = "This process sent nothing. The next try reconciles with OVH."


class ReconcileWait(Exception):
    """The observations do not agree yet. Run the protocol again after some time; in between no process is needed."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"OVH is observed again in {wait}.")


@dataclass(frozen=True, kw_only=True)
class TaskTry:
    """One try of the task that makes a write.

    :param is_last: nobody will try again, so a lost answer is reconciled at once.
    :param is_deferrable: the task can wait without a process: :class:`ReconcileWait` is raised instead of sleeping,
        and a lost answer is reconciled at once.
    """

    is_last: bool
    is_deferrable: bool
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

        :raises RequestChanged: an earlier try made another write; if its answer was lost, it was reconciled first.
        :raises OutcomeUnknown: the next try must reconcile.
        :raises ResolutionRequired: a person must decide.
        :raises ReconcileWait: run it again after some time.
        :raises NothingToMake: the write is of no use any more, and nothing was made.
        """
        attempt = self.journal.live()
        return self._make() if attempt is None else self._go_on(attempt)

    def _go_on(self, attempt: Attempt) -> dict[str, Any]:
        """Go on with an attempt of an earlier try, or of another process."""
        if attempt.state == SUCCEEDED:
            self.task.log.info("%s by an earlier try: nothing is done again", self.write.done)
            return self._answer(attempt)
        self._check_account(attempt)
        return self._resolve(attempt) if attempt.state == UNKNOWN else self._reconcile(attempt)

    def _make(self, *, person_decided: bool = False) -> dict[str, Any]:
        """Claim the next attempt, and make it before its deadline."""
        self.journal.refuse_cancelled()
        attempt, deadline = self._claim(person_decided=person_decided)
        if attempt is None:
            other = self.journal.live()
            if other is None or not self._reconciles_now:
                raise OutcomeUnknown(OTHER_PROCESS, action=OTHER_PROCESS_ACTION)
            return self._go_on(other)
        try:
            answer = self._post(deadline)
        except OvhSmsError as error:
            if error.was_executed is False:
                self.journal.mark_not_executed(attempt)
                raise
            if not isinstance(error, OutcomeUnknown):
                self.journal.mark_refused(attempt)
                raise
            if not self._reconciles_now:
                raise
            self.task.log.warning("answer lost: reconciling now")
            return self._reconcile(attempt)
        self.journal.succeed(attempt, answer, self.write.message_ids)
        return answer

    def _claim(self, *, person_decided: bool, checks: int = MOST_CHECKS) -> tuple[Attempt | None, float]:
        """Check, then claim; check again if what was read is not true any more. Returns the POST's deadline, too."""
        self.write.precheck(person_decided=person_decided)
        snapshot = self.write.snapshot()
        deadline = self.clock.monotonic() + self.policy.post_within.total_seconds()
        try:
            return self.journal.claim(snapshot), deadline
        except ClaimOutdated as outdated:
            if checks <= 1:
                raise
            self.task.log.info("%s It is checked again", outdated.what)
        return self._claim(person_decided=person_decided, checks=checks - 1)

    @property
    def _reconciles_now(self) -> bool:
        return self.task.is_last or self.task.is_deferrable

    def _post(self, deadline: float) -> dict[str, Any]:
        if self.clock.monotonic() > deadline:
            raise DeadlineMissed(
                f"This process was paused between its claim and its POST. Nothing was {self.write.done} by it.",
                action="It is tried again. If this happens often, run fewer tasks at once.",
            )
        return self.write.post(deadline)

    def _answer(self, attempt: Attempt) -> dict[str, Any]:
        """Return the answer of an attempt that succeeded, if it is this write."""
        self._check_same(attempt)
        return dict(attempt.answer or {})

    def _check_same(self, attempt: Attempt) -> None:
        """Refuse to pass an earlier write of this task for another one, or to make another one in its place."""
        differences = self.write.differences(attempt.answer or attempt.snapshot or {})
        if differences:
            raise RequestChanged(
                f"An earlier try of this task {self.write.done} with the tag {attempt.tag}, or may have. Since then "
                f"its {' and '.join(differences)} changed.",
                action=f"Nothing is {self.write.done} again. Set it back and clear the task, or start a new run.",
            )

    def _check_account(self, attempt: Attempt) -> None:
        """Refuse to observe another account than the one that the write may have been made on."""
        if attempt.account != self.journal.identity.account:
            raise RequestChanged(
                f"An earlier try of this task {self.write.done} with the tag {attempt.tag}, or may have. Since then "
                f"its account (was {attempt.account}, is now {self.journal.identity.account}) changed.",
                action=f"Nothing is {self.write.done} again. Set the account back and clear the task.",
            )

    def _observe(self, attempt: Attempt) -> tuple[Observation, Verdict]:
        """Observe until there is a verdict: at least one observation is made now, beside the earlier ones."""
        observations = [Observation.from_json(each) for each in attempt.observations or ()]
        expected = self.write.expected(attempt)
        while True:
            latest = self.write.observe(attempt, observations)
            self.task.log.info("observed found=%d expected=%s", latest.found, expected)
            gap = max(self.policy.reconcile_timeout, 2 * self.policy.quiet_period)
            observations = self.journal.observe(attempt, observations, latest, gap=gap)
            verdict = decide(
                observations,
                expected=expected,
                quiet_period=self.policy.quiet_period,
                reconcile_timeout=self.policy.reconcile_timeout,
            )
            if verdict is not Verdict.WAIT:
                return latest, verdict
            if self.task.is_deferrable:
                raise ReconcileWait(self.policy.deferred_interval)
            self.clock.sleep(self.policy.poll_interval.total_seconds())

    def _reconcile(self, attempt: Attempt) -> dict[str, Any]:
        """Adopt what an earlier try did, make the write if it did nothing, or leave it to a person."""
        observation, verdict = self._observe(attempt)
        answered = self._answered_meanwhile(attempt)
        if answered is not None:
            return answered
        if verdict is Verdict.FOUND:
            return self._adopt(attempt, observation)
        if verdict is Verdict.ABSENT:
            self.task.log.warning("an earlier try left nothing at OVH")
            return self._make_again(attempt)
        self.journal.refuse_cancelled()  # it is never made again: nobody needs to be asked
        raise self._ask(attempt, observation, verdict)

    def _answered_meanwhile(self, attempt: Attempt) -> dict[str, Any] | None:
        live = self.journal.live()
        if live is None or live.state != SUCCEEDED:
            return None
        return self._answer(live)

    def _adopt(self, attempt: Attempt, observation: Observation, **more: str) -> dict[str, Any]:
        if not more:
            self.task.log.warning("OVH shows all that an earlier try %s; its answer was lost", self.write.done)
        answer = {**self.write.adopt(attempt, observation), **more}
        self.journal.succeed(attempt, answer)
        self._check_same(attempt)
        return answer

    def _make_again(self, attempt: Attempt, *, person_decided: bool = False) -> dict[str, Any]:
        """Close an attempt that was not executed, and make the write by a new one."""
        if person_decided:  # the decision is kept over a wait; errors are raised once the attempt is closed
            with suppress(OvhSmsError, NothingToMake):
                self.write.precheck(person_decided=True)
        self.journal.mark_not_executed(attempt)
        self.journal.refuse_cancelled()
        if attempt.state != REFUSED:  # what OVH refused is there to be corrected
            self._check_same(attempt)
        return self._make(person_decided=person_decided)

    def _ask(self, attempt: Attempt, observation: Observation, verdict: Verdict) -> Exception:
        question = UnknownOutcome.of(
            attempt,
            observation,
            verdict,
            expected=self.write.expected(attempt),
            at=self.clock.now(),
            description=self.write.describe(attempt, observation),
        )
        self.journal.ask(attempt, question)
        return question.error(self.write.done)

    def _resolve(self, attempt: Attempt) -> dict[str, Any]:
        """Do what a person decided, after new observations; ask again if nobody has decided."""
        question = UnknownOutcome.from_json(attempt.question or {})
        if attempt.resolution is None:
            observation = self.write.observe(attempt, [])
            if observation.exhaustive and observation.found == self.write.expected(attempt):
                return self._adopt(attempt, observation)
            raise question.error(self.write.done)
        observation, verdict = self._observe(attempt)
        if verdict is Verdict.FOUND:
            return self._adopt(attempt, observation)
        if attempt.resolution["way"] == SENT:
            self.task.log.warning("resolved by a person as %s: nothing is done again", self.write.done)
            self.write.describe(attempt, observation)
            return self._adopt(attempt, observation, resolution=SENT)
        against = observation.credits_missing and not attempt.resolution["although_credits_are_gone"]
        if observation.found or observation.ambiguous or against:
            raise self._ask(attempt, observation, verdict)
        self.task.log.warning("resolved by a person as not %s: it is made now", self.write.done)
        return self._make_again(attempt, person_decided=True)
