"""Writes whose outcome only a person can decide: the question, and the answer to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from ovh_sms.errors import ResolutionRequired

if TYPE_CHECKING:
    from ovh_sms.idempotency.reconcile import Observation, Verdict

#: Letters of the code by which a resolution names its question.
CODE_LENGTH = 6
SENT, SEND = "sent", "send"


@dataclass(frozen=True, kw_only=True)
class UnknownOutcome:
    """A write whose outcome is unknown, as it is asked about.

    :param snapshot: what was true before the POST; with ``tag``, ``attempt`` and ``at``.
    :param code: names this question: an answer to an earlier one does not count.
    :param found: how much of the write OVH shows.
    :param ambiguous: whether more of it may be there and cannot be distinguished.
    :param at: when the question was asked, ISO 8601.
    """

    snapshot: dict[str, Any]
    code: str
    verdict: str
    found: int
    ambiguous: bool
    expected: int | None
    at: str
    description: str

    @classmethod
    def of(
        cls,
        snapshot: Mapping[str, Any],
        observation: Observation,
        verdict: Verdict,
        *,
        expected: int | None,
        at: datetime,
        description: str,
    ) -> Self:
        """Ask about an attempt that the observations cannot decide."""
        named = f"{snapshot['at']} {snapshot['attempt']} {observation.found} {observation.ambiguous}"
        return cls(
            snapshot=dict(snapshot),
            code=hashlib.sha256(named.encode()).hexdigest()[:CODE_LENGTH],
            verdict=verdict.value,
            found=observation.found,
            ambiguous=observation.ambiguous,
            expected=expected,
            at=at.isoformat(),
            description=description,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values; no numbers, no texts."""
        return asdict(self)

    def resolved_as(self, resolution: str) -> str | None:
        """Return what a person decided.

        :param resolution: ``CODE sent`` or ``CODE send``.
        :returns: ``sent`` or ``send``; ``None`` if the code is that of another question.
        """
        code, _, way = resolution.strip().partition(" ")
        return way if code == self.code and way in (SENT, SEND) else None

    def error(self, done: str) -> ResolutionRequired:
        """Return the error that asks the person."""
        ways = SENT if self.found or self.ambiguous else f"{SENT}, or {SEND}"
        shown = f"OVH shows {self.found} of {self.expected}"
        if self.ambiguous:
            shown = f"OVH holds messages that cannot be distinguished; {self.found} are certain"
        return ResolutionRequired(
            f"It is not known whether everything was {done}: {shown} ({self.verdict}).",
            action=f"Nothing is done again by itself. {self.description} Then decide: ovh-sms resolve "
            f"{self.snapshot['tag']} {self.code} ({ways}), and clear this task.",
        )
