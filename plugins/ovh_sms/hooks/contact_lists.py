"""Contact lists in a database, on a server or in an object storage: copied to the local disk, or read as they come."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import BaseHook

from ovh_sms.contacts.read.contact_file import ContactFile, Rows, no_complete_answer
from ovh_sms.contacts.read.query_contacts import asking, query_rows
from ovh_sms.errors import ConfigurationError, ContactsError, OvhSmsError, SourceUnavailable

if TYPE_CHECKING:
    import requests

    from ovh_sms.contacts.preparation import ContactSource

#: Seconds to connect, and seconds to wait for each chunk; the connection's extra ``timeout`` wins.
TIMEOUT = (10.0, 120.0)

_CHUNK = 1 << 20
_NO_LIST = ("text/html", "application/json", "application/xhtml")


def fetch(contacts: ContactSource, folder: Path) -> ContactFile:
    """Copy a contact list to the local disk; the rows of a query are read when they are needed.

    :param contacts: an address such as ``s3://connection@bucket/list.csv`` or ``file:///lists/a.csv``;
        ``{"sql": {"connection", "query"}}``; ``{"http": {"connection", "endpoint"}}``.
    :raises ovh_sms.errors.ContactsError: there is no such list, or it is no list.
    :raises ovh_sms.errors.ConfigurationError: the connection is missing or of another kind.
    :raises ovh_sms.errors.SourceUnavailable: no complete answer came; try again.
    """
    if isinstance(contacts, str):
        return _from_storage(contacts, folder)
    kind, given = _only(contacts)
    if kind == "sql":
        name = f"SQL over {given['connection']}"
        return ContactFile(Path(name), name, partial(_query, given["connection"], given["query"], name))
    return _from_http(given["connection"], given["endpoint"], folder)


def _only(contacts: Mapping[str, Any]) -> tuple[str, Mapping[str, str]]:
    wanted = {"sql": {"connection", "query"}, "http": {"connection", "endpoint"}}
    if len(contacts) == 1:
        ((kind, given),) = contacts.items()
        if kind in wanted and isinstance(given, Mapping) and set(given) == wanted[kind]:
            return kind, given
    raise ConfigurationError(
        "The source of the contact list is not understood.",
        action="Give a path, an address, {'sql': {'connection', 'query'}} or {'http': {'connection', 'endpoint'}}.",
    )


def _from_storage(address: str, folder: Path) -> ContactFile:
    from airflow.sdk import ObjectStoragePath

    target = folder / "source"
    try:
        with ObjectStoragePath(address).open("rb") as remote, target.open("wb") as local:
            shutil.copyfileobj(remote, local, _CHUNK)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise ContactsError(
            f"Contact list {address} cannot be opened ({type(error).__name__}).",
            action="Nothing was prepared. Check the address, and that the connection may read it.",
        ) from None
    except (ImportError, ValueError, TypeError) as error:
        raise ConfigurationError(
            f"Airflow has no provider for the storage of the contact list {address} ({type(error).__name__}).",
            action="Nothing was prepared. Install it, such as apache-airflow-providers-amazon for s3://.",
        ) from None
    except Exception as error:  # each storage has errors of its own
        raise no_complete_answer(address, error) from None
    return ContactFile(target, address)


@contextmanager
def _query(connection: str, query: str, name: str) -> Iterator[tuple[Sequence[str], Iterator[Rows]]]:
    hook = _database(connection)
    with asking(name):
        database = hook.get_conn()
    with closing(database), query_rows(database, query, name) as found:
        yield found


def _database(connection: str) -> Any:
    from airflow.providers.common.sql.hooks.sql import DbApiHook
    from airflow.sdk.exceptions import AirflowException

    try:
        hook = BaseHook.get_hook(connection)
    except (AirflowException, ImportError) as error:
        raise ConfigurationError(
            f"The connection {connection} of the contact list cannot be used ({type(error).__name__}).",
            action="Nothing was prepared. Make it in Airflow, and install the provider for its kind of database.",
        ) from None
    if not isinstance(hook, DbApiHook):
        raise ConfigurationError(
            f"The connection {connection} of the contact list is not one to a database.",
            action="Nothing was prepared. Name one to a database in contacts.sql.connection.",
        )
    return hook


class ListHttpHook(HttpHook):
    """Gets a file from a server; unlike its parent it logs neither addresses nor answers."""

    def check_response(self, response: requests.Response) -> None:
        """Raise an error for an answer that is not 2xx, or that is no list."""
        name = f"HTTP over {self.http_conn_id}"
        status, kind = response.status_code, response.headers.get("Content-Type", "")
        if status == 429 or status >= 500:
            raise SourceUnavailable(f"{name}: the server answered with HTTP {status}.", action="Try again later.")
        if not 200 <= status < 300:
            raise ContactsError(
                f"{name}: the server answered with HTTP {status}.",
                action="Nothing was prepared. Check the endpoint, and the connection's login.",
            )
        if kind.lower().startswith(_NO_LIST):
            raise ContactsError(
                f"{name}: the server answered with {kind.partition(';')[0]}, not with a list.",
                action="Nothing was prepared. The endpoint must give CSV, .xlsx or Parquet, not a login page.",
            )

    def run_and_check(
        self, session: requests.Session, prepped_request: requests.PreparedRequest, extra_options: dict[Any, Any]
    ) -> requests.Response:
        """Send the request and check the head of the answer.

        :param extra_options: of the connection: ``timeout``, ``allow_redirects``.
        """
        settings = session.merge_environment_settings(
            prepped_request.url, session.proxies, True, session.verify, session.cert
        )
        response = session.send(
            prepped_request,
            timeout=extra_options.get("timeout") or TIMEOUT,
            allow_redirects=extra_options.get("allow_redirects", True),
            **settings,
        )
        try:
            self.check_response(response)
        except OvhSmsError:
            response.close()
            raise
        return response


def _from_http(connection: str, endpoint: str, folder: Path) -> ContactFile:
    from airflow.sdk.exceptions import AirflowException
    from requests.exceptions import RequestException

    target = folder / "source"
    # The query of an address may hold a key.
    name = f"HTTP over {connection}: {endpoint.partition('?')[0]}"
    try:
        hook = ListHttpHook(method="GET", http_conn_id=connection)
        with hook.run(endpoint, extra_options={"stream": True}) as response, target.open("wb") as local:
            for chunk in response.iter_content(_CHUNK):
                local.write(chunk)
    except RequestException as error:
        raise no_complete_answer(name, error) from None
    except AirflowException as error:
        raise ConfigurationError(
            f"The connection {connection} of the contact list cannot be used ({type(error).__name__}).",
            action="Nothing was prepared. Make it in Airflow, with the type HTTP.",
        ) from None
    return ContactFile(target, name)
