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

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from ovh_sms.errors import OutcomeUnknown, OvhSmsError
from ovh_sms.operators.looks import Look, Verdict, judge

if TYPE_CHECKING:
    import logging

    from ovh_sms.operators.claims import Claims
    from ovh_sms.operators.once import Once

#: Letters of the code by which a person's decision names the doubt it is about.
CODE = 6


class Write(Protocol):
    """A write at OVH that must be made once."""

    expected: int | None
    name: str
    claims: Claims

    def facts(self) -> dict[str, Any]:
        """What a later try needs to find the write; digests and counts only."""

    def verify(self) -> None:
        """Make sure, right before the write, that it would do what is meant."""

    def make(self) -> dict[str, Any]:
        """Make the write: one request."""

    def look(self, intent: Mapping[str, Any]) -> Look:
        """Look at OVH how much of the write is there; reads only."""

    def adopt(self, intent: Mapping[str, Any], look: Look) -> dict[str, Any]:
        """Put together what an answer would have said, from what OVH shows."""

    def concerned(self, intent: Mapping[str, Any], look: Look) -> str:
        """Tell in a sentence what a person should look at; may write a file."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to look before deciding.

    :param settling: how long nothing may have changed at OVH; longer than a request may take.
    :param give_up: how long it may take to settle.
    :param look_every: time between two looks.
    :param sleep: waits a number of seconds.
    """

    settling: timedelta = timedelta(minutes=2)
    give_up: timedelta = timedelta(minutes=20)
    look_every: timedelta = timedelta(seconds=20)
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, settling: timedelta, give_up: timedelta) -> Patience:
        """Look about six times while things settle.

        :param settling: how long nothing may have changed.
        :param give_up: how long it may take to settle.
        """
        return cls(settling=settling, give_up=give_up, look_every=settling / 6)


def carry_out(
    write: Write,
    once: Once,
    *,
    patience: Patience,
    check: Callable[[], None],
    decision: Callable[[], str],
    last_try: bool,
    log: logging.Logger | Any,
) -> dict[str, Any]:
    """Make the write, or find out what an earlier try did.

    :param write: the write.
    :param once: what this task instance knows of it.
    :param patience: how long to look.
    :param check: the checks before a first write; nothing is written where one raises.
    :param decision: gives what a person decided about a doubt, as ``CODE sent``; empty where nobody did.
    :param last_try: whether Airflow will not try again: then an answer that is lost is looked for at once.
    :param log: where progress is shown.
    :returns: what OVH answered, or what was found of it.
    :raises OutcomeUnknown: the next try must find out.
    :raises AirflowFailException: a person must decide.
    """
    if once.answer is not None:
        log.info("This task has %s already: nothing is done again", write.name)
        return once.answer
    if once.unknown is not None:
        return _decided(write, once, once.unknown, decision().split(), patience, log)
    if once.intent is None:
        check()
        once.intend(**write.facts())
        try:
            return _make(write, once, patience)
        except OutcomeUnknown:
            if not last_try:
                raise
            log.warning("The answer was lost at the last try: looking for it now")
    return _find_out(write, once, patience, log)


def _make(write: Write, once: Once, patience: Patience) -> dict[str, Any]:
    """Claim the attempt, look a last time, and make the write."""
    attempt = once.attempts
    begun = time.monotonic()
    try:
        claimed = write.claims.take(attempt)
    except OvhSmsError as error:
        once.withdraw(type(error).__name__)
        raise
    if not claimed:
        raise OutcomeUnknown(
            f"Another process is making the same write (it is not known whether it was {write.name}).",
            action="The next try looks it up at OVH.",
        )
    try:
        write.verify()  # behind the claim, as who had it before may have changed what is looked at
        if time.monotonic() - begun > patience.settling.total_seconds() / 2:
            # Whoever has taken over meanwhile must have seen this write by the time it stops looking.
            raise OutcomeUnknown(
                f"This process stood still between its claim and its POST: nothing was {write.name} by it.",
                action="The next try looks at OVH whether another process has.",
            )
        answer = write.make()
    except OutcomeUnknown:
        raise
    except OvhSmsError as error:  # every other error says that nothing was executed
        write.claims.close(attempt, "void")
        once.withdraw(type(error).__name__)
        raise
    settled = once.settle(answer)
    write.claims.close(attempt, "done")
    return settled


