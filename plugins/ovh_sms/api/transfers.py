"""Transfers of credits between two SMS accounts of one customer."""

from __future__ import annotations

from ovh_sms.api.answer import nothing
from ovh_sms.api.calls import SubClient


class TransfersClient(SubClient):
    """Transfers credits away from the account."""

    def create(self, amount: float, target: str, *, not_after: float | None = None) -> None:
        """Transfer credits to another account at once: one HTTP request, never repeated. Only a transfer back undoes
        it, and OVH lists no transfers.
        Source: POST ``/sms/{serviceName}/transferCredits``.

        :param amount: credits, at most those that the account has left.
        :param target: the SMS account that gets them, of the same customer.
        :param not_after: last moment for the request, in seconds of the client's monotonic clock.
        :raises ovh_sms.errors.DeadlineMissed: it was not ready by then; nothing was transferred.
        :raises ovh_sms.errors.RequestRefused: OVH refused it, as for too few credits; nothing was transferred.
        :raises ovh_sms.errors.OutcomeUnknown: the credits may have been transferred.
        """
        body = {"credits": amount, "smsAccountTarget": target}
        self._calls.make("POST", "/sms/{account}/transferCredits", nothing, body=body, not_after=not_after)
