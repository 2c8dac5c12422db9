"""The addresses that OVH calls: ``/ovh-sms-callbacks/<secret>/receipts``, ``…/replies`` and ``…/opt-outs``.

Airflow protects nothing of these addresses: the secret in the path does. A call is checked, queued in the
results and answered; a task works it off. Neither a number nor the secret is logged. It is a plain ASGI app: three
addresses need no router, and each call takes a fraction of a millisecond.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from ovh_sms.dashboard.group_writer import GroupWriter
from ovh_sms.dashboard.headers import BARE
from ovh_sms.dashboard.known_secrets import KnownSecrets
from ovh_sms.dashboard.reading import store
from ovh_sms.inbound.callback_addresses import PREFIX, read_path
from ovh_sms.inbound.callback_form import MalformedCallback, read_form
from ovh_sms.store.callback_records import FORGED, MALFORMED, NOT_STORED, OVERSIZED

if TYPE_CHECKING:
    from ovh_sms.store.callback_records import Callback
    from ovh_sms.store.store import Store

#: Bytes of query and body together.
MOST_BYTES = 16 * 1024
MOST_HEADERS = 100
_MOST_FIELDS = 50
#: Seconds for the body to come, and for the results to store it.
TIMEOUT = 5.0
_FORM = b"application/x-www-form-urlencoded"


class Refused(Exception):
    """A call that is not accepted.

    :param status: of the answer.
    :param result: by which it is counted.
    """

    def __init__(self, status: int, result: str = MALFORMED) -> None:
        super().__init__(status)
        self.status = status
        self.result = result


class Callbacks:
    """Takes OVH's calls.

    :param open_store: returns the results.
    """

    def __init__(self, open_store: Callable[[], Store] = store) -> None:
        self._open = open_store
        self._secrets = KnownSecrets(open_store)
        self._writer: GroupWriter[Callback] = GroupWriter(self._write, lambda: self._open().callbacks.rest())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one call."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await _respond(send, await self._status(scope, receive))

    async def _status(self, scope: Any, receive: Any) -> int:
        below = scope["path"].partition(PREFIX)[2]
        secret, kind = read_path(below)
        account = ""
        try:
            account = await self._account(secret)
            callback = await self._read(scope, receive, account, secret, kind)
            async with asyncio.timeout(TIMEOUT):
                await self._writer.put(callback)
        except Refused as refused:
            self._writer.count((account, (kind or "") if account else "", refused.result))
            return refused.status
        except Exception:  # the writer has logged it; OVH calls again
            self._writer.count((account, kind or "", NOT_STORED))
            return 503
        return 200

    async def _account(self, secret: str) -> str:
        try:
            account = await self._secrets.account(secret)
        except Exception:  # the results cannot be read
            raise Refused(503, NOT_STORED) from None
        if account is None:
            raise Refused(404, FORGED)
        return account

    async def _read(self, scope: Any, receive: Any, account: str, secret: str, kind: str | None) -> Callback:
        raw: bytes = scope.get("raw_path") or scope["path"].encode()
        if kind is None or f"/{secret}/".encode() not in raw or b"%" in raw or b";" in raw:
            raise Refused(404)
        if len(scope["headers"]) > MOST_HEADERS:
            raise Refused(431, OVERSIZED)
        if scope["method"] not in ("GET", "POST"):
            raise Refused(405)
        query: bytes = scope["query_string"]
        if len(query) > MOST_BYTES:
            raise Refused(414, OVERSIZED)
        body = await _body(scope, receive, MOST_BYTES - len(query))
        now = self._open().clock.now()
        try:
            return read_form(kind, account, _fields(query, body), key=self._secrets.key, now=now)
        except MalformedCallback:
            raise Refused(400) from None

    def _write(self, rows: list[Callback], counts: Counter[tuple[str, str, str]]) -> int:
        return self._open().callbacks.receive(rows, counts)


async def _body(scope: Any, receive: Any, most: int) -> bytes:
    """Read the body of a form, but no more than is allowed."""
    given = dict(scope["headers"])
    if b"content-length" not in given and b"transfer-encoding" not in given:
        return b""  # a GET: it is not waited for
    length = given.get(b"content-length", b"0")
    if not length.isdigit():
        raise Refused(400)
    if int(length) > most:
        raise Refused(413, OVERSIZED)
    found = bytearray()
    try:
        async with asyncio.timeout(TIMEOUT):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise Refused(400)
                found += message.get("body", b"")
                if len(found) > most:
                    raise Refused(413, OVERSIZED)
                if not message.get("more_body"):
                    break
    except TimeoutError:
        raise Refused(408) from None
    if found and given.get(b"content-type", b"").partition(b";")[0].strip().lower() != _FORM:
        raise Refused(415)
    return bytes(found)


def _fields(query: bytes, body: bytes) -> dict[str, str]:
    """Read names and values; one that is given twice with other values is no form of OVH's."""
    found: dict[str, str] = {}
    read = partial(parse_qsl, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace")
    for part in (query, body):
        try:
            pairs = read(part.decode("utf-8", "replace"))
        except ValueError:
            raise Refused(400) from None
        for name, value in pairs:
            if found.setdefault(name, value) != value:
                raise Refused(400)
    return found


async def _respond(send: Any, status: int) -> None:
    headers = [(b"content-length", b"0"), *BARE]
    if status == 405:
        headers.append((b"allow", b"GET, POST"))
    if status != 200:
        headers.append((b"connection", b"close"))  # the rest of its body is not read
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def warm_up() -> None:
    """Load what the first call needs: the tables of the results, and the metadata of phone numbers."""
    from datetime import UTC, datetime

    import ovh_sms.store.store  # noqa: F401

    read_form("stop", "", {"number": "+33639980000"}, key=b"", now=datetime.now(UTC))


#: What the plugin hands calls to.
callbacks = Callbacks()
