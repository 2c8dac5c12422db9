"""Airflow connection → the password of a user that is created; no log shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ovh_sms.errors import ConfigurationError, ConnectionMissing

if TYPE_CHECKING:
    from pydantic import SecretStr

    from ovh_sms.accounts.difference import Difference
    from ovh_sms.campaign.account_users import AccountUser


def user_password(conn_id: str) -> SecretStr:
    """Read the password of a connection of any type, also from a secrets backend, and mask it.

    :raises ConnectionMissing: Airflow has no such connection.
    :raises ConfigurationError: it has no password, or one that OVH does not take.
    """
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException
    from airflow.sdk.log import mask_secret
    from pydantic import SecretStr

    from ovh_sms.api.users import PASSWORD

    try:
        password = BaseHook.get_connection(conn_id).password
    except AirflowNotFoundException:
        raise ConnectionMissing(
            f"Airflow has no connection {conn_id!r}, which should hold the password of a user. Nothing was changed.",
            action="Make it in Airflow under Admin > Connections, of any type, with the password.",
        ) from None
    if not password or not PASSWORD.fullmatch(password):
        said = "has no password for a user" if not password else "holds no password of 8 letters and digits"
        raise ConfigurationError(
            f"The connection {conn_id} {said}.",
            action="Nothing was changed. Give the connection a password of 8 letters and digits.",
        )
    mask_secret(password)
    return SecretStr(password)


def passwords_of(difference: Difference, wanted: Mapping[str, AccountUser]) -> dict[str, SecretStr]:
    """Read the passwords of the users that are to be created; those of the others are not asked for."""
    from ovh_sms.store.user_records import CREATE

    names = {each.login: wanted[each.login].password_conn_id for each in difference.users if each.state == CREATE}
    return {login: user_password(conn_id) for login, conn_id in names.items() if conn_id is not None}
