"""Airflow connection → client of OVH's SMS API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.api.turn_queue import CallClass
from ovh_sms.errors import ConnectionMissing, OvhSmsError
from ovh_sms.hooks.connection import ConnectionSettings, connection_settings, other_account, turns_key
from ovh_sms.hooks.metrics import record_in_airflow
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.hooks.turns import ResultsQueue
from ovh_sms.metrics import TURN_WAIT

if TYPE_CHECKING:
    from airflow.sdk import Connection

__all__ = ["CallClass", "OvhSmsHook", "connection_settings"]

record_in_airflow()

#: Seconds that the Test button repeats each read: a person waits for it.
TEST_SECONDS = 10.0


class OvhSmsHook(BaseHook):
    """Gives the tasks of a campaign their client of OVH. Making a hook reads nothing and calls nothing.

    :param ovh_sms_conn_id: the connection of type ``ovh_sms``.
    :param account: SMS account to use instead of the connection's own.
    :param user: login of the account's user who sends; by default the account itself does.
    :param call_class: the purpose of its calls, by which they get their turn: ``CallClass.WRITE`` for a task that
        submits or orders; by default a task that waits, which lets all others go first.
    """

    conn_name_attr = "ovh_sms_conn_id"
    default_conn_name = "ovh_sms_default"
    conn_type = "ovh_sms"
    hook_name = "OVHcloud SMS"

    def __init__(
        self,
        ovh_sms_conn_id: str = default_conn_name,
        *,
        account: str | None = None,
        user: str | None = None,
        call_class: CallClass = CallClass.POLL,
    ) -> None:
        super().__init__()
        self.call_class = call_class
        self.ovh_sms_conn_id = ovh_sms_conn_id
        self._account = account
        self._user = user

    @cached_property
    def settings(self) -> ConnectionSettings:
        """The connection, read and checked; its secrets are masked in logs from now on.

        :raises ovh_sms.errors.ConnectionMissing: Airflow has no such connection.
        :raises ovh_sms.errors.ConfigurationError: names every field that is missing or wrong.
        """
        from airflow.sdk.log import mask_secret

        with self._naming_the_connection():
            conn = self.get_connection(self.ovh_sms_conn_id)
        settings = self._settings_of(conn)
        for secret in settings.credentials.secrets:
            mask_secret(secret)
        return settings

    @cached_property
    def client(self) -> OvhSmsClient:
        """The client of this hook's account, one for each hook and task."""
        return client_of(self.settings, call_class=self.call_class)

    async def asettings(self) -> ConnectionSettings:
        """Read the connection in an event loop, as in a triggerer; a client that blocks belongs into a thread there."""
        from airflow.sdk.log import amask_secret

        with self._naming_the_connection():
            conn = await self.aget_connection(self.ovh_sms_conn_id)
        settings = self._settings_of(conn)
        for secret in settings.credentials.secrets:
            await amask_secret(secret)
        return settings

    def get_conn(self) -> OvhSmsClient:
        """Return :attr:`client`, under the name that Airflow's hooks share."""
        return self.client

    @property
    def account(self) -> str:
        """The SMS account of this hook."""
        return self.settings.account

    def refuse_other(self, *accounts: str) -> None:
        """Refuse records of another SMS account before OVH is called about them.

        :param accounts: those that the records name; an empty one is nobody's.
        :raises ovh_sms.errors.OtherAccount: one is not this connection's.
        """
        for account in accounts:
            if account and account != self.account:
                raise other_account(self.ovh_sms_conn_id, self.account, account)

    @property
    def is_sandbox(self) -> bool:
        """Whether nothing sent through this hook can reach a phone."""
        return self.settings.credentials.is_sandbox

    def test_connection(self) -> tuple[bool, str]:
        """Check whether campaigns can run with this connection.

        :returns: whether they can, and sentences on the account, its credits, its senders and each missing right.
        """
        from ovh_sms.hooks.connection_check import ConnectionCheck

        try:
            # A person waits for it, and it asks little.
            retry = RetryPolicy(total_seconds=TEST_SECONDS)
            with client_of(self.settings, call_class=CallClass.WRITE, retry=retry) as client:
                good, text = ConnectionCheck(client, uses_oauth2=self.settings.credentials.uses_oauth2).run()
            self.log.info("%s", text)  # Airflow's UI and command show no sentence of a test that passed
            return good, text
        except OvhSmsError as error:
            return False, str(error)

    @contextmanager
    def _naming_the_connection(self) -> Iterator[None]:
        """Say which connection is missing: no further try finds it."""
        from airflow.sdk.exceptions import AirflowNotFoundException

        try:
            yield
        except AirflowNotFoundException:
            raise no_connection(self.ovh_sms_conn_id) from None

    def _settings_of(self, conn: Connection) -> ConnectionSettings:
        return connection_settings(conn, self._account, self._user)


def client_of(settings: ConnectionSettings, *, call_class: CallClass, retry: RetryPolicy | None = None) -> OvhSmsClient:
    """Make a client. It blocks: in a triggerer it belongs into a thread of its own.

    :param retry: how long it repeats a read; by default as the connection says.
    """
    return OvhSmsClient(
        credentials=settings.credentials,
        account=settings.account,
        user=settings.user,
        calls_per_minute=settings.calls_per_minute,
        most_calls_per_minute=settings.most_calls_per_minute,
        turns=ResultsQueue(ResultsHook().url, turns_key(settings.credentials)),
        call_class=call_class,
        on_turn=TURN_WAIT.record,
        read_timeout=settings.timeout_seconds,
        retry=retry or RetryPolicy(total_seconds=settings.read_retry_seconds),
    )


def no_connection(name: str) -> ConnectionMissing:
    """Make the error of a connection that Airflow does not have, by its id."""
    return ConnectionMissing(
        f"Airflow has no connection {name!r}. OVH was not called, and nothing was sent.",
        action="Make it in Airflow under Admin > Connections with the type ovh_sms, or set "
        f"AIRFLOW_CONN_{name.upper()} for every Airflow process. Then try again.",
    )
