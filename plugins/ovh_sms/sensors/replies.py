"""Waits until people have replied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.clock import SystemClock
from ovh_sms.outage_wait import OUTAGE_TIMEOUT, WaitsForOvh
from ovh_sms.retry_policy import retry_policy, use_pool
from ovh_sms.sensors.soft_fail import skips_if

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.definitions.mappedoperator import OperatorPartial

    from ovh_sms.hooks.sms import OvhSmsHook


#: While OVH calls about replies, those that are stored are counted after so long.
COUNTS_EACH = timedelta(minutes=1)


class CollectRepliesSensor(WaitsForOvh, BaseSensorOperator):
    """Collect the replies of an account until enough of them answer a campaign, without a worker slot in between.

    It stores every reply that it finds, as :class:`~ovh_sms.operators.collect_replies.CollectRepliesOperator` does, and
    leaves the asset ``ovh_sms_replies`` to that operator. At its deadline it ends, too, and says that there are fewer.
    If OVH calls about replies, those that ``sms_callbacks`` has stored are counted each minute between two pulls.

    Source: GET ``/sms/{serviceName}/incoming``, GET ``/sms/{serviceName}/incoming/{id}``.

    :param at_least: replies that are waited for.
    :param campaign: only replies to this campaign count.
    :param dag_id_of_run: only replies to runs of this DAG count.
    :param run_id: only replies to this run count.
    :param event: only replies with this event count, such as ``confirmed``; ``opt_out`` for STOPs, ``inbox`` for those
        that no rule knows.
    :param campaigns: folder of the campaign files, whose ``replies`` are the rules of their replies; ``None`` for none.
    :param keywords: rules for replies that their campaign does not know: ``words``, ``event`` and ``anywhere`` of each.
    :param ovh_sms_conn_id: Airflow connection of type ``ovh_sms``.
    :param account: SMS account; by default the connection's own.
    :param results_conn_id: Airflow connection of the results.
    :param timeout: time after which the wait ends, in seconds or as ``timedelta``.
    :param poke_interval: time between two pulls, in seconds or as ``timedelta``.
    :param deferrable: wait in the triggerer; ``False`` holds a worker slot.
    :param outage_timeout: how long an OVH that is unavailable is waited for, without spending a try; if the task is
        deferrable.
    :returns: ``account``, ``campaign``, ``dag_id``, ``run_id``, ``replies``, ``by_keyword`` and ``enough``.
    """

    template_fields: Sequence[str] = (
        *("ovh_sms_conn_id", "account", "at_least", "campaign", "dag_id_of_run", "run_id", "event", "campaigns"),
    )
    ui_color = "#e3f4ea"
    _ends_at: datetime | None = None
    #: The next pull, if the replies of callbacks are counted before it.
    _pulls_at: datetime | None = None

    def __init__(
        self,
        *,
        at_least: int = 1,
        campaign: str | None = None,
        dag_id_of_run: str | None = None,
        run_id: str | None = None,
        event: str | None = None,
        campaigns: str | None = None,
        keywords: Sequence[dict[str, Any]] = (),
        ovh_sms_conn_id: str = "ovh_sms_default",
        account: str | None = None,
        results_conn_id: str = "ovh_sms_results",
        timeout: float | timedelta = timedelta(hours=48),
        poke_interval: float | timedelta = timedelta(minutes=5),
        deferrable: bool = True,
        outage_timeout: timedelta = OUTAGE_TIMEOUT,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("retry_policy", retry_policy())
        use_pool(kwargs)
        super().__init__(timeout=timeout, poke_interval=poke_interval, **kwargs)
        self.at_least = at_least
        self.campaign = campaign
        self.dag_id_of_run = dag_id_of_run
        self.run_id = run_id
        self.event = event
        self.campaigns = campaigns
        self.keywords = keywords
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.account = account
        self.results_conn_id = results_conn_id
        self.deferrable = deferrable
        self.outage_timeout = outage_timeout

    @classmethod
    def partial(cls, **kwargs: Any) -> OperatorPartial:
        """Plan it for mapping, in the same pool: Airflow reads that of a mapped task here, not from ``__init__``."""
        planned = super().partial(**kwargs)
        use_pool(planned.kwargs)
        return planned

    @cached_property
    def hook(self) -> OvhSmsHook:
        """The hook to OVH."""
        from ovh_sms.hooks.sms import OvhSmsHook

        return OvhSmsHook(self.ovh_sms_conn_id, account=self.account, call_class=CallClass.POLL)

    def execute(self, context: Context) -> dict[str, Any]:
        """Pull and count; then wait, and pull again."""
        clock = SystemClock()
        ends = self._ends_at or clock.now() + timedelta(seconds=self.timeout)
        with skips_if(self.soft_fail or self.never_fail), self.waiting_for_ovh(ends_at=ends.isoformat()):
            while True:
                now = clock.now()
                pulls = self._pulls_at is None or now >= min(self._pulls_at, ends)
                found = self._read(pulls=pulls)
                if pulls:
                    self._pulls_at = now + timedelta(seconds=self.poke_interval)
                    self._unavailable_since = None  # OVH has answered
                left = ends - clock.now()
                if found["enough"] or left <= timedelta():
                    return found
                until_pull = min(timedelta(seconds=self.poke_interval), left)
                pause = min(until_pull, self._longest_pause())
                if pause == until_pull:
                    self._pulls_at = None
                if self.deferrable:
                    between = {"pulls_at": self._pulls_at.isoformat()} if self._pulls_at else {}
                    self._wait_without_worker(pause, ends_at=ends.isoformat(), **between)
                clock.sleep(pause.total_seconds())

    def resume(
        self,
        context: Context,
        event: Any = None,
        unavailable_since: str | None = None,
        ends_at: str | None = None,
        pulls_at: str | None = None,
    ) -> dict[str, Any]:
        """Go on after a pause.

        :param ends_at: the deadline, ISO 8601 with zone.
        :param pulls_at: moment of the next pull; until then the replies of callbacks are counted.
        """
        self._note_outage(unavailable_since)
        self._pulls_at = datetime.fromisoformat(pulls_at) if pulls_at else None
        self._ends_at = datetime.fromisoformat(ends_at) if ends_at else None
        return self.execute(context)

    def poke(self, context: Context) -> bool:
        """Pull once, and return whether there are enough replies."""
        return bool(self._read()["enough"])

    def _longest_pause(self) -> timedelta:
        """While OVH calls about replies, what `sms_callbacks` has stored of them is counted each minute."""
        from ovh_sms.hooks.store import ResultsHook

        store = ResultsHook(self.results_conn_id).store
        since = store.clock.now().date() - timedelta(days=1)
        counts = store.callbacks.counts(since, account=self.hook.account)
        return COUNTS_EACH if any(each.kind == "reply" for each in counts) else timedelta.max

    def _read(self, *, pulls: bool = True) -> dict[str, Any]:
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.inbound.pull import pull
        from ovh_sms.inbound.rules import ReplyRules
        from ovh_sms.store.inbound import InboundFilter

        store = ResultsHook(self.results_conn_id).store
        folder = Path(self.campaigns) if self.campaigns else None
        if pulls:
            pull(self.hook.client, store, ReplyRules(folder, self.keywords))
        named = {"campaign": self.campaign, "dag_id": self.dag_id_of_run, "run_id": self.run_id}
        of_run = InboundFilter(campaign=self.campaign, dag_id=self.dag_id_of_run, run_id=self.run_id)
        wanted = replace(of_run, account=self.hook.account, action=self.event)
        replies = store.inbound.count(wanted)
        self.log.info("replies=%d wanted=%d", replies, int(self.at_least))
        return {
            "account": self.hook.account,
            **named,
            "replies": replies,
            "by_keyword": store.inbound.count_by_keyword(wanted),
            "enough": replies >= int(self.at_least),
        }
