"""Wait until every message of a sending is final, then collect what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk import BaseSensorOperator

from ovh_sms import errors
from ovh_sms.errors import ApiError, OvhSmsError
from ovh_sms.retry_policy import retry_policy, use_pool

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.definitions.mappedoperator import OperatorPartial

    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.store.store import Store


class CollectOutgoingSensor(BaseSensorOperator):
    """Wait, without a worker slot, for the delivery receipts of a sending; then store them in the results.

    TaskState every message is final it waits for late STOPs, then collects everything with one export. At the
    deadline it collects what there is: messages still pending are reported as pending. What was taken back with
    ``ovh-sms cancel`` is not waited for.

    :param sending: output of :class:`~ovh_sms.operators.send_job.SendJobOperator`, or its asset event's extra.
    :param ovh_sms_conn_id: Airflow connection; the one the sending was made with where not given.
    :param results_conn_id: Airflow connection of the results; a SQLite file where it does not exist.
    :param deadline: time after the sending at which the wait ends; the sending's own where not given.
    :param stop_window: time to wait for STOPs once every message is final; the sending's own where not given.
    :param poll_interval: time between two looks; the sending's own where not given.
    :returns: ``{"tag", "campaign", "complete", "messages", "stops", "folder"}``, and ``whole`` of one piece of several.
    :raises ApiError: where OVH refuses to say.

    Rests on GET /sms/{serviceName}/outgoing (filters tag, deliveryReceipt), /document, /blacklists.
    """

    template_fields: Sequence[str] = ("sending",)
    ui_color = "#e3f4ea"

    def __init__(
        self,
        *,
        sending: dict[str, Any],
        ovh_sms_conn_id: str | None = None,
        results_conn_id: str = "ovh_sms_results",
        deadline: timedelta | None = None,
        stop_window: timedelta | None = None,
        poll_interval: timedelta | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("retry_policy", retry_policy())
        use_pool(kwargs)
        super().__init__(**kwargs)
        self.sending = sending
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.results_conn_id = results_conn_id
        self.deadline = deadline
        self.stop_window = stop_window
        self.poll_interval = poll_interval

    @classmethod
    def partial(cls, **kwargs: Any) -> OperatorPartial:
        """Plan it for mapping, in the same pool: Airflow reads that of a mapped task here, not from ``__init__``."""
        planned = super().partial(**kwargs)
        use_pool(planned.kwargs)
        return planned

    @cached_property
    def hook(self) -> OvhSmsHook:
        """The hook to OVH, for the account the sending was made with."""
        from ovh_sms.hooks.sms import OvhSmsHook

        return OvhSmsHook(self._connection, account=self.sending["account"])

    def poke(self, context: Context) -> bool:
        """Look once whether every message is final."""
        from ovh_sms.sending.progress import look

        progress = look(self.hook.client, tag=self.sending["tag"], expected=self._expected())
        self.log.info("%s", progress)
        return progress.final

    def execute(self, context: Context) -> dict[str, Any]:
        """Look once, then wait in the triggerer."""
        from ovh_sms.triggers.delivery_receipts import DeliveryReceiptsTrigger

        final, ends = self.poke(context), self._ends_at()
        if final and not self._stop_window():
            return self._collect(complete=True)
        if datetime.now(UTC) >= ends:
            return self._collect(complete=final)
        self.defer(
            trigger=DeliveryReceiptsTrigger(
                ovh_sms_conn_id=self._connection,
                account=self.sending["account"],
                tag=self.sending["tag"],
                expected=self._expected(),
                poll_interval=self._look_every().total_seconds(),
                ends_at=ends.isoformat(),
                stop_window=self._stop_window().total_seconds(),
            ),
            method_name="execute_complete",
            # The trigger ends by its own wall clock; this only catches a trigger that never does.
            timeout=ends - datetime.now(UTC) + timedelta(hours=1),
        )
        raise AssertionError("defer() does not return")

    def execute_complete(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:
        """Collect, once the trigger says that the wait is over."""
        if event["status"] == "error":
            self._fail(getattr(errors, event["error"], ApiError)(event["message"]))
        self.log.info("%s", event["message"])
        # What was taken back meanwhile is not missing.
        complete = event["status"] == "final" or (event["status"] == "gone" and self.poke(context))
        return self._collect(complete=complete)

    @cached_property
    def _store(self) -> Store:
        from ovh_sms.hooks.store import ResultsHook

        return ResultsHook(self.results_conn_id).store

    def _expected(self) -> int:
        """Messages that OVH took and nobody took back."""
        return int(self.sending["submitted"]) - self._store.withdrawals.count(self.sending["tag"])[0]

    def _collect(self, *, complete: bool) -> dict[str, Any]:
        from ovh_sms.report.figures import compute
        from ovh_sms.sending.collect import collect

        try:
            collected = collect(self.hook.client, self._store, self.sending, complete=complete, log=self.log)
            tag = collected["tag"]
            self._store.submissions.finish(tag, compute(self._store, tag), complete=complete)
            return collected
        except ApiError as error:
            self._fail(error)

    def _fail(self, error: OvhSmsError) -> NoReturn:
        """Fail with the error's own class, by which the retry policy decides."""
        from airflow.sdk.exceptions import AirflowException

        if self.soft_fail:  # it sees only Airflow's own exceptions
            raise AirflowException(str(error)) from error
        raise error

    @property
    def _connection(self) -> str:
        return self.ovh_sms_conn_id or str(self.sending.get("connection", "ovh_sms_default"))

    def _ends_at(self) -> datetime:
        after = self.deadline
        if after is None:
            after = timedelta(hours=self._wish("collect_within_hours", 72))
        return datetime.fromisoformat(self.sending["submitted_at"]) + after

    def _stop_window(self) -> timedelta:
        if self.stop_window is not None:
            return self.stop_window
        return timedelta(minutes=self._wish("stop_window_minutes", 60))

    def _look_every(self) -> timedelta:
        if self.poll_interval is not None:
            return self.poll_interval
        return timedelta(seconds=self._wish("poll_interval_seconds", 60))

    def _wish(self, name: str, default: float) -> float:
        """What the campaign asked for, which came with its sending."""
        return float(self.sending.get("collect", {}).get(name, default))
