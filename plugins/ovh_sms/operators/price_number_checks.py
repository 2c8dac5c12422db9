"""Say what the checks of a prepared list's numbers would cost, before any is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class PriceNumberChecksOperator(OvhSmsOperator):
    """Count the numbers of a prepared list that nobody has asked about, and what checking them costs. Checks nothing.

    :param prepared: output of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`.
    :param max_age: what was asked since is not asked again.
    :param credits_per_number: the price; OVH has no call that quotes it for numbers.
    :param results_conn_id: Airflow connection of the results, which know the earlier checks.
    :returns: ``account``, ``numbers`` to check, ``known`` ones, ``credits``, ``credits_per_number``, ``credits_left``.

    Source: GET ``/sms/{serviceName}``.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "prepared")

    def __init__(
        self,
        *,
        prepared: dict[str, Any],
        max_age: timedelta = timedelta(days=90),
        credits_per_number: float = 0.1,
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prepared = prepared
        self.max_age = max_age
        self.credits_per_number = credits_per_number
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Compare the list with what is known, and read the account."""
        from ovh_sms.contacts.prepared_list import PreparedList
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.number_checks.plan import plan_checks

        plan = plan_checks(PreparedList.from_xcom(self.prepared), ResultsHook(self.results_conn_id).store, self.max_age)
        with self.waiting_for_ovh():
            left = self.hook.client.account.get().credits_left
        asked, price = len(plan.to_ask), plan.credits(self.credits_per_number)
        self.log.info("numbers=%d known=%d credits=%s credits_left=%s", asked, len(plan.numbers) - asked, price, left)
        return {
            "account": self.hook.account,
            "numbers": asked,
            "known": len(plan.numbers) - asked,
            "credits": price,
            "credits_per_number": self.credits_per_number,
            "credits_left": left,
        }
