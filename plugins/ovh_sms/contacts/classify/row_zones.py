"""The time zones of a list's rows: who gets the message at which hour, and who at none."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ovh_sms.messaging.departure_hours import RunHours
from ovh_sms.messaging.number_columns import REASONS
from ovh_sms.messaging.receiver_zones import HOME, UNKNOWN, ReceiverZones, Zones
from ovh_sms.messaging.reject_reasons import RejectReason

_UNKNOWN_ZONE = REASONS.index(RejectReason.UNKNOWN_TIME_ZONE)
_NO_HOURS = REASONS.index(RejectReason.NO_FIT_HOUR)
_EXPIRED = REASONS.index(RejectReason.EXPIRED)
_SHARED = 1_000


class RowZones:
    """Finds the zones of rows, block by block, in the list's order. For one preparation.

    :param run: the hours of the run that sends the list.
    """

    def __init__(self, run: RunHours) -> None:
        self._run = run
        self._zones = ReceiverZones(by_clocks=not run.hours.marketing)
        self._reasons: list[int] = []

    @property
    def names(self) -> list[Zones]:
        """The zones by the index that rows have."""
        return self._zones.names

    @property
    def cut_the_list(self) -> bool:
        """Whether rows of different zones must not share a batch."""
        return self._run.hours.by_zone

    def read(self, keys: Any, destinations: Any) -> tuple[Any, Any]:
        """Find the zones of accepted rows.

        :param keys: E.164 digits, array of integers.
        :param destinations: see :mod:`ovh_sms.messaging.destinations`.
        :returns: index of each row's zones, and its reject reason as an index into REASONS; 0 for none.
        """
        zones = self._zones.of(keys, destinations % _SHARED)
        self._reasons += [self._reason(each) for each in self.names[len(self._reasons) :]]
        return zones, np.array(self._reasons, dtype=np.uint8)[zones]

    def leave_after(self, zones: Any, ends: Any) -> Any:
        """Return which rows' messages leave after the end of their use.

        :param zones: index of each row's zones, as :meth:`read` returned it.
        :param ends: in seconds since 1970, arrays of integers.
        """
        leaves = [self._leaves(each) for each in self.names]
        return np.array(leaves, dtype=np.int64)[zones] >= ends

    def _leaves(self, zones: Zones) -> int:
        """In seconds since 1970; rows of a zone without hours are rejected for that."""
        leaves = self._run.leaves_at(zones)
        return 0 if leaves is None else math.ceil(leaves.timestamp())

    def _reason(self, zones: Zones) -> int:
        if zones == UNKNOWN:
            return _UNKNOWN_ZONE if self._run.hours.marketing else 0
        if zones == HOME or self._run.is_in_time(zones):  # at home, preflight refuses the run as a whole
            return 0
        leaves = self._run.leaves_at(zones)
        return _EXPIRED if leaves is not None and self._run.is_expired(leaves) else _NO_HOURS
