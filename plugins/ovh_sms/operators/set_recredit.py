"""Set OVH's own recredit of an account: OVH buys credits by itself when few are left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.credits.recredit import RecreditResult
    from ovh_sms.store.store import Store


class SetRecreditOperator(OvhSmsOperator):
    """Set OVH's own recredit, if it is not set so already. OVH then buys by direct debit, and asks nobody.

    It is not switched on while an order of credits is open: they would come both ways.

    :param threshold: credits below which OVH buys; ``None`` switches it off.
    :param quantity: credits that OVH buys at a time: 100, 200, 250, 500, 1000, 5000 or 10000; ``None`` switches it off.
    :param results_conn_id: Airflow connection of the results, which know the orders, and where the pages read it.
    :returns: ``{"account", "changed", "threshold", "quantity"}``.
    :raises ConfigurationError: OVH does not sell this quantity by itself.
    :raises OpenOrderExists: it would be switched on while an order of this package is open, or may be.

    Source: GET and PUT ``/sms/{serviceName}``, GET ``/me/order/{orderId}/status``.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "threshold", "quantity")
    ui_color = "#fdf0d5"

    def __init__(
        self,
        *,
        threshold: float | None = None,
        quantity: int | None = None,
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.threshold = threshold
        self.quantity = quantity
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Read how it is set, and set it."""
        from ovh_sms.credits.recredit import set_recredit
        from ovh_sms.hooks.store import ResultsHook

        if (self.threshold is None) != (self.quantity is None):
            from ovh_sms.errors import ConfigurationError

            raise ConfigurationError(
                "OVH's own recredit needs both `threshold` and `quantity`, or neither.", action="Nothing was changed."
            )
        store = ResultsHook(self.results_conn_id).store
        with self.waiting_for_ovh():
            found = set_recredit(
                self.hook.client,
                store,
                None if self.threshold is None else float(self.threshold),
                None if self.quantity is None else int(self.quantity),
            )
        self.log.info(
            "recredit account=%s threshold=%s quantity=%s changed=%s",
            *(found.account, found.threshold, found.quantity, found.changed),
        )
        self._record(found, store)
        return found.to_xcom()

    def _record(self, found: RecreditResult, store: Store) -> None:
        from ovh_sms.operators.check_credits import file_name

        known = {"threshold": found.threshold, "quantity": found.quantity} if found.quantity is not None else None
        store.credit_checks.set_recredit(found.account, file_name(self.task_id), known)
