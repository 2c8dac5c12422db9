"""The HTTP server: one process, a port of choice, a line of JSON when it is ready."""

import asyncio
import json
import logging
import signal
import socket

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from .app import application
from .caller import Caller
from .faults import Faults
from .sandbox import Sandbox
from .strangers import Strangers
from .world import exports, slots
from .world import seed as world


class Breakable(H11Protocol):
    """HTTP whose connection can be broken from within a call, to rehearse resets."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Leave the transport where a call finds it."""
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class Server(uvicorn.Server):
    """A server that prints one line when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: str, faults: Faults) -> None:
        super().__init__(config)
        self._ready = ready
        self._faults = faults

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the one line of JSON."""
        await super().startup(sockets=sockets)
        print(self._ready, flush=True)  # noqa: T201

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End without waiting for calls that are held."""
        self._faults.stop()
        await super().shutdown(sockets=sockets)


def described(url: str) -> dict[str, str]:
    """Return the addresses and the keys of a running sandbox."""
    return {
        "url": url,
        "endpoint": f"{url}/1.0",
        "control": f"{url}/_control",
        **world.APPLICATION,
        "consumer_key": world.CONSUMER_KEY,
        "client_id": world.CLIENT_ID,
        "client_secret": world.CLIENT_SECRET,
        "token_url": f"{url}/auth/oauth2/token",
        "account": world.ACCOUNT,
    }


def serve(sandbox: Sandbox, *, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; port 0 takes a free one."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for name in ("uvicorn", "ovh_sandbox"):
        logging.getLogger(name).setLevel(logging.INFO)
    # With the protocol named, asyncio switches Nagle's delay off: 3 ms a call instead of 46.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
    url = f"http://{shown}:{listener.getsockname()[1]}"
    config = uvicorn.Config(
        application(sandbox),
        http=Breakable,
        loop="asyncio",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=3,
    )
    exports.resume(sandbox)
    slots.resume(sandbox)
    strangers = Strangers(sandbox)
    caller = Caller(sandbox)
    for thread in (strangers, caller):
        thread.start()
    # Uvicorn raises the signal once more after a clean end; here it has done its work by then.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    Server(config, json.dumps(described(url)), sandbox.faults).run(sockets=[listener])
    strangers.stop()
    caller.stop()
    sandbox.workers.shutdown(wait=False, cancel_futures=True)
