"""Compute the usage of an account in a month: who has sent what, and who pays for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.assets import USAGE
from ovh_sms.operators.base import OvhSmsOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.accounts.usage_computation import ComputedMonth
    from ovh_sms.accounts.usage_files import UsageFiles


class BuildUsageOperator(OvhSmsOperator):
    """Compute the usage of one month, store it, write its files, and update the asset ``ovh_sms_usage``.

    A month is closed three days after its end, and its figures are kept from then on. The same month again gives the
    same figures and the same files; if OVH shows others by then, the difference is recorded.

    :param month: such as ``2026-10``; the run's partition if empty, or else the month before the run.
    :param reopen: compute a closed month again and keep the new figures; ``True`` or ``"true"``.
    :param rules: the part ``usage`` of the account file.
    :param results_conn_id: Airflow connection of the results.
    :returns: ``month``, ``account``, ``is_closed``, ``has_changed``, ``messages``, ``segments``, ``credits``,
        ``cost_without_tax``, ``tax``, ``cost_with_tax``, ``currency``, ``not_explained``, ``csv``, ``parquet``,
        ``pages``; no phone number. The asset's event carries the same.
    :raises ConfigurationError: the month cannot be read, or has not started.

    Source: GET ``/sms/{serviceName}``, ``/outgoing``, ``/document``, ``/sms/rates/destinations``, ``/me/order``.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "month", "reopen")
    ui_color = "#e3f4ea"
    call_class: ClassVar[CallClass] = CallClass.POLL

    def __init__(
        self,
        *,
        month: str = "",
        reopen: bool | str = False,
        rules: Mapping[str, Any] | None = None,
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("outlets", [USAGE])
        super().__init__(**kwargs)
        self.month = month
        self.reopen = reopen
        self.rules = rules
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Compute, store, write, announce."""
        from ovh_sms.accounts.usage import compute_usage
        from ovh_sms.accounts.usage_files import write_files
        from ovh_sms.campaign.account_usage import UsageRules
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.private_files import private_folder
        from ovh_sms.settings import data_path

        store, rules = ResultsHook(self.results_conn_id).store, UsageRules.model_validate(dict(self.rules or {}))
        month = self._month(context)
        with self.waiting_for_ovh():
            found = compute_usage(
                self.hook.client,
                store,
                month,
                rules,
                private_folder(data_path()),
                reopen=str(self.reopen).lower() == "true",
            )
        result = usage_event(found, write_files(found))
        context["outlet_events"][USAGE].extra = result
        self.log.info(
            "usage month=%s account=%s closed=%s messages=%d credits=%g not_explained=%s",
            *(result[name] for name in ("month", "account", "is_closed", "messages", "credits", "not_explained")),
        )
        return result

    def _month(self, context: Context) -> Any:
        from ovh_sms.accounts.usage_month import UsageMonth

        partition = context.get("partition_key") or getattr(context.get("dag_run"), "partition_key", None)
        given = self.month.strip() or partition
        return UsageMonth.read(given) if given else UsageMonth.of(self.hook.client.time()).previous


def usage_event(month: ComputedMonth, files: UsageFiles) -> dict[str, Any]:
    """Return the sums of a month and the paths of its files, as plain values."""
    from ovh_sms.campaign.account_usage import CENTS, CREDIT_UNITS

    it = month.record
    return {
        "month": it.month,
        "account": it.account,
        "is_closed": it.closed_at is not None,
        "has_changed": it.has_changed,
        "messages": it.messages,
        "segments": it.segments,
        "credits": it.credits / CREDIT_UNITS,
        "cost_without_tax": it.cost_without_tax / CENTS,
        "tax": it.tax / CENTS,
        "cost_with_tax": it.cost_with_tax / CENTS,
        "currency": it.currency,
        "not_explained": None if it.not_explained is None else it.not_explained / CREDIT_UNITS,
        "csv": str(files.csv),
        "parquet": str(files.parquet),
        "pages": {payer: str(path) for payer, path in files.pages.items()},
    }
