"""The base of every operator of this package: the connection, the account, the retry policy and the pool."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.errors import ConfigurationError, ResolutionRequired
from ovh_sms.retry_policy import retry_policy, use_pool

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.definitions.mappedoperator import OperatorPartial

    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.store.store import Store


class OvhSmsOperator(BaseOperator):
    """A step that calls OVH through one Airflow connection.

    It runs in the Airflow pool that ``OVH_SMS_POOL`` names, unless ``pool`` is given.

    :param ovh_sms_conn_id: Airflow connection of type ``ovh_sms``.
    :param account: SMS account; by default the connection's own.
    """

    template_fields: Sequence[str] = ("ovh_sms_conn_id", "account")
    ui_color = "#e6eefc"

    def __init__(self, *, ovh_sms_conn_id: str = "ovh_sms_default", account: str | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("retry_policy", retry_policy())
        use_pool(kwargs)
        super().__init__(**kwargs)
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.account = account

    @classmethod
    def partial(cls, **kwargs: Any) -> OperatorPartial:
        """Prepare it for mapping, in the same pool: Airflow reads that of a mapped task here, not from ``__init__``."""
        mapped = super().partial(**kwargs)
        use_pool(mapped.kwargs)
        return mapped

    @cached_property
    def hook(self) -> OvhSmsHook:
        """The hook to OVH."""
        from ovh_sms.hooks.sms import OvhSmsHook

        return OvhSmsHook(self.ovh_sms_conn_id, account=self.account)


class WritingOperator(OvhSmsOperator):
    """A step that makes one remote write at most once; not for use on its own.

    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed; at least
        twice the connection's ``timeout_seconds``.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, whose journal knows every attempt.
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
        check_shared(store.identity.read(), self.results_conn_id)
        return store

    def check_quiet_period(self) -> None:
        """Make sure that a request of an earlier try is over before OVH is believed to show nothing of it.

        :raises ConfigurationError: the quiet period is shorter than two requests; for the sandbox any will do.
        """
        least = timedelta(seconds=2 * self.hook.settings.timeout_seconds)
        if self.quiet_period < least and not self.hook.is_sandbox:
            raise ConfigurationError(
                f"'quiet_period' is {self.quiet_period} and must be at least {least}: twice as long as a request may "
                "take.",
                action="Nothing was done. Raise it, or lower 'timeout_seconds' of the connection.",
            )

    def task_try(self, context: Context, tag: str, key: str) -> TaskTry:
        """Read what the protocol must know of this try."""
        from ovh_sms.hooks.resolutions import read_resolution
        from ovh_sms.hooks.task_state import AirflowTaskState
        from ovh_sms.idempotency.protocol import TaskTry
        from ovh_sms.idempotency.task_state import TaskState
        from ovh_sms.task_context import is_last_try

        state = TaskState(AirflowTaskState(context["task_state_store"]), key)
        resolution = read_resolution(tag) if state.unknown else ""
        return TaskTry(state=state, resolution=resolution, is_last=is_last_try(context), log=self.log)


@contextmanager
def failing_for_a_person() -> Iterator[None]:
    """Fail the task without another try if only a person can decide."""
    from airflow.sdk.exceptions import AirflowFailException

    try:
        yield
    except ResolutionRequired as error:
        raise AirflowFailException(str(error)) from error
