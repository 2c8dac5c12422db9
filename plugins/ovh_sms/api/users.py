"""The users of an SMS account: listed, read, created, changed and deleted."""

from __future__ import annotations

import re

from ovh_sms.api.answer import names, nothing
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models_users import User, UserChanges
from ovh_sms.errors import ConfigurationError

#: OVH takes a login of so many characters at most.
LONGEST_LOGIN = 40
#: The passwords that OVH takes.
PASSWORD = re.compile(r"[A-Za-z0-9]{8}")
_USERS = "/sms/{account}/users"
_USER = f"{_USERS}/{{login}}"


class UsersClient(SubClient):
    """Reads and changes the users of the account."""

    def logins(self) -> list[str]:
        """List the users by their logins. Source: GET ``/sms/{serviceName}/users``."""
        return self._calls.make("GET", _USERS, names)

    def read(self, login: str) -> User:
        """Read a user's settings and the credits of its quota. Source: GET ``/sms/{serviceName}/users/{login}``.

        :raises ovh_sms.errors.NotFound: the account has no such user.
        """
        return self._calls.make("GET", _USER, User.read, login=login)

    def create(self, login: str, password: str, *, not_after: float | None = None) -> None:
        """Create a user without a quota: one HTTP request, never repeated. Source: POST ``/sms/{serviceName}/users``.

        :param login: at most 40 characters.
        :param password: 8 letters and digits; no error says it.
        :param not_after: last moment for the request, in seconds of the client's monotonic clock.
        :raises ovh_sms.errors.ConfigurationError: OVH takes no such password; OVH was not called.
        :raises ovh_sms.errors.DeadlineMissed: it was not ready by then; nothing was created.
        :raises ovh_sms.errors.RequestRefused: OVH refused it, as for a login that is taken; nothing was created.
        :raises ovh_sms.errors.OutcomeUnknown: the user may have been created; the list of logins says so.
        """
        if not PASSWORD.fullmatch(password):
            raise ConfigurationError(
                f"The password of the user {login} is not made of 8 letters and digits, as OVH asks. "
                "OVH was not called.",
                action="Give it another password where its connection holds it.",
            )
        self._calls.make("POST", _USERS, nothing, body={"login": login, "password": password}, not_after=not_after)

    def change(self, login: str, changes: UserChanges, *, not_after: float | None = None) -> None:
        """Change some settings of a user; the others stay. One HTTP request, never repeated by itself.

        A quota is set to a number of credits: what the user spends between a reading and this call is not taken off
        it. Source: PUT ``/sms/{serviceName}/users/{login}``.

        :param not_after: last moment for the request, in seconds of the client's monotonic clock.
        :raises ovh_sms.errors.DeadlineMissed: it was not ready by then; nothing was changed.
        :raises ovh_sms.errors.RequestRefused: OVH refused it, as for a quota above the account's credits.
        :raises ovh_sms.errors.OutcomeUnknown: the settings may have been changed; reading the user says so.
        """
        self._calls.make("PUT", _USER, nothing, body=changes.body(), login=login, not_after=not_after)

    def delete(self, login: str, *, not_after: float | None = None) -> None:
        """Delete a user. Source: DELETE ``/sms/{serviceName}/users/{login}``.

        :param not_after: last moment for the request, in seconds of the client's monotonic clock.
        :raises ovh_sms.errors.NotFound: the account has no such user.
        :raises ovh_sms.errors.OutcomeUnknown: it may have been deleted; the list of logins says so.
        """
        self._calls.make("DELETE", _USER, nothing, login=login, not_after=not_after)