def _find_out(write: Write, once: Once, patience: Patience, log: Any) -> dict[str, Any]:
    """Look at OVH until it is clear what an earlier try has done."""
    intent = once.intent
    assert intent is not None  # noqa: S101 - the caller made sure
    since = datetime.fromisoformat(intent["at"])
    looks: list[Look] = []
    while True:
        looks.append(write.look(intent))
        log.info("Looked at OVH: %d of %s found", looks[-1].found, write.expected)
        verdict = judge(
            looks,
            expected=write.expected,
            since=since,
            settling=patience.settling,
            give_up=patience.give_up,
        )
        if verdict is not Verdict.LOOK_AGAIN:
            break
        patience.sleep(patience.look_every.total_seconds())
    if verdict is Verdict.WHOLE:
        log.warning("An earlier try has %s; its answer was lost", write.name)
        settled = once.settle(write.adopt(intent, looks[-1]))
        write.claims.close(intent["attempt"], "done")
        return settled
    if verdict is Verdict.NOTHING:
        log.warning("An earlier try left nothing at OVH: it is made now")
        write.claims.close(intent["attempt"], "void")
        once.intend(**write.facts())
        return _make(write, once, patience)
    return _doubt(write, once, intent, looks[-1], verdict)


def _doubt(
    write: Write, once: Once, intent: Mapping[str, Any], look: Look, verdict: Verdict
) -> dict[str, Any]:
    code = hashlib.sha256(f"{intent['at']} {intent['attempt']} {look.found}".encode()).hexdigest()[:CODE]
    once.doubt(
        {
            "code": code,
            "verdict": verdict.value,
            "found": look.found,
            "expected": write.expected,
            "at": datetime.now(UTC).isoformat(),
            "concerned": write.concerned(intent, look),
        }
    )
    assert once.unknown is not None  # noqa: S101 - just kept
    raise _for_a_person(write, once.unknown)


def _decided(
    write: Write,
    once: Once,
    unknown: Mapping[str, Any],
    decision: list[str],
    patience: Patience,
    log: Any,
) -> dict[str, Any]:
    """Do what a person decided about the doubt; without a decision say again what it is about."""
    doubt, intent = unknown["doubt"], unknown["intent"]
    if decision[:1] != [doubt["code"]]:
        raise _for_a_person(write, unknown)
    if decision[1:] == ["sent"]:
        log.warning("A person decided: it was %s. Nothing is done again", write.name)
        look = Look(at=datetime.now(UTC), found=doubt["found"])
        settled = once.settle({**write.adopt(intent, look), "decided": "sent"})
        write.claims.close(intent["attempt"], "done")
        return settled
    if decision[1:] == ["send"] and doubt["found"] == 0:
        log.warning("A person decided that nothing was %s: it is made now", write.name)
        write.claims.close(intent["attempt"], "void")
        once.intend(**write.facts())
        return _make(write, once, patience)
    raise _for_a_person(write, unknown)


def _for_a_person(write: Write, unknown: Mapping[str, Any]) -> Exception:
    from airflow.sdk.exceptions import AirflowFailException

    doubt, intent = unknown["doubt"], unknown["intent"]
    ways = "sent" if doubt["found"] else "sent, or send"
    error = OutcomeUnknown(
        f"It is not known whether everything was {write.name}: OVH shows {doubt['found']} of {doubt['expected']} "
        f"({doubt['verdict']}).",
        action=f"Nothing is done again by itself. {doubt['concerned']} Then decide: ovh-sms resolve {intent['tag']} "
        f"{doubt['code']} ({ways}), and clear this task.",
    )
    failed = AirflowFailException(str(error))
    failed.__cause__ = error
    return failed
