"""Writes whose outcome only a person can decide: the question, and the error that asks it."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from ovh_sms.errors import ResolutionRequired

if TYPE_CHECKING:
    from ovh_sms.idempotency.reconcile import Observation, Verdict
    from ovh_sms.store.models import Attempt

#: Letters of the code by which a resolution names its question.
CODE_LENGTH = 6
SENT, SEND = "sent", "send"


@dataclass(frozen=True, kw_only=True)
class UnknownOutcome:
    """A write whose outcome is unknown, as it is asked about.

    :param tag: of the attempt.
    :param code: names this question: an answer to an earlier one does not count.
    :param found: how much of the write OVH shows.
    :param ambiguous: whether more of it may be there and cannot be distinguished.
    :param credits_missing: whether credits are missing as if OVH had executed it.
    :param at: when the question was asked, ISO 8601.
    """

    tag: str
    code: str
    verdict: str
    found: int
    ambiguous: bool
    credits_missing: bool
    expected: int | None
    at: str
    description: str

    @classmethod
    def of(
        cls,
        attempt: Attempt,
        observation: Observation,
        verdict: Verdict,
        *,
        expected: int | None,
        at: datetime,
        description: str,
    ) -> Self:
        """Ask about an attempt that the observations cannot decide."""
        shown = (observation.found, observation.ambiguous, observation.credits_missing)
        named = f"{attempt.tag} {attempt.attempt} {attempt.claimed_at} {shown}"
        return cls(
            tag=attempt.tag,
            code=hashlib.sha256(named.encode()).hexdigest()[:CODE_LENGTH],
            verdict=verdict.value,
            found=observation.found,
            ambiguous=observation.ambiguous,
            credits_missing=observation.credits_missing,
            expected=expected,
            at=at.isoformat(),
            description=description,
        )

    def to_json(self) -> dict[str, Any]:
        """Return JSON values; no numbers, no texts."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` made."""
        return cls(**values)

    def error(self, done: str) -> ResolutionRequired:
        """Return the error that asks the person."""
        command = f"ovh-sms resolve {shlex.quote(self.tag)} {self.code}"
        ways = f"'{command} {SENT}'"
        if not (self.found or self.ambiguous):
            ways += f" or '{command} {SEND}{' --although-credits-are-gone' if self.credits_missing else ''}'"
        shown = f"OVH shows {self.found} of {self.expected}"
        if self.ambiguous:
            shown = f"OVH holds messages that cannot be distinguished; {self.found} are certain"
        if self.credits_missing:
            shown += ", and credits are missing as if it had executed it"
        return ResolutionRequired(
            f"It is not known whether everything was {done}: {shown} ({self.verdict}).",
            action=f"Nothing is done again by itself. {self.description} Then decide: {ways}. Then clear this task.",
        )
