"""The base of every operator of this package: the connection, the account, the retry policy and the pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.errors import ConfigurationError, ResolutionRequired
from ovh_sms.outage_wait import OUTAGE_TIMEOUT, WaitsForOvh
from ovh_sms.retry_policy import RetriedInPool

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.number_checks.check import ChecksWait
    from ovh_sms.sending.run_credits import CreditsWait
    from ovh_sms.sending.schedule import HoursWait
    from ovh_sms.sending.stop_hold import HoldWait
    from ovh_sms.store.store import Store

#: For so long a worker waits for the hours of a batch before the triggerer, which failed, is tried again.
WORKER_WAITS = timedelta(minutes=15)


class OvhSmsOperator(WaitsForOvh, RetriedInPool, BaseOperator):
    """A step that calls OVH through one Airflow connection.

    It runs in the Airflow pool that ``OVH_SMS_POOL`` names, unless ``pool`` is given.

    :param ovh_sms_conn_id: Airflow connection of type ``ovh_sms``.
    :param account: SMS account; the connection's own, which is the only one that it serves.
    :param user: login of the account's user who sends; by default the account itself does.
    :param deferrable: wait for OVH without a worker.
    :param outage_timeout: how long an OVH that is unavailable is waited for, without spending a try; if the task is
        deferrable.
    """

    template_fields: Sequence[str] = ("ovh_sms_conn_id", "account")
    ui_color = "#e6eefc"
    #: The purpose of its calls, by which they get their turn: a step of a campaign or an order, unless it says another.
    call_class: ClassVar[CallClass] = CallClass.WRITE
    #: The triggerer did not end a wait of this task: the worker waits, but not for days.
    _defers_again = False

    def __init__(
        self,
        *,
        ovh_sms_conn_id: str = "ovh_sms_default",
        account: str | None = None,
        user: str | None = None,
        deferrable: bool = True,
        outage_timeout: timedelta = OUTAGE_TIMEOUT,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.account = account
        self.user = user
        self.deferrable = deferrable
        self.outage_timeout = outage_timeout

    @cached_property
    def hook(self) -> OvhSmsHook:
        """The hook to OVH."""
        from ovh_sms.hooks.sms import OvhSmsHook

        return OvhSmsHook(self.ovh_sms_conn_id, account=self.account, user=self.user, call_class=self.call_class)

    def send_as(self, user: str | None) -> None:
        """Send as the user that the run's list was published for; the campaign file may name another one now."""
        if (user or None) != (self.user or None):
            self.log.warning("sent as the user that the list was prepared for; the change counts for the next run")
            self.user = user or None
            self.__dict__.pop("hook", None)

    @property
    def known_account(self) -> str:
        """The account for records of a run: none if the connection cannot be used."""
        try:
            return self.hook.account
        except Exception:  # the step that needs the connection raises it, once the run is recorded
            return ""  # a name without its connection would give the run's readers rights on the account's pages

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after a wait, also if the triggerer has failed or not ended it in time: then the worker itself waits.

        Airflow would fail this try, which may be the last one, and leave a write without an answer.
        """
        from airflow.sdk.exceptions import TaskDeferralError, TaskDeferralTimeout

        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except (TaskDeferralError, TaskDeferralTimeout) as error:
            self.log.warning("the triggerer did not end the wait (%s): the worker waits", error)
            self._defers_again = self.deferrable
            self.deferrable = False
            return self.resume(context)

    def note_wait(self, context: Context, until: datetime) -> None:
        """Note the start of the hours that a batch waits for; a task that keeps results overrides this."""

    def within_hours(self, context: Context, work: Callable[[Context], dict[str, Any]]) -> dict[str, Any]:
        """Do a step's work once its hours have started and no person is waited for.

        The task is deferred until then, or the worker waits.
        """
        from ovh_sms.sending.schedule import HoursWait
        from ovh_sms.sending.stop_hold import HoldWait

        while True:
            try:
                return work(context)
            except HoursWait as wait:
                self.note_wait(context, wait.until)
                self.pause(wait)
            except HoldWait as wait:
                self.note_hold(context)
                self.pause(wait)

    def note_hold(self, context: Context) -> None:
        """Report that a batch waits for a person; a task that can notify overrides this."""

    def pause(self, reason: HoursWait | CreditsWait | HoldWait | ChecksWait) -> None:
        """Leave the worker until a step may be done, or is checked again; or have the worker wait."""
        from ovh_sms.clock import SystemClock

        self.log.info("%s", reason)
        self._unavailable_since = None  # OVH has answered
        if self.deferrable:
            self._wait_without_worker(reason.wait)
        wait = min(reason.wait, WORKER_WAITS) if self._defers_again else reason.wait
        SystemClock().sleep(wait.total_seconds())
        self.deferrable = self._defers_again


class WritingOperator(OvhSmsOperator):
    """A step that makes one remote write at most once; not for use on its own.

    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed; at least
        twice the connection's ``timeout_seconds``.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, whose journal knows every attempt.
    :param deferrable: wait for OVH without a worker; otherwise a worker waits while it reconciles.
    """

    def __init__(
        self,
        *,
        quiet_period: timedelta,
        reconcile_timeout: timedelta,
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.quiet_period = quiet_period
        self.reconcile_timeout = reconcile_timeout
        self.results_conn_id = results_conn_id

    def open_store(self) -> Store:
        """Open the results database, once it is certain that all workers share it.

        :raises JournalUnavailable: it is another database, or Airflow does not answer.
        """
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.hooks.store_identity import check_shared

        store = ResultsHook(self.results_conn_id).store
        check_shared(store, self.results_conn_id)
        return store

    def policy(self) -> ReconcilePolicy:
        """Return how long to reconcile: a request of an earlier try must be over before OVH is believed.

        :raises ConfigurationError: the quiet period is shorter than two requests; for the sandbox any will do.
        """
        from ovh_sms.idempotency.remote_write import ReconcilePolicy

        least = timedelta(seconds=2 * self.hook.settings.timeout_seconds)
        if self.quiet_period < least and not self.hook.is_sandbox:
            raise ConfigurationError(
                f"'quiet_period' is {self.quiet_period} and must be at least {least}: twice as long as a request may "
                "take.",
                action="Nothing was done. Raise it, or lower 'timeout_seconds' of the connection.",
            )
        return ReconcilePolicy(quiet_period=self.quiet_period, reconcile_timeout=self.reconcile_timeout)

    def task_try(self, context: Context) -> TaskTry:
        """Return what the protocol must know of this try."""
        from ovh_sms.idempotency.protocol import TaskTry
        from ovh_sms.task_context import is_last_try

        return TaskTry(is_last=is_last_try(context), is_deferrable=self.deferrable, log=self.log)

    @contextmanager
    def once(self) -> Iterator[Store]:
        """Open the store for one remote write; defer the task if OVH must be observed again, fail if a person must act.

        A claim that was made is noted where a store that was lost or restored shows: outside of it.
        """
        from airflow.sdk.exceptions import AirflowFailException

        from ovh_sms.hooks.store_identity import note_attempts
        from ovh_sms.idempotency.protocol import ReconcileWait

        store = self.open_store()
        try:
            with self.waiting_for_ovh():
                yield store
        except ReconcileWait as wait:
            self._wait_without_worker(wait.wait)
        except ResolutionRequired as error:
            raise AirflowFailException(str(error)) from error
        finally:
            note_attempts(store, self.results_conn_id)
