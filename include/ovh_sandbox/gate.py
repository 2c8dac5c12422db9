"""What every call of the API passes: faults, rate limit, signature and rights, batches, pages, query id."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import time
from dataclasses import dataclass, replace
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from . import auth, pages
from .asgi import Answer, deliver, read_all, run
from .breaks import afterwards, held, instead
from .errors import Refusal
from .faults import INSTEAD, Fault
from .sandbox import Sandbox

log = logging.getLogger("ovh_sandbox")


@dataclass(frozen=True)
class Call:
    """One call of the API as it came in."""

    scope: Scope
    path: str
    template: str
    route: APIRoute | None
    headers: dict[str, str]
    body: bytes

    @property
    def method(self) -> str:
        """GET, POST, PUT or DELETE."""
        return str(self.scope["method"])

    @property
    def url(self) -> str:
        """The address the client used, which is what it signed."""
        raw = self.scope["raw_path"].decode("ascii")
        query = self.scope["query_string"].decode("ascii")
        return f"{self.scope['scheme']}://{self.headers.get('host', '')}{raw}" + (
            f"?{query}" if query else ""
        )


class Gate:
    """The API side as an ASGI application.

    :param sandbox: the world behind it.
    :param api: the routes, without the ``/1.0`` before them.
    """

    def __init__(self, sandbox: Sandbox, api: FastAPI) -> None:
        self.sandbox = sandbox
        self.api = api
        self._ids = itertools.count(1)
        self._started = f"{time.time_ns():x}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or break it as ordered."""
        body = await read_all(receive)
        if body is None:
            return
        call = self._call(scope, body)
        self.sandbox.calls.by_call[f"{call.method} {call.template}"] += 1
        fault = await self._fault(call)
        if fault is None:
            await deliver(self._named(await self._answer(call)), send)
        elif fault.order.kind in INSTEAD:
            await instead(fault.order, scope, send, self._named)
        elif fault.order.kind != "hold_before" or await held(fault, f"{call.method} {call.path}", scope):
            # The route of a sending looks there for what it shall not take, or not list yet.
            scope["fault"] = fault.order
            answer = self._named(await self._answer(call))
            await afterwards(fault, answer, f"{call.method} {call.path}", scope, send)

    async def _fault(self, call: Call) -> Fault | None:
        faults = self.sandbox.faults
        # Keeping the count writes to disk; a long transaction there must not stop the other calls.
        return await asyncio.to_thread(faults.take, call.method, call.path) if faults.known else None

    def _call(self, scope: Scope, body: bytes) -> Call:
        path = "/" + scope["path"].split("/", 2)[2]
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        inner = {**scope, "path": path}
        for route in self.api.routes:
            match, _ = route.matches(inner)
            if match is Match.FULL and isinstance(route, APIRoute):
                return Call(scope, path, route.path, route, headers, body)
        return Call(scope, path, path, None, headers, body)

    async def _answer(self, call: Call) -> Answer:
        try:
            wait = self.sandbox.limit.wait(call.headers.get("x-ovh-application", ""))
            if wait:
                extra = {"Retry-After": str(wait)} if self.sandbox.limit.retry_after else None
                return Answer.refusal(Refusal(429, "Too many requests"), extra)
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
            return Answer.refusal(refusal)
        except Exception:
            log.exception("%s %s failed in the sandbox itself", call.method, call.template)
            return Answer.refusal(Refusal(500, "Internal server error"))

    def _check_query(self, call: Call) -> None:
        if call.route is None:
            raise Refusal(404, "Got an invalid (or empty) URL")
        known = {parameter.alias for parameter in call.route.dependant.query_params}
        unknown = sorted(set(pages.query_names(call.scope["query_string"])) - known)
        if unknown:
            raise Refusal(400, f"Received not described parameters: ({', '.join(unknown)})")

    async def _routed(self, call: Call) -> Answer:
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
        if answer.status == 200:
            self.sandbox.pages.keep(*place, answer)
        return answer

    async def _paged(self, call: Call, wanted: pages.Wanted | None) -> Answer:
        answer = await self._inner(call, call.path)
        if wanted is None or answer.status != 200 or call.template not in pages.EXPANDED:
            return answer

        async def expand(key: object) -> Any:
            return json.loads((await self._inner(call, f"{call.path}/{key}", query=b"")).body)

        rows, headers = await pages.page_of(json.loads(answer.body), wanted, expand)
        return Answer.json(rows, extra=headers)

    async def _batch(self, call: Call, separator: str) -> Answer:
        parent, _, keys = call.path.rpartition("/")
        found = []
        for key in keys.split(separator):
            answer = await self._inner(call, f"{parent}/{key}")
            value = json.loads(answer.body)
            ok = answer.status < 400
            found.append({"key": key, "value": value if ok else None, "error": None if ok else value})
        return Answer.json(found)

    async def _inner(self, call: Call, path: str, *, query: bytes | None = None) -> Answer:
        scope = {**call.scope, "path": path, "raw_path": path.encode(), "root_path": ""}
        if query is not None:
            scope["query_string"] = query
        return await run(self.api, scope, call.body)

    def _named(self, answer: Answer) -> Answer:
        """The answer with its length and a query id, as everything that comes from the API has them."""
        query_id = f"EU.sandbox-{self._started}.{next(self._ids)}".encode()
        headers = [pair for pair in answer.headers if pair[0] != b"content-length"]
        headers += [(b"content-length", str(len(answer.body)).encode()), (b"x-ovh-queryid", query_id)]
        return replace(answer, headers=headers)
