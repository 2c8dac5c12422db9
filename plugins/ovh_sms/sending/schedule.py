"""When a run was planned, and whether it is too late to submit it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ovh_sms.errors import ScheduleTooOld


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a run was planned.

    :param planned_at: aware; ``None`` for a run started by hand.
    :param run_after: Airflow has not started the run before this moment, cleared or not; ``None`` if nobody knows.
    :param backfill_allowed: whether the person who started it allowed a backfill to send.
    :param max_lateness: how late a scheduled run may be.
    """

    planned_at: datetime | None = None
    run_after: datetime | None = None
    is_backfill: bool = False
    backfill_allowed: bool = False
    max_lateness: timedelta = timedelta(hours=6)

    def check(self, now: datetime) -> None:
        """Refuse to submit long after the planned time, or in a backfill.

        Airflow starts the latest missed run when a DAG is unpaused or comes back after an outage.

        :raises ScheduleTooOld: names the planned time.
        """
        if self.is_backfill:
            if not self.backfill_allowed:
                raise ScheduleTooOld(
                    "A backfill sends nothing by default.",
                    action='Nothing was sent. To send it, start it with the configuration {"backfill": true}.',
                )
            return
        if self.planned_at is not None and now - self.planned_at > self.max_lateness:
            raise ScheduleTooOld(
                f"This run was planned for {self.planned_at:%Y-%m-%d %H:%M %Z}, more than {self.max_lateness} ago.",
                action="Nothing was sent. If the campaign should still be sent, start a run by hand.",
            )
