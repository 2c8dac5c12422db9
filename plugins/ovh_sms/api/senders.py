"""The senders of the account."""

from __future__ import annotations

from ovh_sms.api.answer import names, nothing, text
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models_senders import Sender

_SENDERS, _SENDER = "/sms/{account}/senders", "/sms/{account}/senders/{sender}"


class SendersClient(SubClient):
    """Reads, requests and validates senders."""

    def names(self) -> list[str]:
        """List the senders of the account in any status. Source: GET ``/sms/{serviceName}/senders``."""
        return self._calls.make("GET", _SENDERS, names)

    def get(self, name: str) -> Sender:
        """Read one sender; a campaign may use it if it is enabled.
        Source: GET ``/sms/{serviceName}/senders/{sender}``.

        :raises ovh_sms.errors.NotFound: the account has no such sender.
        """
        return self._calls.make("GET", _SENDER, Sender.read, sender=name)

    def all(self) -> list[Sender]:
        """Read every sender of the account, one call for each."""
        return [self.get(name) for name in self.names()]

    def create(self, name: str, *, description: str, reason: str, not_after: float | None = None) -> str:
        """Request a sender: one HTTP request, never repeated. OVH's moderator decides about a name; a number gets a
        code. Source: POST ``/sms/{serviceName}/senders``.

        :param name: at most 11 letters, digits and blanks, or a phone number.
        :param description: its purpose, as the account's owner sees it.
        :param reason: what the moderator reads.
        :param not_after: last moment for the request, in seconds of the client's monotonic clock.
        :returns: the name as OVH has it.
        :raises ovh_sms.errors.RequestRefused: OVH refused it; nothing was requested.
        :raises ovh_sms.errors.OutcomeUnknown: it may have been requested.
        """
        body = {"sender": name, "description": description or None, "reason": reason or None}
        return self._calls.make("POST", _SENDERS, text, body=body, not_after=not_after)

    def validate(self, name: str, code: str) -> None:
        """Enable a sender by the code that OVH sent to its number: one HTTP request, never repeated.
        Source: POST ``/sms/{serviceName}/senders/{sender}/validate``.

        :raises ovh_sms.errors.RequestRefused: the code is wrong, or the sender waits for none.
        :raises ovh_sms.errors.OutcomeUnknown: it may be enabled; reading the sender shows it.
        """
        self._calls.make("POST", f"{_SENDER}/validate", nothing, body={"code": code}, sender=name)
