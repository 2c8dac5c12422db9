"""One write at OVH, made once, whatever happens to the task: the order of the steps, for sendings and for orders.

::

    first try                              a later try, after a kill, a lost answer or a Clear
    ─────────                              ────────────────────────────────────────────────────
    check ─▶ intend ─▶ claim ─▶ WRITE      answered ─▶ give it again
                                │          intent ───▶ look until it is settled:
               settle ◀─ answer ┤                        whole ───▶ adopt
               withdraw ◀─ not executed                  nothing ─▶ intend ─▶ claim ─▶ WRITE
               (keep the intent) ◀─ no answer            else ────▶ doubt: a person decides
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import DeadlineMissed, OutcomeUnknown, OvhSmsError, ScheduleTooOld
from ovh_sms.idempotency.reconcile import Observation, Verdict, decide
from ovh_sms.idempotency.remote import ReconcilePolicy, RemoteWrite, doubt_about, for_a_person

if TYPE_CHECKING:
    import logging

    from ovh_sms.idempotency.task_state import TaskState
    from ovh_sms.store.models import Attempt


@dataclass(frozen=True, kw_only=True)
class OnceOnlyWrite:
    """One write, and everything that carrying it out needs.

    :param write: the write.
    :param once: what this task instance knows of it.
    :param reconcile_policy: how long to look.
    :param check: the checks before each write; nothing is written where one raises.
    :param decision: gives what a person decided about a doubt, as ``CODE sent``; empty where nobody did.
    :param log: where progress is shown.
    """

    write: RemoteWrite
    once: TaskState
    reconcile_policy: ReconcilePolicy
    check: Callable[[], None]
    decision: Callable[[], str]
    log: logging.Logger | Any

    def out(self, *, last_try: bool) -> dict[str, Any]:
        """Make the write, or find out what an earlier try did; see :func:`run_once`."""
        seen = self.once.seen
        at_ovh = self.write.claims.at_ovh()
        answer = self.once.answer or (at_ovh and at_ovh.answer)
        if answer:
            self.log.info("This task has %s already: nothing is done again", self.write.name)
            return self._done(at_ovh.attempt if at_ovh else self.once.attempts, answer)
        self.write.claims.refuse_cancelled()
        if self.once.unknown is not None:
            return self._decided(self.once.unknown)
        intent = self._intent(at_ovh)
        if intent is None:
            self.check()
            try:
                return self._make(seen)
            except OutcomeUnknown:
                if not last_try:
                    raise
                self.log.warning("The answer was lost at the last try: looking for it now")
                intent = self._intent(self.write.claims.at_ovh())
                if intent is None:
                    raise
        return self._find_out(intent)

    def _intent(self, at_ovh: Attempt | None) -> Mapping[str, Any] | None:
        """What was about to be written: as the results hold it, as another process may have overwritten the task's."""
        return (at_ovh.facts if at_ovh else None) or self.once.intent

    def _make(self, seen: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the intent, claim the attempt, look a last time, and make the write."""
        write, once = self.write, self.once
        write.claims.check_shared()  # before the clock runs: the first time it may take a while
        attempt = max(once.attempts, write.claims.attempts()) + 1
        intent = once.intend(seen, attempt, **write.facts())
        # Whoever takes over must have seen this write by the time it stops looking.
        not_after = time.monotonic() + self.reconcile_policy.quiet_period.total_seconds() / 2
        try:
            claimed = write.claims.take(attempt, intent)
        except OvhSmsError as error:
            once.withdraw(attempt, type(error).__name__)
            raise
        if not claimed:
            raise OutcomeUnknown(
                f"Another process is making the same write (it is not known whether it was {write.name}).",
                action="The next try looks it up at OVH.",
            )
        try:
            write.verify()  # behind the claim, as who had it before may have changed what is looked at
            if time.monotonic() > not_after:
                raise DeadlineMissed(
                    f"This process stood still between its claim and its POST: nothing was {write.name} by it.",
                    action="It is tried again. If it happens often, run fewer tasks at once.",
                )
            answer = write.make(not_after)
        except OutcomeUnknown:
            raise
        except OvhSmsError as error:  # every other error says that nothing was executed
            write.claims.void(attempt)
            once.withdraw(attempt, type(error).__name__)
            raise
        return self._done(attempt, answer)

    def _done(self, attempt: int, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Keep the answer in both places; either is enough for a later try."""
        try:
            settled = dict(answer) if self.once.answer is not None else self.once.settle(answer)
        finally:
            self.write.claims.done(attempt, answer, self.write.ids)
        return settled

    def _look_until(self, intent: Mapping[str, Any]) -> tuple[Observation, Verdict]:
        """Look at OVH until it is clear what an earlier try has done, or given up."""
        began, by_the_clock = datetime.now(UTC), time.monotonic()
        looks: list[Observation] = []
        while True:
            look = self.write.look(intent)
            # A clock that is set meanwhile must not pass for time that went by.
            at = began + timedelta(seconds=time.monotonic() - by_the_clock)
            looks.append(replace(look, at=at))
            self.log.info("Looked at OVH: %d of %s found", look.found, self.write.expected)
            verdict = decide(
                looks,
                expected=self.write.expected,
                since=datetime.fromisoformat(intent["at"]),
                quiet_period=self.reconcile_policy.quiet_period,
                reconcile_timeout=self.reconcile_policy.reconcile_timeout,
            )
            if verdict is not Verdict.WAIT:
                return looks[-1], verdict
            self.reconcile_policy.sleep(self.reconcile_policy.poll_interval.total_seconds())

    def _find_out(self, intent: Mapping[str, Any]) -> dict[str, Any]:
        """Adopt what an earlier try did, make the write where it did nothing, or leave it to a person."""
        seen = self.once.seen
        look, verdict = self._look_until(intent)
        ended = self._ended_meanwhile()
        if ended is not None:
            return ended
        if verdict is Verdict.FOUND:
            self.log.warning("An earlier try has %s; its answer was lost", self.write.name)
            return self._done(intent["attempt"], self.write.adopt(intent, look))
        if verdict is Verdict.ABSENT:
            self.log.warning("An earlier try left nothing at OVH: it is made now")
            return self._make_again(intent, seen)
        raise self._doubt(intent, look, verdict)

    def _ended_meanwhile(self) -> dict[str, Any] | None:
        """What another process of the task has found out while this one was looking."""
        at_ovh = self.write.claims.at_ovh()
        answer = self.once.answer or (at_ovh and at_ovh.answer)
        return self._done(at_ovh.attempt if at_ovh else self.once.attempts, answer) if answer else None

    def _make_again(self, intent: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
        """Make the write after a look that found nothing of the attempt before."""
        try:
            self.check()
        except OutcomeUnknown:  # it has come to light just now: the next try adopts it
            raise
        except OvhSmsError as error:
            self.write.claims.void(intent["attempt"])
            self.once.withdraw(intent["attempt"], type(error).__name__)
            raise
        self.write.claims.void(intent["attempt"])
        return self._make(seen)

    def _doubt(self, intent: Mapping[str, Any], look: Observation, verdict: Verdict) -> Exception:
        kept = self.once.doubt(intent, doubt_about(self.write, intent, look, verdict))
        return for_a_person(self.write.name, kept)

    def _decided(self, unknown: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a person decided about the doubt, after another look; without a decision say again what it is."""
        doubt, intent = unknown["doubt"], unknown["intent"]
        code, _, way = self.decision().strip().partition(" ")
        if code != doubt["code"] or way not in ("sent", "send"):
            look = self.write.look(intent)
            if look.complete and look.found == self.write.expected:
                self.log.warning("OVH shows all of it now")
                return self._done(intent["attempt"], self.write.adopt(intent, look))
            raise for_a_person(self.write.name, unknown)
        seen = self.once.seen
        look, verdict = self._look_until(intent)
        if verdict is Verdict.FOUND:
            self.log.warning("OVH shows all of it now")
            return self._done(intent["attempt"], self.write.adopt(intent, look))
        if way == "sent":
            self.log.warning("A person decided: it was %s. Nothing is done again", self.write.name)
            self.write.concerned(intent, look)
            return self._done(intent["attempt"], {**self.write.adopt(intent, look), "decided": "sent"})
        if look.found or look.blind:
            raise self._doubt(intent, look, verdict)
        self.log.warning("A person decided that nothing was %s: it is made now", self.write.name)
        try:
            return self._make_again(intent, seen)
        except ScheduleTooOld as error:  # the person knows what time it is
            self.log.warning("%s A person decided to go on.", error)
            return self._make(seen)


def run_once(
    write: RemoteWrite,
    once: TaskState,
    *,
    reconcile_policy: ReconcilePolicy,
    check: Callable[[], None],
    decision: Callable[[], str],
    last_try: bool,
    log: logging.Logger | Any,
) -> dict[str, Any]:
    """Make the write, or find out what an earlier try did.

    :param write: the write.
    :param once: what this task instance knows of it.
    :param reconcile_policy: how long to look.
    :param check: the checks before each write; nothing is written where one raises.
    :param decision: gives what a person decided about a doubt, as ``CODE sent``; empty where nobody did.
    :param last_try: whether Airflow will not try again: then an answer that is lost is looked for at once.
    :param log: where progress is shown.
    :returns: what OVH answered, or what was found of it.
    :raises OutcomeUnknown: the next try must find out.
    :raises AirflowFailException: a person must decide.
    """
    carrying = OnceOnlyWrite(
        write=write, once=once, reconcile_policy=reconcile_policy, check=check, decision=decision, log=log
    )
    return carrying.out(last_try=last_try)
