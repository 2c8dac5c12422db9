"""Connections and Variables wherever Airflow keeps them: environment, secrets backend, Airflow's database.

Outside of a task, Airflow's SDK reads its database only in a process that says it is one of Airflow's own, as the
command ``airflow`` does.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ovh_sms.errors import ConfigurationError, ConnectionMissing

if TYPE_CHECKING:
    from ovh_sms.api.credentials import Credentials
    from ovh_sms.api.turn_queue import CallClass
    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.store.store import Store

OVH_CONNECTION, RESULTS_CONNECTION = "ovh_sms_default", "ovh_sms_results"


def use_airflow(purpose: str) -> None:
    """Let this process read Airflow's connections.

    :param purpose: names the need for Airflow, to begin an error with.
    :raises ConfigurationError: Airflow is not installed.
    """
    if find_spec("airflow") is None:
        raise ConfigurationError(
            f"{purpose} needs Airflow, which is not installed here.", action="Run it on a machine with Airflow."
        )
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"


def ovh_hook(connection: str, account: str | None, call_class: CallClass) -> OvhSmsHook:
    """Open an account over an Airflow connection.

    :param account: SMS account; the connection's own if not given.
    :param call_class: the purpose of its calls, by which they get their turn.
    :raises ConfigurationError: the connection is missing or incomplete.
    """
    use_airflow("A connection to OVH")
    from airflow.sdk.exceptions import AirflowException

    from ovh_sms.hooks.sms import OvhSmsHook

    hook = OvhSmsHook(connection, account=account, call_class=call_class)
    try:
        hook.settings  # noqa: B018 - reads the connection
    except ConnectionMissing:
        _check_database()  # it is not known to be missing if the database cannot be read
        raise
    except AirflowException as error:
        _check_database()
        raise ConfigurationError(
            f"The connection {connection} cannot be read ({type(error).__name__}).",
            action=f"Make it in Airflow, or set AIRFLOW_CONN_{connection.upper()}.",
        ) from None
    return hook


def ovh_application(connection: str, account: str | None) -> tuple[Credentials, str]:
    """Read the application key of a connection, and its endpoint; the consumer key may still be missing.

    :param account: SMS account; the connection's own if not given.
    :returns: them, and the SMS account.
    :raises ConfigurationError: the connection is missing, is for another account, or one of these fields is missing.
    """
    use_airflow("A connection to OVH")
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    from ovh_sms.hooks.connection import application_of
    from ovh_sms.hooks.sms import no_connection

    try:
        return application_of(BaseHook.get_connection(connection), account)
    except AirflowNotFoundException:
        _check_database()
        raise no_connection(connection) from None


def results_store(connection: str = RESULTS_CONNECTION) -> Store:
    """Open the results database that the tasks use.

    :param connection: Airflow connection of the results; without it they are a file in the data folder.
    :raises ConfigurationError: the connection names no usable database, or cannot be read.
    """
    use_airflow("The results database")
    from airflow.sdk import BaseHook
    from airflow.sdk.exceptions import AirflowNotFoundException

    from ovh_sms.hooks.store import ResultsHook

    try:
        BaseHook.get_connection(connection)
    except AirflowNotFoundException:
        _check_database()  # the file may be used only if there is no connection, not if it cannot be read
    return ResultsHook(connection).store


def shown_database(store: Store) -> str:
    """Return the URL of a results database, without its password."""
    return store.database.engine.url.render_as_string(hide_password=True)


def read_variable(name: str) -> str | None:
    """Read an Airflow Variable wherever Airflow keeps it; ``None`` if it is missing.

    :raises ConfigurationError: Airflow's database cannot be read.
    """
    use_airflow("The results database")
    from airflow.models.variable import Variable  # the SDK's cannot distinguish a missing one from a failure

    found = Variable.get(name, default_var=None)
    if found is None:
        _check_database()
    return None if found is None else str(found)


def set_variable(name: str, value: str) -> None:
    """Set an Airflow Variable in Airflow's database.

    :raises ConfigurationError: it was not set.
    """
    use_airflow("The results database")
    from airflow.models.variable import Variable  # the SDK's sets one only within a task

    try:
        Variable.set(name, value)
    except Exception as error:  # of the database's driver
        raise ConfigurationError(
            f"Airflow did not store the Variable {name} ({type(error).__name__}).",
            action="No task will send before it is set. Run 'airflow db migrate', then this command again.",
        ) from error


def show_as_failed(dag_id: str, run_id: str) -> bool:
    """Show a cancelled run as failed in Airflow.

    :returns: whether it is; ``False`` too if Airflow's database cannot be read or does not know the run.
    """
    use_airflow("A run of Airflow")
    from ovh_sms.hooks.show_as_failed import show_as_failed as in_airflow

    try:
        return in_airflow(dag_id, run_id, note="Cancelled with 'ovh-sms cancel'.")
    except Exception:  # of the database's driver: the messages are withdrawn all the same
        return False


def _check_database() -> None:
    """Raise if Airflow's database cannot be read: its connections would seem to be missing."""
    from airflow.utils.db import check

    try:
        check()
    except Exception as error:  # of the database's driver
        raise ConfigurationError(
            f"Airflow's database cannot be read ({type(error).__name__}), and with it none of its connections.",
            action="Nothing was done. Check [database] sql_alchemy_conn and that the database runs.",
        ) from error
