"""What a write at OVH that must be made once can do, how long it is looked for, and what a person is asked about it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from ovh_sms.errors import OutcomeUnknown

if TYPE_CHECKING:
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.idempotency.reconcile import Observation, Verdict

#: Letters of the code by which a person's decision names the doubt it is about.
CODE = 6


class RemoteWrite(Protocol):
    """A write at OVH that must be made once."""

    expected: int | None
    name: str
    claims: Journal
    #: OVH's ids of what the write made, where its answer told them.
    ids: Sequence[int] | None

    def facts(self) -> dict[str, Any]:
        """What a later try needs to find the write; digests and counts only."""

    def verify(self) -> None:
        """Make sure, right before the write, that it would do what is meant."""

    def make(self, not_after: float) -> dict[str, Any]:
        """Make the write: one request, handed to OVH before this moment of the monotonic clock, or not at all."""

    def look(self, intent: Mapping[str, Any]) -> Observation:
        """Look at OVH how much of the write is there; reads only."""

    def adopt(self, intent: Mapping[str, Any], look: Observation) -> dict[str, Any]:
        """Put together what an answer would have said, from what OVH shows."""

    def concerned(self, intent: Mapping[str, Any], look: Observation) -> str:
        """Tell in a sentence what a person should look at; may write a file, or remove one that is out of date."""


@dataclass(frozen=True, kw_only=True)
class ReconcilePolicy:
    """How long to look before deciding.

    :param quiet_period: how long nothing may have changed at OVH; longer than a request may take.
    :param reconcile_timeout: how long it may take to settle.
    :param poll_interval: time between two looks.
    :param sleep: waits a number of seconds.
    """

    quiet_period: timedelta = timedelta(minutes=2)
    reconcile_timeout: timedelta = timedelta(minutes=20)
    poll_interval: timedelta = timedelta(seconds=20)
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, quiet_period: timedelta, reconcile_timeout: timedelta) -> ReconcilePolicy:
        """Look about six times while things settle.

        :param quiet_period: how long nothing may have changed.
        :param reconcile_timeout: how long it may take to settle.
        """
        return cls(
            quiet_period=quiet_period, reconcile_timeout=reconcile_timeout, poll_interval=quiet_period / 6
        )


def doubt_about(
    write: RemoteWrite, intent: Mapping[str, Any], look: Observation, verdict: Verdict
) -> dict[str, Any]:
    """Put together what a person is asked; may write a file of receivers.

    :param write: the write.
    :param intent: what was about to be written.
    :param look: what OVH shows.
    :param verdict: what that says.
    :returns: JSON values, with the code that a decision must name.
    """
    doubted = f"{intent['at']} {intent['attempt']} {look.found} {look.blind}"
    return {
        "code": hashlib.sha256(doubted.encode()).hexdigest()[:CODE],
        "verdict": verdict.value,
        "found": look.found,
        "blind": look.blind,
        "expected": write.expected,
        "at": datetime.now(UTC).isoformat(),
        "concerned": write.concerned(intent, look),
    }


def for_a_person(name: str, unknown: Mapping[str, Any]) -> Exception:
    """Say what a person must decide: the task fails with it, and is not tried again.

    :param name: what the write does, as *sent*.
    :param unknown: ``intent`` and ``doubt``.
    """
    from airflow.sdk.exceptions import AirflowFailException

    doubt, intent = unknown["doubt"], unknown["intent"]
    ways = "sent" if doubt["found"] or doubt["blind"] else "sent, or send"
    shown = f"OVH shows {doubt['found']} of {doubt['expected']}"
    if doubt["blind"]:
        shown = f"OVH holds more than can be looked through or told apart, {doubt['found']} are certain"
    error = OutcomeUnknown(
        f"It is not known whether everything was {name}: {shown} ({doubt['verdict']}).",
        action=f"Nothing is done again by itself. {doubt['concerned']} Then decide: ovh-sms resolve {intent['tag']} "
        f"{doubt['code']} ({ways}), and clear this task.",
    )
    failed = AirflowFailException(str(error))
    failed.__cause__ = error
    return failed
