"""The senders of the account."""

from __future__ import annotations

from ovh_sms.api.answer import names
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models import Sender


class SendersClient(SubClient):
    """Reads senders."""

    def names(self) -> list[str]:
        """List the senders of the account in any status. Source: GET ``/sms/{serviceName}/senders``."""
        return self._calls.make("GET", "/sms/{account}/senders", names)

    def get(self, name: str) -> Sender:
        """Read one sender; a campaign may use it if it is enabled.
        Source: GET ``/sms/{serviceName}/senders/{sender}``.

        :raises ovh_sms.errors.NotFound: the account has no such sender.
        """
        return self._calls.make("GET", "/sms/{account}/senders/{sender}", Sender.read, sender=name)
