"""Bytes in and out of OVH's documents, by their signed addresses: plain HTTP, without any key of ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk.log import mask_secret

from ovh_sms.api.credentials import is_sandbox_host
from ovh_sms.errors import ConfigurationError, RequestRefused, Unavailable

if TYPE_CHECKING:
    import requests
    from airflow.sdk import Connection

#: Seconds to connect, and seconds to wait for each piece.
TIMEOUT = (10.0, 120.0)

_CHUNK = 1 << 20


class DocumentHook(HttpHook):
    """Puts a file to a signed address and gets one from it, piece by piece.

    No Airflow connection is needed: the address itself says where and proves the right. It is a secret for as long as
    it is good, so it is in no log and no error.
    """

    def __init__(self) -> None:
        super().__init__(method="GET", http_conn_id="")

    @classmethod
    def get_connection(cls, conn_id: str) -> Connection:
        """Make the connection from the address: here the id *is* the address of the host.

        :param conn_id: such as ``https://storage.example``.
        """
        from airflow.sdk import Connection

        return Connection(conn_id="document", conn_type="http", host=conn_id)

    def put(self, url: str, path: Path) -> int:
        """Put a file to a document's address.

        :param url: the document's ``put_url``.
        :param path: the file.
        :returns: bytes put.
        :raises ovh_sms.errors.Unavailable: where the storage is away; may be tried again.
        :raises ovh_sms.errors.RequestRefused: where the storage does not take it, mostly since the address is over.
        """
        size = path.stat().st_size
        with path.open("rb") as source:
            # An empty file would be sent in chunks without a length, which storages refuse.
            self._transfer("PUT", url, data=source if size else b"").close()
        return size

    def get(self, url: str, path: Path) -> int:
        """Get a document into a file. The file appears only once it is whole.

        :param url: the document's ``get_url``.
        :param path: the file to write.
        :returns: bytes got.
        :raises ovh_sms.errors.Unavailable: where the storage is away or breaks off; may be tried again.
        :raises ovh_sms.errors.RequestRefused: where the storage does not give it, mostly since the address is over.
        """
        from requests.exceptions import RequestException

        part = path.with_name(f"{path.name}.part")
        size = 0
        try:
            with self._transfer("GET", url) as response, part.open("wb") as target:
                for chunk in response.iter_content(_CHUNK):
                    size += target.write(chunk)
        except RequestException as error:
            part.unlink(missing_ok=True)
            raise _away(url, error) from None
        part.replace(path)
        return size

    def check_response(self, response: requests.Response) -> None:
        """Raise for an answer that is not 2xx, without the address.

        :param response: the storage's answer.
        """
        if 200 <= response.status_code < 300:
            return
        host = urlsplit(response.url).netloc
        what = f"The document storage {host} answered {response.request.method} with an error."
        response.close()
        if response.status_code == 429 or response.status_code >= 500:
            raise Unavailable(what, action="Try again later.", status=response.status_code)
        raise RequestRefused(what, action="Ask OVH for the document again.", status=response.status_code)

    def run_and_check(
        self,
        session: requests.Session,
        prepped_request: requests.PreparedRequest,
        extra_options: dict[Any, Any],
    ) -> requests.Response:
        """Send one request; unlike the parent's this logs no address when the connection breaks.

        :param session: the session.
        :param prepped_request: the request.
        :param extra_options: not used: everything is set on the session.
        """
        from requests.exceptions import RequestException

        url = prepped_request.url or ""
        settings = session.merge_environment_settings(url, {}, session.stream, session.verify, None)
        try:
            response = session.send(prepped_request, timeout=TIMEOUT, allow_redirects=True, **settings)
        except RequestException as error:
            raise _away(url, error) from None
        self.check_response(response)
        return response

    def _transfer(self, method: str, url: str, *, data: Any = None) -> requests.Response:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(
                "A document's address is no URL.", action="Take it from the document at OVH."
            )
        self.method = method
        self.http_conn_id = f"{parts.scheme}://{parts.netloc}"
        mask_secret(parts.query)  # the parent logs the whole address at level DEBUG
        # Proxies of the environment are for the world outside, not for a sandbox on this machine.
        options = {"stream": True, "trust_env": not is_sandbox_host(parts.hostname)}
        target = urlunsplit(("", "", parts.path, parts.query, ""))
        response: requests.Response = self.run(target, data=data, extra_options=options)
        return response


def _away(url: str, error: Exception) -> Unavailable:
    from ovh_sms.api.mapping import describe

    return Unavailable(
        f"The document storage {urlsplit(url).netloc} gave no complete answer: {describe(error)}.",
        action="Try again later.",
    )
