"""The hook: an Airflow connection turned into a client of OVH's SMS API."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.errors import OvhSmsError
from ovh_sms.hooks.connection import ConnectionSettings, connection_settings, pacing_file

if TYPE_CHECKING:
    from airflow.sdk import Connection

__all__ = ["OvhSmsHook", "connection_settings"]

#: Seconds that the Test button tries each read again: a person waits for it.
TEST_SECONDS = 10.0


class OvhSmsHook(BaseHook):
    """Gives a campaign's tasks a client of OVH, from an Airflow connection.

    Making a hook reads nothing and asks nobody.

    :param ovh_sms_conn_id: the connection of type ``ovh_sms``.
    :param account: SMS account to use instead of the connection's own.
    """

    conn_name_attr = "ovh_sms_conn_id"
    default_conn_name = "ovh_sms_default"
    conn_type = "ovh_sms"
    hook_name = "OVHcloud SMS"

    def __init__(self, ovh_sms_conn_id: str = default_conn_name, *, account: str | None = None) -> None:
        super().__init__()
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self._account = account

    @cached_property
    def settings(self) -> ConnectionSettings:
        """The connection, read and checked; its secrets are masked in logs from here on.

        :raises ovh_sms.errors.ConfigurationError: naming every field that is missing or wrong.
        """
        from airflow.sdk.log import mask_secret

        settings = self._settings_of(self.get_connection(self.ovh_sms_conn_id))
        for secret in settings.credentials.secrets:
            mask_secret(secret)
        return settings

    @cached_property
    def client(self) -> OvhSmsClient:
        """The client of this hook's account, the same at each use; for one task only."""
        return _client(self.settings)

    async def aclient(self) -> OvhSmsClient:
        """Make a client where an event loop runs, as in a triggerer.

        The client itself blocks: call its methods by ``asyncio.to_thread``, one at a time.
        """
        from airflow.sdk.log import amask_secret

        settings = self._settings_of(await self.aget_connection(self.ovh_sms_conn_id))
        for secret in settings.credentials.secrets:
            await amask_secret(secret)
        return _client(settings)

    def get_conn(self) -> OvhSmsClient:
        """Same as :attr:`client`, under the name that Airflow gives it."""
        return self.client

    @property
    def account(self) -> str:
        """The SMS account that campaigns of this hook use."""
        return self.settings.account

    @property
    def is_sandbox(self) -> bool:
        """Whether nothing sent through this hook can reach a phone."""
        return self.settings.credentials.is_sandbox

    def test_connection(self) -> tuple[bool, str]:
        """Say whether campaigns can run with this connection, and what is missing if not.

        Tells the account and its credits, the status of every sender, and each right that the keys lack.

        :returns: whether it can be used, and the sentences for the person who asked.
        """
        from ovh_sms.hooks.connection_check import ConnectionCheck

        try:
            with _client(self.settings, RetryPolicy(total_seconds=TEST_SECONDS)) as client:
                good, text = ConnectionCheck(client, uses_oauth2=self.settings.credentials.uses_oauth2).run()
            self.log.info(
                "%s", text
            )  # of a good test, Airflow's UI and command show no more than that it was good
            return good, text
        except OvhSmsError as error:
            return False, str(error)

    def _settings_of(self, conn: Connection) -> ConnectionSettings:
        return connection_settings(conn, self._account)


def _client(settings: ConnectionSettings, retry: RetryPolicy | None = None) -> OvhSmsClient:
    return OvhSmsClient(
        credentials=settings.credentials,
        account=settings.account,
        calls_per_minute=settings.calls_per_minute,
        pacing_file=pacing_file(settings.credentials),
        read_timeout=settings.timeout_seconds,
        retry=retry or RetryPolicy(total_seconds=settings.read_retry_seconds),
    )
