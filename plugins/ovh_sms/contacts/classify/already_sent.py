"""Receivers who got the same message from another run, or may be getting it right now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ovh_sms.columns import distinct
from ovh_sms.contacts.classify.receiver_digests import Digests, ReceiverDigester
from ovh_sms.errors import DuplicateSubmission, SubmissionInFlight


@dataclass(frozen=True, kw_only=True, eq=False)
class EarlierAttempt:
    """A claimed attempt of another run at the same message.

    :param claimed_at: in UTC.
    :param is_pending: whether its outcome is not known yet; otherwise it was sent, or may have been.
    :param digests: of its receivers, sorted.
    """

    tag: str
    dag_id: str
    run_id: str
    claimed_at: datetime
    is_pending: bool
    digests: Digests


class EarlierAttempts:
    """The attempts of other runs within the duplicate window."""

    def __init__(self, attempts: Sequence[EarlierAttempt] = ()) -> None:
        self._attempts = attempts
        self._sent = _union([each.digests for each in attempts if not each.is_pending])
        self._pending = _union([each.digests for each in attempts if each.is_pending])

    def __bool__(self) -> bool:
        return bool(len(self._sent) or len(self._pending))

    def already_sent(self, digests: Digests) -> NDArray[np.bool_]:
        """Return which receivers an attempt that succeeded or is unknown went to."""
        return _contained(self._sent, digests)

    def refuse_in_flight(self, digests: Digests) -> None:
        """Refuse receivers of a pending attempt: they may be getting the message right now.

        :raises SubmissionInFlight: there are some; the error names the run.
        """
        waiting = _contained(self._pending, digests)
        if not waiting.any():
            return
        other = self._newest(digests[waiting], is_pending=True)
        raise SubmissionInFlight(
            f"Run {other.run_id} of {other.dag_id} may be sending the same message right now to at least "
            f"{int(waiting.sum())} of the same people (tag {other.tag}, since {other.claimed_at:%Y-%m-%d %H:%M:%S} "
            "UTC). Nothing was sent.",
            action="Wait until that run's task has ended: this task is tried again. If it has failed, clear it first.",
        )

    def duplicate(self, digests: Digests, *, receivers: int) -> DuplicateSubmission:
        """Make the error of receivers that were already sent to.

        :param digests: of those receivers alone.
        :param receivers: how many there are with those that were not sent to.
        """
        other = self.newest_sent(digests)
        return DuplicateSubmission(
            f"{len(digests)} of {receivers} receivers were already sent the same message, or may have been, within "
            f"the duplicate window: the last by run {other.run_id} of {other.dag_id} on "
            f"{other.claimed_at:%Y-%m-%d %H:%M} UTC (tag {other.tag}). Nothing was sent.",
            action="To reach only the others, clear prepare and what follows it, or start a new run. To send it to "
            'everybody again, trigger the DAG with "force" ticked, which is the configuration {"force": true}. '
            "Otherwise do nothing.",
        )

    def newest_sent(self, digests: Digests) -> EarlierAttempt:
        """Return the newest attempt that went to some of these receivers, or may have."""
        return self._newest(digests, is_pending=False)

    def _newest(self, digests: Digests, *, is_pending: bool) -> EarlierAttempt:
        found = [
            each for each in self._attempts if each.is_pending == is_pending and _contained(each.digests, digests).any()
        ]
        return max(found, key=lambda each: each.claimed_at)


class AlreadySentCheck:
    """Finds the rows of a contact list that another run has already sent to. For one preparation.

    :param force: whether they get the message again.
    """

    def __init__(self, digester: ReceiverDigester, earlier: EarlierAttempts, *, force: bool = False) -> None:
        self.force = force
        #: Receivers that get the message again because of ``force``.
        self.repeated = 0
        self._last_found = np.zeros(0, dtype=np.uint64)
        self._digester = digester
        self._earlier = earlier

    def rejects(self, keys: NDArray[np.int64], columns: Mapping[str, Any]) -> NDArray[np.bool_]:
        """Return which rows are to be rejected.

        :param keys: E.164 digits as integers.
        :param columns: arrays of strings by the column's name, at least those that the message uses.
        :raises SubmissionInFlight: another run may be sending to some of them right now.
        """
        nobody = np.zeros(len(keys), dtype=np.bool_)
        if not self._earlier:
            return nobody
        digests = self._digester.of_columns(keys, columns)
        found = self._earlier.already_sent(digests)
        if self.force:
            self.repeated += int(found.sum())
            return nobody
        self._earlier.refuse_in_flight(digests)
        if found.any():
            self._last_found = digests[found]
        return found

    def refuse_if_nobody_is_left(self, *, rows: int, accepted: int, already_sent: int) -> None:
        """Refuse a list if nobody is left of it because everybody was already sent to.

        :param rows: of the contact list.
        :param already_sent: rows that :meth:`rejects` found.
        :raises DuplicateSubmission: nobody is left, and :meth:`rejects` found some.
        """
        if accepted or not already_sent:
            return
        other = self._earlier.newest_sent(self._last_found)
        raise DuplicateSubmission(
            f"Nobody is left to send to: {already_sent} of {rows} rows are already sent, or may be. Another run sent "
            f"the same message within the duplicate window, the last of them run {other.run_id} of {other.dag_id} on "
            f"{other.claimed_at:%Y-%m-%d %H:%M} UTC (tag {other.tag}). Nothing was sent.",
            action='To send it to these people again, trigger the DAG with "force" ticked, which is the configuration '
            '{"force": true}. Otherwise do nothing.',
        )


def _union(digests: Sequence[Digests]) -> Digests:
    if len(digests) == 1:
        return digests[0]
    return distinct(np.concatenate(digests)) if digests else np.zeros(0, dtype=np.uint64)


def _contained(known: Digests, digests: Digests) -> NDArray[np.bool_]:
    """Return which digests are among the known ones, which are sorted."""
    if not len(known):
        return np.zeros(len(digests), dtype=np.bool_)
    order = np.argsort(digests)  # neighbours are in the same memory
    ordered = digests[order]
    at = np.searchsorted(known, ordered)
    at[at == len(known)] = 0
    found = np.empty(len(digests), dtype=np.bool_)
    found[order] = known[at] == ordered
    return found
