"""A limit of the campaign file as a preview shows it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LimitState(StrEnum):
    """The next run exceeds a limit, keeps it, or nobody can compare them."""

    EXCEEDED = "exceeded"
    KEPT = "kept"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class LimitCheck:
    """A limit beside the figures of the next run.

    :param name: of the field below ``limits``.
    :param text: one line with the figures, for a person.
    """

    name: str
    state: LimitState
    text: str
