"""The fate of a message, drawn from the seed, the account, the tag and the receiver."""

import math
from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2b
from statistics import NormalDist
from typing import NamedTuple


class Kind(NamedTuple):
    """One way a message can end; ``share`` in 65536ths, ``slow`` when it takes hours."""

    share: int
    receipt: int
    ptt: int
    slow: bool


# About 95.4 % delivered. Expired (8) comes at the end of the validity period, 28 and 29 are not billed.
KINDS = (
    Kind(61604, 1, 4, slow=False),
    Kind(918, 1, 4, slow=True),
    Kind(983, 2, 23, slow=False),
    Kind(393, 2, 5, slow=False),
    Kind(131, 2, 27, slow=False),
    Kind(131, 2, 20, slow=False),
    Kind(196, 2, 6, slow=False),
    Kind(786, 2, 8, slow=False),
    Kind(262, 16, 28, slow=False),
    Kind(132, 16, 29, slow=False),
)
_LIMITS = [sum(kind.share for kind in KINDS[: place + 1]) for place in range(len(KINDS))]
_EXPIRED = 8
_INVALID = KINDS[2]
_STOP_SHARE = 786  # 1.2 % of the persons who got a message that offers STOP
_OPERATOR_LIMITS = (26214, 42598, 55705)
_OPERATORS = ("20801", "20810", "20820", "20815")
_QUICK = [max(1, round(5 * math.exp(NormalDist().inv_cdf((place + 0.5) / 4096)))) for place in range(4096)]


class Fate(NamedTuple):
    """The end of a message; moments in whole seconds since 1970."""

    final_at: int
    receipt: int
    ptt: int
    operator: str
    stop_at: int | None


class Fates:
    """The fates of a job's messages; an undelivered one is dropped after ``validity`` seconds.

    :param unreachable: numbers that operators know for invalid.
    :param ends: delivery receipt and operator code of the messages to some numbers.
    """

    def __init__(
        self,
        seed: int,
        account: str,
        tag: str,
        *,
        validity: int,
        unreachable: Collection[str] = frozenset(),
        ends: Mapping[str, Sequence[int]] | None = None,
    ) -> None:
        self._head = blake2b(f"{seed}|{account}|{tag}|".encode(), digest_size=12)
        self._validity = validity
        self._unreachable = unreachable
        self._ends = ends or {}

    def of(self, receiver: str, sent_at: int, *, offers_stop: bool) -> Fate:
        """The fate of one message."""
        hashed = self._head.copy()
        hashed.update(receiver.encode())
        drawn = int.from_bytes(hashed.digest())
        kind = _INVALID if receiver in self._unreachable else KINDS[bisect_right(_LIMITS, drawn & 0xFFFF)]
        if receiver in self._ends:
            kind = Kind(0, *self._ends[receiver], slow=False)
        pace = drawn >> 16 & 0xFFF
        takes = 600 + pace * 2 if kind.slow else _QUICK[pace]
        final_at = sent_at + (self._validity if kind.ptt == _EXPIRED else min(takes, self._validity))
        chance = drawn >> 32 & 0xFFFF
        operator = _OPERATORS[bisect_right(_OPERATOR_LIMITS, chance)]
        stop_at = None
        # A receiver whose messages end as ordered sends no STOP unasked.
        if offers_stop and receiver not in self._ends and kind.receipt == 1 and (drawn >> 48 & 0xFFFF) < _STOP_SHARE:
            stop_at = final_at + 20 + (drawn >> 64 & 0x7FF)
        return Fate(final_at, kind.receipt, kind.ptt, operator, stop_at)
