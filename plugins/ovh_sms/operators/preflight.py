"""Checks that a campaign may be sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class PreflightOperator(OvhSmsOperator):
    """Stop a campaign before it is sent if it has no receivers, no enabled sender, too few credits or too small a
    budget.

    Source: GET ``/sms/{serviceName}``, ``/senders`` and POST ``/sms/estimate``, which sends nothing.

    :param prepared: output of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`.
    :param message: the text; OVH estimates its length.
    :param marketing: whether the campaign keeps the sending window, and carries the STOP clause if it has a sender.
    :param sender: the campaign's sender; ``None`` if receivers answer to a short number.
    :param budget: most credits that the campaign may cost.
    :returns: ``cost``, ``credits_left``, ``sender`` and ``starts_at``, the moment at which OVH starts to send.
    :raises ContactsError: no row of the list gets an SMS.
    :raises PreflightError: names the check that failed; nothing was sent.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "prepared")

    def __init__(
        self,
        *,
        prepared: dict[str, Any],
        message: str,
        marketing: bool,
        sender: str | None,
        budget: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prepared = prepared
        self.message = message
        self.marketing = marketing
        self.sender = sender
        self.budget = budget

    def execute(self, context: Context) -> dict[str, Any]:
        """Run every check."""
        from ovh_sms.clock import SystemClock
        from ovh_sms.contacts.prepared_list import PreparedList
        from ovh_sms.sending.preflight import CampaignTerms, run_preflight

        terms = CampaignTerms(message=self.message, marketing=self.marketing, sender=self.sender, budget=self.budget)
        prepared = PreparedList.from_xcom(self.prepared)
        return run_preflight(self.hook.client, prepared, terms, clock=SystemClock()).to_xcom()
