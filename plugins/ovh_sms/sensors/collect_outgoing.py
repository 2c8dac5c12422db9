"""Waits until every message of a submission is final, then collects their delivery statuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseSensorOperator

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.clock import SystemClock
from ovh_sms.hooks.lineage import ReportsLineage, messages, results
from ovh_sms.outage_wait import OUTAGE_TIMEOUT
from ovh_sms.retry_policy import RetriedInPool
from ovh_sms.sensors.ended_waits import FinishesWait
from ovh_sms.sensors.soft_fail import skips_if

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.hooks.lineage import LineageDataset
    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.sending.progress import Awaited, Progress, ProgressNews, WaitLimits
    from ovh_sms.sending.submission import Submission
    from ovh_sms.store.message_figures import MessageFigures
    from ovh_sms.store.store import Store


class CollectOutgoingSensor(ReportsLineage, FinishesWait, RetriedInPool, BaseSensorOperator):
    """Wait, without a worker slot, for the delivery receipts of a submission; then store them in the results.

    Once every message is final it waits for late STOPs, then collects everything with one export. When the timeout
    is over it collects what there is: messages still pending are reported as pending. Withdrawn messages are not
    waited for. If OVH lists more messages than its answer accounts for, it collects them at once, then fails.

    Source: GET ``/sms/{serviceName}/outgoing`` (filters tag, deliveryReceipt), ``/document``, ``/blacklists``; GET
    ``/sms/rates/packs`` if no order of the account is known.

    :param submission: output of :class:`~ovh_sms.operators.send_job.SendJobOperator`, or its asset event's extra.
    :param ovh_sms_conn_id: Airflow connection to OVH; by default the submission's own.
    :param results_conn_id: Airflow connection of the results; a SQLite file if it does not exist.
    :param timeout: time after the submission at which the wait ends, in seconds or as ``timedelta``; by default the
        campaign's own.
    :param poke_interval: time between two reads, in seconds or as ``timedelta``; by default the campaign's own.
    :param opt_out_window: time to wait for late STOPs once every message is final; by default the campaign's own.
    :param deferrable: wait in the triggerer; ``False`` holds a worker slot for days.
    :param outage_timeout: how long an OVH that is unavailable is waited for, without spending a try; if the task is
        deferrable.
    :returns: ``tag``, ``campaign``, ``batch``, ``batches``, ``complete``, ``messages``, ``opt_outs``, ``folder``
        and ``run``.
    :raises ConfigurationError: the journal does not know the submission.
    :raises ApiError: OVH gives neither an export nor the messages.
    :raises SentMoreThanOnce: OVH made more messages than its answer accounts for; all of them are stored.
    """

    template_fields: Sequence[str] = ("submission",)
    ui_color = "#e3f4ea"

    def __init__(
        self,
        *,
        submission: dict[str, Any],
        ovh_sms_conn_id: str | None = None,
        results_conn_id: str = "ovh_sms_results",
        timeout: float | timedelta | None = None,
        poke_interval: float | timedelta | None = None,
        opt_out_window: timedelta | None = None,
        deferrable: bool = True,
        outage_timeout: timedelta = OUTAGE_TIMEOUT,
        **kwargs: Any,
    ) -> None:
        wait = {"timeout": timeout, "poke_interval": poke_interval}
        given: dict[str, Any] = {name: value for name, value in wait.items() if value is not None}
        super().__init__(**given, **kwargs)
        # Airflow's own defaults for the two are not meant for a wait of days.
        self.wait_timeout = timedelta(seconds=self.timeout) if "timeout" in given else None
        self.poll_interval = timedelta(seconds=self.poke_interval) if "poke_interval" in given else None
        self.submission = submission
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.results_conn_id = results_conn_id
        self.opt_out_window = opt_out_window
        self.deferrable = deferrable
        self.outage_timeout = outage_timeout

    @cached_property
    def hook(self) -> OvhSmsHook:
        """The hook to OVH, for the account of the submission, to collect."""
        return self._hook_to(CallClass.COLLECT)

    def _hook_to(self, call_class: CallClass) -> OvhSmsHook:
        from ovh_sms.hooks.sms import OvhSmsHook

        sent = self._sent
        return OvhSmsHook(self._conn_id, account=sent.account, user=sent.user, call_class=call_class)

    def poke(self, context: Context) -> bool:
        """Read once whether every message is final."""
        return self._read_progress().is_final

    def execute(self, context: Context) -> dict[str, Any]:
        """Read once, then wait in the triggerer."""
        from ovh_sms.hooks.called_about import ReceiptCalls
        from ovh_sms.hooks.collect_now import tags_to_collect_now
        from ovh_sms.sending.account_watch import wait_for_receipts
        from ovh_sms.sending.known_submission import check_known

        with skips_if(self.soft_fail or self.never_fail), self.waiting_for_ovh():
            check_known(self._store, self._sent)
            progress, limits = self._read_progress(), self._limits()
            is_over = progress.surplus or (progress.is_final and not limits.opt_out_window)
            if is_over or SystemClock().now() >= limits.deadline:
                return self._collect(complete=progress.is_final)
            if not self.deferrable:
                end = wait_for_receipts(
                    self._hook_to(CallClass.POLL).client,
                    self._awaited(),
                    limits,
                    clock=SystemClock(),
                    collect_now=tags_to_collect_now,
                    note=self._note,
                    called_about=ReceiptCalls(self._sent.account, self.results_conn_id),
                )
                return self.finish(context, end.status, end.message)
        self._defer(limits)
        raise AssertionError("defer() does not return")

    def _read_progress(self) -> Progress:
        from ovh_sms.sending.progress import ProgressNews, read_progress

        progress = read_progress(self.hook.client, self._awaited())
        self.log.info("%s", progress)
        self._note(ProgressNews(str(progress), self._sent.tag, progress))
        return progress

    def _note(self, news: ProgressNews) -> None:
        from ovh_sms.hooks.polls import keep_poll

        keep_poll(self.results_conn_id, news)

    def _defer(self, limits: WaitLimits) -> None:
        from ovh_sms.triggers.delivery_receipts import DeliveryReceiptsTrigger

        awaited = self._awaited()
        self.defer(
            trigger=DeliveryReceiptsTrigger(
                ovh_sms_conn_id=self._conn_id,
                account=self._sent.account,
                user=self._sent.user,
                results_conn_id=self.results_conn_id,
                tag=awaited.tag,
                expected=awaited.expected,
                accounted=awaited.accounted,
                ovh_batch=awaited.ovh_batch,
                poll_interval=limits.poll_interval.total_seconds(),
                submitted_at=self._sent.submitted_at,
                ends_at=limits.deadline.isoformat(),
                opt_out_window=limits.opt_out_window.total_seconds(),
            ),
            method_name="execute_complete",
            # The trigger ends by its own wall clock; this only catches a trigger that never does.
            timeout=limits.deadline - SystemClock().now() + timedelta(hours=1),
        )

    def finish(self, context: Context, status: str, message: str) -> dict[str, Any]:
        """Collect, at the end of the wait."""
        self.log.info("waited status=%s: %s", status, message)
        # A message that was withdrawn meanwhile is not missing. A person may end the wait for late STOPs alone.
        is_complete = status == "final" or (status != "deadline" and self.poke(context))
        return self._collect(complete=is_complete)

    def _collect(self, *, complete: bool) -> dict[str, Any]:
        from ovh_sms.report.counting import compute
        from ovh_sms.sending.collect import collect
        from ovh_sms.sending.submission import check_sent_once

        collected = collect(self.hook.client, self._store, self._sent, complete=complete)
        figures = self._with_terms(compute(self._store, collected.tag))
        self._store.submissions.finish(collected.tag, figures, complete=complete)
        check_sent_once(self._sent, figures.messages)  # last: nothing of it may be lost
        return self.made(collected.to_xcom())

    def _with_terms(self, figures: MessageFigures) -> MessageFigures:
        """Keep what the credits cost now, and the campaign's threshold, with the figures."""
        from ovh_sms.credits.rates import paid_price

        price = paid_price(self.hook.client, self._store, self._sent.credits_spent or 0)
        terms: dict[str, Any] = {"credit_price": price.per_credit, "currency": price.currency} if price else {}
        return replace(figures, stop_threshold=self._sent.collect.stop_threshold, **terms)

    def lineage_inputs(self, _: dict[str, Any] | None) -> list[LineageDataset]:
        """The messages at OVH."""
        return [messages(self._sent.account, self._sent.campaign)]

    def lineage_outputs(self, result: dict[str, Any]) -> list[LineageDataset]:
        """The results."""
        return [results(result["campaign"], rows=result["messages"])]

    @property
    def _sent(self) -> Submission:
        from ovh_sms.sending.submission import Submission

        return Submission.from_xcom(self.submission)

    @cached_property
    def _store(self) -> Store:
        from ovh_sms.hooks.store import ResultsHook

        return ResultsHook(self.results_conn_id).store

    def _awaited(self) -> Awaited:
        from ovh_sms.sending.progress import Awaited

        sent, accounted = self._sent, self._sent.accounted
        if accounted is not None and (earlier := self._store.figures.of(sent.tag)):
            accounted = max(accounted, earlier[sent.tag].messages)  # a surplus that is known is waited for
        expected = (sent.submitted or 0) - self._store.withdrawals.count(sent.tag)[0]
        return Awaited(sent.tag, expected, accounted, sent.ovh_batch)

    @property
    def _conn_id(self) -> str:
        return self.ovh_sms_conn_id or self._sent.connection

    def _limits(self) -> WaitLimits:
        from ovh_sms.sending.progress import WaitLimits

        return WaitLimits.of_submission(
            self._sent, timeout=self.wait_timeout, poll_interval=self.poll_interval, opt_out_window=self.opt_out_window
        )
