"""What every operator of this package shares: the connection, the account, the retry policy and the pool."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from ovh_sms.campaign.campaign_file import submission_tag
from ovh_sms.errors import ConfigurationError
from ovh_sms.retry_policy import retry_policy, use_pool

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.sdk.definitions.mappedoperator import OperatorPartial

    from ovh_sms.hooks.sms import OvhSmsHook


def task_tag(context: Context, *, task_id: str | None = None) -> str:
    """Name a task instance: the same for every try, different for every other.

    :param context: the task's context.
    :param task_id: another task of the same run; the task itself where not given.
    :returns: at most 20 ASCII characters, see :func:`~ovh_sms.campaign.campaign_file.submission_tag`.
    """
    ti = context["ti"]
    map_index = -1 if ti.map_index is None else ti.map_index
    return submission_tag(ti.dag_id, ti.run_id, task_id or ti.task_id, map_index)


class OvhSmsOperator(BaseOperator):
    """A step that talks to OVH through one Airflow connection.

    It runs in the Airflow pool that ``OVH_SMS_POOL`` names, unless ``pool`` is given.

    :param ovh_sms_conn_id: Airflow connection of type ``ovh_sms``.
    :param account: SMS account; the connection's own where not given.
    """

    template_fields: Sequence[str] = ("ovh_sms_conn_id", "account")
    ui_color = "#e6eefc"

    def __init__(
        self, *, ovh_sms_conn_id: str = "ovh_sms_default", account: str | None = None, **kwargs: Any
    ) -> None:
        kwargs.setdefault("retry_policy", retry_policy())
        use_pool(kwargs)
        super().__init__(**kwargs)
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self.account = account

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

        return OvhSmsHook(self.ovh_sms_conn_id, account=self.account)

    def check_quiet_period(self, quiet_period: timedelta) -> None:
        """Make sure that a request of an earlier try is over before OVH is believed to show nothing of it.

        :param quiet_period: for how long OVH must show the same.
        :raises ConfigurationError: that is less than two requests may take; any time will do for the sandbox.
        """
        least = timedelta(seconds=2 * self.hook.settings.timeout_seconds)
        if quiet_period < least and not self.hook.is_sandbox:
            raise ConfigurationError(
                f"'quiet_period' is {quiet_period} and must be at least {least}: twice as long as a request may take.",
                action="Raise it, or lower 'timeout_seconds' of the connection. Nothing was done.",
            )
