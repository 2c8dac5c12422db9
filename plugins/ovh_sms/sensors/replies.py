"""Waits until people have replied."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator

from ovh_sms.clock import SystemClock
from ovh_sms.outage_wait import TRIGGERER_LATENESS

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.store.inbound import InboundFilter
    from ovh_sms.store.store import Store

#: The replies of an account are read every five minutes; later than this, something is wrong.
LATE = timedelta(minutes=30)


class CollectRepliesSensor(BaseSensorOperator):
    """Wait until enough replies to a campaign are collected, without a worker slot in between.

    The DAG ``sms_replies`` collects them; this reads the results alone, and calls OVH never. At its deadline it ends,
    too, and says that there are fewer. If the replies of the account were not read for a while, the log says so.

    :param at_least: replies that are waited for.
    :param campaign: only replies to this campaign count.
    :param dag_id_of_run: only replies to runs of this DAG count.
    :param run_id: only replies to this run count.
    :param event: only replies with this event count, such as ``confirmed``; ``opt_out`` for STOPs, ``inbox`` for those
        that no rule knows.
    :param since: only replies that came at this moment or later count, ISO 8601 with zone; by default those since the
        moment from which the DAG run could start.
    :param ovh_sms_conn_id: Airflow connection of type ``ovh_sms``.
    :param account: SMS account; by default the connection's own.
    :param results_conn_id: Airflow connection of the results.
    :param timeout: time after which the wait ends, in seconds or as ``timedelta``.
    :param poke_interval: time between two reads, in seconds or as ``timedelta``.
    :param deferrable: wait in the triggerer; ``False`` holds a worker slot.
    :returns: ``account``, ``campaign``, ``dag_id``, ``run_id``, ``replies``, ``by_keyword`` and ``enough``.
    """

    template_fields: Sequence[str] = (
        *("ovh_sms_conn_id", "account", "at_least", "campaign", "dag_id_of_run", "run_id", "event", "since"),
    )
    ui_color = "#e3f4ea"

    def __init__(
        self,
        *,
        at_least: int = 1,
        campaign: str | None = None,
        dag_id_of_run: str | None = None,
        run_id: str | None = None,
        event: str | None = None,
        since: str | None = None,
        ovh_sms_conn_id: str = "ovh_sms_default",
        account: str | None = None,
        results_conn_id: str = "ovh_sms_results",
        timeout: float | timedelta = timedelta(hours=48),
        poke_interval: float | timedelta = timedelta(minutes=5),
        deferrable: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(timeout=timeout, poke_interval=poke_interval, **kwargs)
        self.at_least = at_least
        self.campaign = campaign
        self.dag_id_of_run = dag_id_of_run
        self.run_id = run_id
        self.event = event
        self.since = since
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.account = account
        self.results_conn_id = results_conn_id
        self.deferrable = deferrable

    def execute(self, context: Context, event: Any = None, ends_at: str | None = None) -> dict[str, Any]:
        """Count; then wait, and count again.

        :param event: of the pause that has ended.
        :param ends_at: the deadline, ISO 8601 with zone, if it was set before.
        """
        clock = SystemClock()
        ends = datetime.fromisoformat(ends_at) if ends_at else clock.now() + timedelta(seconds=self.timeout)
        while True:
            found = self._read(context)
            left = ends - clock.now()
            if found["enough"] or left <= timedelta():
                return found
            pause = min(timedelta(seconds=self.poke_interval), left)
            if self.deferrable:
                self._wait(pause, ends)
            clock.sleep(pause.total_seconds())

    def poke(self, context: Context) -> bool:
        """Return whether there are enough replies."""
        return bool(self._read(context)["enough"])

    def _wait(self, pause: timedelta, ends: datetime) -> None:
        from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

        self.defer(
            trigger=TimeDeltaTrigger(pause),
            method_name="execute",
            kwargs={"ends_at": ends.isoformat()},
            timeout=pause + TRIGGERER_LATENESS,
        )

    def _read(self, context: Context) -> dict[str, Any]:
        from ovh_sms.hooks.sms import OvhSmsHook
        from ovh_sms.hooks.store import ResultsHook

        store = ResultsHook(self.results_conn_id).store
        account = OvhSmsHook(self.ovh_sms_conn_id, account=self.account).account
        self._warn_if_late(store, account)
        wanted = self._wanted(context, account)
        replies = store.inbound.count(wanted)
        self.log.info("replies=%d wanted=%d since=%s", replies, int(self.at_least), wanted.since)
        return {
            "account": account,
            "campaign": self.campaign,
            "dag_id": self.dag_id_of_run,
            "run_id": self.run_id,
            "replies": replies,
            "by_keyword": store.inbound.count_by_keyword(wanted),
            "enough": replies >= int(self.at_least),
        }

    def _wanted(self, context: Context, account: str) -> InboundFilter:
        from ovh_sms.store.inbound import InboundFilter

        run: Any = context["dag_run"]
        return InboundFilter(
            account=account,
            campaign=self.campaign,
            dag_id=self.dag_id_of_run,
            run_id=self.run_id,
            action=self.event,
            since=datetime.fromisoformat(self.since) if self.since else run.run_after,
        )

    def _warn_if_late(self, store: Store, account: str) -> None:
        mark = store.inbound.mark(account)
        if mark is None or SystemClock().now() - mark > LATE:
            self.log.warning(
                "The replies of %s are read up to %s only: sms_replies is paused, fails, or reads no such account.",
                account,
                mark or "no moment",
            )
