"""Estimates what a prepared list costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class EstimateCostOperator(OvhSmsOperator):
    """Estimate what a prepared list costs, country by country, in credits and in money. Sends and orders nothing.

    A country for which OVH names no rate has no cost, and is not in the sums: nothing is guessed.

    :param prepared: output of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`.
    :returns: ``rows``, ``segments``, ``credits`` (``None`` if those of a country are not known), ``credits_known``,
        ``unknown_rates``, ``countries`` with the fields of :class:`~ovh_sms.credits.estimate.CountryCost`,
        ``credit_price`` as :class:`~ovh_sms.credits.estimate.CreditPrice` and ``order`` as
        :class:`~ovh_sms.credits.estimate.CreditOrder`, each ``None`` if OVH does not quote it.
    :raises ContactsError: the value is no prepared list.

    Source: GET ``/sms/rates/destinations``, ``/sms/rates/packs`` and ``/order/sms/{serviceName}/credits``.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "prepared")

    def __init__(self, *, prepared: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.prepared = prepared

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the rates and add up."""
        from ovh_sms.contacts.prepared_list import PreparedList
        from ovh_sms.credits.estimate import estimate_cost

        prepared = PreparedList.from_xcom(self.prepared)
        with self.waiting_for_ovh():
            return estimate_cost(self.hook.client, prepared).to_xcom()
