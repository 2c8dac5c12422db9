"""The departures of batches as they are planned and kept; what :mod:`ovh_sms.store.paced_batches` gives and takes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from ovh_sms.messaging.pace import Departure, MessagePace, PacedBatch


@dataclass(frozen=True, kw_only=True)
class PacedList:
    """The prepared list of a run.

    :param digest: of the list.
    :param account: whose writers keep each other out.
    """

    dag_id: str
    run_id: str
    digest: str
    account: str


class PacedPlace(NamedTuple):
    """The place of one batch.

    :param leaves_at: when it is planned to leave.
    :param left_at: when its newest attempt was claimed; ``None`` if none was.
    """

    batch: PacedBatch
    pace: MessagePace
    leaves_at: datetime
    left_at: datetime | None


class BatchClaim(NamedTuple):
    """A batch that is about to be claimed.

    :param at: OVH's time, aware.
    """

    list_digest: str
    batch: int
    at: datetime


class PacedRun(NamedTuple):
    """The pace of a run.

    :param last_at: when its last batch leaves, or has left.
    """

    pace: MessagePace
    last_at: datetime


def departed(planned: Collection[PacedPlace]) -> list[Departure]:
    """List the batches that have left, in their order."""
    return sorted(Departure(each.left_at, each.batch.receivers) for each in planned if each.left_at is not None)
