"""The addresses that OVH calls, in the settings of an account or of one of its users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ovh_sms.api.answer import Answer, names, nothing, read_json
from ovh_sms.api.calls import NULL, SubClient

_ACCOUNT = "/sms/{account}"
_USERS = "/sms/{account}/users"
_USER = f"{_USERS}/{{login}}"


class CallbacksClient(SubClient):
    """Reads and changes the settings that hold such addresses."""

    def logins(self) -> list[str]:
        """List the users of the account. Source: GET ``/sms/{serviceName}/users``."""
        return self._calls.make("GET", _USERS, names)

    def read(self, login: str | None = None) -> dict[str, Any]:
        """Read all settings, as OVH names them. Source: GET ``/sms/{serviceName}``,
        GET ``/sms/{serviceName}/users/{login}``.

        :param login: of a user; the account's own settings without it.
        """
        if login is None:
            return self._calls.make("GET", _ACCOUNT, _settings)
        return self._calls.make("GET", _USER, _settings, login=login)

    def change(self, changes: Mapping[str, Any], login: str | None = None) -> None:
        """Change some settings; the others stay. It may be repeated. Source: PUT ``/sms/{serviceName}``,
        PUT ``/sms/{serviceName}/users/{login}``.

        :param changes: by OVH's names; ``None`` removes a value.
        :raises ovh_sms.errors.OutcomeUnknown: they may have been changed.
        """
        body = {name: NULL if value is None else value for name, value in changes.items()}
        if login is None:
            self._calls.make("PUT", _ACCOUNT, nothing, body=body)
        else:
            self._calls.make("PUT", _USER, nothing, body=body, login=login)


def _settings(answer: Answer) -> dict[str, Any]:
    return read_json(dict, answer)
