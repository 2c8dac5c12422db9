"""Documents: files that OVH keeps for a while, such as receivers on their way in and exports on their way out.

Their bytes go to and from signed addresses by plain HTTP, without any key of ours. Such an address is a secret while
it is valid: no log and no error holds it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

from ovh_sms.api.answer import nothing
from ovh_sms.api.calls import SubClient
from ovh_sms.api.credentials import is_sandbox_host
from ovh_sms.api.models import Document
from ovh_sms.errors import ConfigurationError, RequestRefused, Unavailable

if TYPE_CHECKING:
    import requests

#: Seconds to connect, and seconds to wait for each block.
TIMEOUT = (10.0, 120.0)

_DOCUMENT = "/me/document/{document}"
_CHUNK = 1 << 20


class DocumentsClient(SubClient):
    """Makes, fills, reads and deletes documents."""

    def create(self, name: str, *, tags: Mapping[str, str] | None = None) -> Document:
        """Make an empty document that a file can be put into. Source: POST ``/me/document``."""
        pairs = [{"key": key, "value": value} for key, value in (tags or {}).items()]
        return self._calls.make("POST", "/me/document", Document.read, body={"name": name, "tags": pairs or None})

    def get(self, document_id: str) -> Document:
        """Read a document: its size, and the address of its bytes. Source: GET ``/me/document/{id}``.

        :raises ovh_sms.errors.NotFound: it does not exist, or not any more.
        """
        return self._calls.make("GET", _DOCUMENT, Document.read, document=document_id)

    def expire(self, document_id: str, at: datetime) -> None:
        """Have OVH delete a document by itself. Source: PUT ``/me/document/{id}``."""
        body = {"expirationDate": at.isoformat(timespec="seconds")}
        self._calls.make("PUT", _DOCUMENT, nothing, body=body, document=document_id)

    def delete(self, document_id: str) -> None:
        """Delete a document at once. Source: DELETE ``/me/document/{id}``."""
        self._calls.make("DELETE", _DOCUMENT, nothing, document=document_id)

    def upload(self, put_url: str, path: Path) -> str:
        """Put a file into a document.

        :returns: SHA-256 of the bytes that were put there: the file may change at any moment. Hexadecimal.
        :raises ovh_sms.errors.Unavailable: the storage cannot be reached or is overloaded; try again.
        :raises ovh_sms.errors.RequestRefused: the storage refused it, mostly because the address has expired.
        """
        from requests.exceptions import RequestException

        with _session(put_url) as session, path.open("rb") as source:
            hashed = _Hashed(source)
            try:
                # An empty file would be sent in chunks without a length, which storages refuse.
                _checked(_transfer(session, "PUT", put_url, data=hashed if len(hashed) else b""))
            except RequestException as error:
                raise _no_answer(put_url, error) from None
        return hashed.digest

    def download(self, get_url: str, path: Path) -> int:
        """Get a document into a file, which appears only once it is complete.

        :raises ovh_sms.errors.Unavailable: the storage cannot be reached or the transfer broke; try again.
        :raises ovh_sms.errors.RequestRefused: the storage refused it, mostly because the address has expired.
        """
        from requests.exceptions import RequestException

        part = path.with_name(f"{path.name}.part")
        size = 0
        try:
            with _session(get_url) as session, _transfer(session, "GET", get_url, stream=True) as response:
                _checked(response)
                with part.open("wb") as target:
                    for chunk in response.iter_content(_CHUNK):
                        size += target.write(chunk)
        except RequestException as error:
            part.unlink(missing_ok=True)
            raise _no_answer(get_url, error) from None
        part.replace(path)
        return size


class _Hashed:
    """An open file whose bytes are hashed while it is read once."""

    def __init__(self, source: BinaryIO) -> None:
        self._source, self._sha = source, hashlib.sha256()
        self._size = source.seek(0, os.SEEK_END)
        source.seek(0)

    @property
    def digest(self) -> str:
        return self._sha.hexdigest()

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:  # what has none is taken for a form
        while block := self.read(_CHUNK):
            yield block

    def read(self, size: int = -1) -> bytes:
        block = self._source.read(size)
        self._sha.update(block)
        return block


def _session(url: str) -> requests.Session:
    import requests

    from ovh_sms.api.http_adapter import SilentAdapter, prepare_session

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(
            "A document's address is no URL. Nothing was transferred.",
            action="Take the address from the document at OVH.",
        )
    if parts.scheme == "http" and not is_sandbox_host(parts.hostname):
        raise ConfigurationError(
            f"The document storage {parts.hostname} is not reached by https, and is not on this machine. Nothing was "
            "transferred.",
            action="Numbers travel encrypted only. Ask OVH for the document again; if it stays so, ask OVH's support.",
        )
    use_environment = not is_sandbox_host(parts.hostname)
    return prepare_session(requests.Session(), SilentAdapter(), use_environment=use_environment)


def _transfer(session: requests.Session, method: str, url: str, **given: Any) -> requests.Response:
    """Make one request. A redirect, which could lead anywhere, is an answer like any other error."""
    return session.request(method, url, timeout=TIMEOUT, allow_redirects=False, **given)


def _checked(response: requests.Response) -> None:
    status = response.status_code
    if 200 <= status < 300:
        return
    host = urlsplit(response.url).netloc
    what = f"The document storage {host} answered {response.request.method} with an error. Nothing was transferred."
    if status == 429 or status >= 500:
        raise Unavailable(what, action="Try again later.", status=status)
    raise RequestRefused(what, action="Ask OVH for the document again.", status=status)


def _no_answer(url: str, error: Exception) -> Unavailable:
    from ovh_sms.api.error_mapping import describe

    return Unavailable(
        f"The document storage {urlsplit(url).netloc} gave no complete answer: {describe(error)}.",
        action="Try again later.",
    )
