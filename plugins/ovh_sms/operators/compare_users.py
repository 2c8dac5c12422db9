"""Compare the users of an account with those that its file names. Nothing is changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.campaign.account_users import AccountUser


class CompareUsersOperator(OvhSmsOperator):
    """Compare the users of an account with OVH's, show the difference as a table in the log, and keep it for the page.

    What differs from what was applied last is logged as a warning. Nothing is changed.

    :param users: by login, the fields of :class:`~ovh_sms.campaign.account_users.AccountUser`.
    :param results_conn_id: Airflow connection of the results, whose journal knows what was applied.
    :returns: ``account``, ``create``, ``update``, ``delete``, ``unmanaged`` and ``differing``: how many users;
        ``undecided``: users whose last change has no answer yet; ``takes``: credits that quotas take out of the
        account's; ``changes``: each change in words, without addresses and numbers; ``steps``: names of the changes,
        for an approval.
    :raises ConnectionMissing: a connection that holds the password of a new user is missing.
    :raises ConfigurationError: it has no password that OVH takes.
    :raises InsufficientCredits: the account cannot spare the quotas; with figures.

    Source: GET ``/sms/{serviceName}/users``, ``/sms/{serviceName}/users/{login}`` and ``/sms/{serviceName}``.
    """

    ui_color = "#e3f4ea"

    def __init__(
        self, *, users: Mapping[str, Mapping[str, Any]], results_conn_id: str = "ovh_sms_results", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.users = users
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Compare, log, and refuse what cannot be applied."""
        from ovh_sms.accounts.apply_users import read_difference
        from ovh_sms.hooks.store import shared_store
        from ovh_sms.hooks.user_password import passwords_of
        from ovh_sms.store.user_records import CREATE, DELETE, UNMANAGED, UPDATE

        store = shared_store(self.results_conn_id)
        with self.waiting_for_ovh():
            wanted = wanted_users(self.users)
            found = read_difference(self.hook.client, store, wanted)
            credits_left = self.hook.client.account.get().credits_left if found.takes else 0.0
        for line in found.lines():
            self.log.info("%s", line)
        drifted = [each for each in found.users if each.drift]
        for each in drifted:
            self.log.warning("user=%s differs from what was applied: %s", each.login, "; ".join(map(str, each.drift)))
        passwords_of(found, wanted)
        found.refuse_uncovered(credits_left, store.reservations.reserved(found.account) if found.takes else 0.0)
        counted = {state: sum(each.state == state for each in found.users) for state in (CREATE, UPDATE, DELETE)}
        return {
            "account": found.account,
            **counted,
            "unmanaged": sum(each.state == UNMANAGED for each in found.users),
            "differing": len(drifted),
            "undecided": len(store.users.undecided(found.account)),
            "takes": found.takes,
            "changes": [[each.login, each.state, *each.lines] for each in found.writes],
            "steps": sorted(found.steps),
        }


def wanted_users(users: Mapping[str, Mapping[str, Any]]) -> dict[str, AccountUser]:
    """Read users as a file names them.

    :raises ConfigurationError: a field is wrong; the error shows no value.
    """
    from pydantic import ValidationError

    from ovh_sms.campaign.account_users import AccountUser, check_login
    from ovh_sms.errors import ConfigurationError

    try:
        return {check_login(login): AccountUser(**fields) for login, fields in users.items()}
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        said = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'user'}: {each['msg']}" for each in problems)
    except ValueError as error:
        said = str(error)
    raise ConfigurationError(f"A user cannot be used: {said}.", action="Nothing was changed. Correct its parameters.")
