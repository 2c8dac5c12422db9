"""The steps of every call of the API: faults, rate limit, signature and rights, batches, pages, query id."""

import asyncio
import itertools
import json
import logging
import time
from copy import copy
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers, QueryParams
from starlette.requests import ClientDisconnect
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from . import auth, pages
from .asgi import deliver, refused, run
from .breaks import afterwards, held, instead, refused_by
from .errors import Refusal
from .faults import INSTEAD, Fault
from .sandbox import Sandbox

log = logging.getLogger("ovh_sandbox")


@dataclass(frozen=True)
class Call:
    """One call of the API."""

    scope: Scope
    path: str
    template: str
    route: APIRoute | None
    headers: Headers
    body: bytes

    @property
    def method(self) -> str:
        """GET, POST, PUT or DELETE."""
        return str(self.scope["method"])

    @property
    def url(self) -> str:
        """The address that the client called and signed."""
        raw = self.scope["raw_path"].decode("ascii")
        query = self.scope["query_string"].decode("ascii")
        host = self.headers.get("host", "")
        return f"{self.scope['scheme']}://{host}{raw}" + (f"?{query}" if query else "")


class Gate:
    """The API side as an ASGI application.

    :param api: the routes, without the ``/1.0`` before them.
    """

    def __init__(self, sandbox: Sandbox, api: FastAPI) -> None:
        self.sandbox = sandbox
        self.api = api
        self._ids = itertools.count(1)
        self._started = f"{time.time_ns():x}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or break it as ordered."""
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return
        call = self._call(scope, body)
        named = f"{call.method} {call.path}"
        self.sandbox.calls[f"{call.method} {call.template}"] += 1
        if "{serviceName}" in call.template:
            self.sandbox.calls_of_account[call.path.partition("/sms/")[2].split("/")[0]] += 1
        fault = await self._fault(call)
        if fault is None:
            await deliver(self._named(await self._answer(call)), send)
        elif fault.order.kind in INSTEAD:
            await instead(fault.order, scope, send, self._named)
        elif fault.order.kind != "hold_before" or await held(fault, named, scope):
            # The route of POST /jobs reads there which receivers it shall not accept, or not list yet.
            scope["fault"] = fault.order
            answer = await self._answer(call)
            if fault.order.kind == "repeat":  # a proxy got no answer to this one, and sends it again
                answer = refused_by(fault.order) if fault.order.status else await self._answer(call)
            await afterwards(fault, self._named(answer), named, scope, send)

    async def _fault(self, call: Call) -> Fault | None:
        faults = self.sandbox.faults
        # The count is written to disk; a long transaction there must not stop the other calls.
        return await asyncio.to_thread(faults.take, call.method, call.path) if faults.known else None

    def _call(self, scope: Scope, body: bytes) -> Call:
        path = "/" + scope["path"].split("/", 2)[2]
        headers = Headers(scope=scope)
        inner = {**scope, "path": path}
        for route in self.api.routes:
            match, _ = route.matches(inner)
            if match is Match.FULL and isinstance(route, APIRoute):
                return Call(scope, path, route.path, route, headers, body)
        return Call(scope, path, path, None, headers, body)

    async def _answer(self, call: Call) -> Response:
        try:
            wait = self.sandbox.limit.wait(call.headers.get("x-ovh-application", ""), self.sandbox.clock.machine())
            if wait:
                extra = {"Retry-After": str(wait)} if self.sandbox.limit.retry_after else None
                return refused(Refusal(429, "Too many requests"), extra)
            auth.check(
                self.sandbox.state,
                method=call.method,
                path=call.path,
                url=call.url,
                headers=call.headers,
                body=call.body,
                now=self.sandbox.clock.server_time(),
            )
            self._check_query(call)
            return await self._routed(call)
        except Refusal as refusal:
            return refused(refusal)
        except Exception:
            log.exception("%s %s failed in the sandbox itself", call.method, call.template)
            return refused(Refusal(500, "Internal server error"))

    def _check_query(self, call: Call) -> None:
        if call.route is None:
            raise Refusal(404, "Got an invalid (or empty) URL")
        known = {parameter.alias for parameter in call.route.dependant.query_params}
        unknown = sorted(set(QueryParams(call.scope["query_string"])) - known)
        if unknown:
            raise Refusal(400, f"Received not described parameters: ({', '.join(unknown)})")

    async def _routed(self, call: Call) -> Response:
        separator = call.headers.get("x-ovh-batch")
        if separator and self.sandbox.features["batch_header"] and call.method == "GET":
            return await self._batch(call, separator)
        wanted = pages.asked(call.headers, self.sandbox.features) if call.method == "GET" else None
        seconds = self.sandbox.features["cache_seconds"]
        if wanted is None or not seconds:
            return await self._paged(call, wanted)
        place = call.path, call.scope["query_string"], call.headers
        kept = self.sandbox.pages.find(*place, seconds)
        if kept is not None:
            return kept
        answer = await self._paged(call, wanted)
        if answer.status_code == 200:
            self.sandbox.pages.keep(*place, answer)
        return answer

    async def _paged(self, call: Call, wanted: pages.Wanted | None) -> Response:
        answer = await self._inner(call, call.path)
        if wanted is None or answer.status_code != 200 or call.template not in pages.EXPANDED:
            return answer

        async def expand(key: object) -> Any:
            return json.loads(bytes((await self._inner(call, f"{call.path}/{key}", query=b"")).body))

        rows, headers = await pages.page_of(json.loads(bytes(answer.body)), wanted, expand)
        return JSONResponse(rows, headers=headers)

    async def _batch(self, call: Call, separator: str) -> Response:
        parent, _, keys = call.path.rpartition("/")
        most = self.sandbox.features["batch_most"]
        if most and len(keys.split(separator)) > most:
            raise Refusal(400, "Too many objects")
        found = []
        for key in keys.split(separator):
            answer = await self._inner(call, f"{parent}/{key}")
            value = json.loads(bytes(answer.body))
            ok = answer.status_code < 400
            found.append({"key": key, "value": value if ok else None, "error": None if ok else value})
        return JSONResponse(found)

    async def _inner(self, call: Call, path: str, *, query: bytes | None = None) -> Response:
        scope = {**call.scope, "path": path, "raw_path": path.encode(), "root_path": ""}
        if query is not None:
            scope["query_string"] = query
        return await run(self.api, scope, call.body)

    def _named(self, answer: Response) -> Response:
        """Add the length and a query id, as every answer of the API carries them."""
        named = copy(answer)  # a kept page stays without
        query_id = f"EU.sandbox-{self._started}.{next(self._ids)}".encode()
        named.raw_headers = [pair for pair in answer.raw_headers if pair[0] != b"content-length"]
        named.raw_headers += [(b"content-length", str(len(answer.body)).encode()), (b"x-ovh-queryid", query_id)]
        return named
