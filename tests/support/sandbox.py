"""A sandbox in a process of its own, for tests of any suite."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Keys:
    """The keys of a running sandbox."""

    application_key: str
    application_secret: str
    consumer_key: str
    client_id: str
    client_secret: str
    token_url: str


class SandboxProcess:
    """``with SandboxProcess(tmp_path) as sandbox: ...``; ended with the block.

    :param folder: where its state and its log are kept; the same folder carries the same world on.
    :param speed: simulated seconds per real second, 0 for a clock that only the test moves.
    :param port: 0 takes a free one; give the former port to restart at the same address.
    :param start: simulated moment of a new world, ISO 8601; the default is a Tuesday at 10:00 in Paris, within
        its sending window. None starts at the real time.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: int = 1,
        speed: float | None = None,
        start: str | None = "2026-03-03T10:00:00+01:00",
        port: int = 0,
    ) -> None:
        self.folder = Path(folder)
        self.seed = seed
        self.speed = speed
        self.advanced = 0.0
        self.start_at = start
        self.port = port
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> SandboxProcess:
        """Start it and wait until it is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "ovh_sandbox", "--port", str(self.port), "--seed", str(self.seed)]
        command += ["--state", str(self.folder / "sandbox.sqlite")]
        command += ["--start", self.start_at] if self.start_at else []
        command += ["--speed", str(self.speed)] if self.speed is not None else []
        with (self.folder / "sandbox.log").open("a") as log:
            self.process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT / "include")},
                cwd=self.folder,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.stop()
            raise RuntimeError(f"the sandbox did not start: {self.log()}")
        ready = json.loads(line)
        self.url: str = ready["url"]
        self.endpoint: str = ready["endpoint"]
        self.control: str = ready["control"]
        self.account_name: str = ready["account"]
        self.keys = Keys(**{name: ready[name] for name in Keys.__dataclass_fields__})
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def __enter__(self) -> SandboxProcess:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> int | None:
        """End it cleanly; its state stays in the folder. Returns the exit status."""
        return self._end("terminate")

    def kill(self) -> int | None:
        """End it as a crash would."""
        return self._end("kill")

    def _end(self, how: str) -> int | None:
        process, self.process = self.process, None
        if process is None:
            return None
        getattr(process, how)()
        try:
            return process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait(15)
        finally:
            assert process.stdout is not None
            process.stdout.close()

    def log(self) -> str:
        """Its stderr."""
        return (self.folder / "sandbox.log").read_text()

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Call the control side; returns the decoded answer."""
        return json.loads(self._raw(method, path, body, **query))

    def _raw(self, method: str, path: str, body: Any = None, **query: Any) -> bytes:
        given = {name: value for name, value in query.items() if value is not None}
        url = self.control + path + (f"?{urllib.parse.urlencode(given)}" if given else "")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"} if data else {}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            content: bytes = answer.read()
            return content

    def fault(self, kind: str, **about: Any) -> int:
        """Order a fault: ``fault("lost_answer", method="POST", path="/sms/*/jobs")``. Returns its id."""
        number: int = self.ask("POST", "/faults", {"kind": kind, **about})["id"]
        return number

    def faults(self) -> list[dict[str, Any]]:
        """The faults ordered, with ``remaining`` and ``fired``."""
        listed: list[dict[str, Any]] = self.ask("GET", "/faults")
        return listed

    def fired(self) -> dict[str, int]:
        """How often each kind of fault fired, faults since cleared included."""
        by_kind: dict[str, int] = self.ask("GET", "/faults/fired")["by_kind"]
        return by_kind

    def holding(self, fault: int) -> list[dict[str, Any]]:
        """The calls a fault holds right now, with ``seconds`` and ``client_gone``."""
        return [held for listed in self.faults() if listed["id"] == fault for held in listed["holding"]]

    def wait_held(self, fault: int, *, seconds: float = 60.0) -> dict[str, Any]:
        """Wait until a fault holds a call; returns the held call."""
        held: list[dict[str, Any]] = self.wait_until(lambda: self.holding(fault), seconds=seconds)
        return held[0]

    def release(self, fault: int) -> int:
        """Let the calls go that a fault holds; returns how many."""
        released: int = self.ask("POST", f"/faults/{fault}/release")["released"]
        return released

    def clear_faults(self) -> None:
        """Forget all faults and let go what they hold; what fired stays counted."""
        self.ask("DELETE", "/faults")

    def rate_limit(self, per_minute: int | None, *, retry_after: bool = True) -> None:
        """Limit the calls per minute; None lifts the limit."""
        self.ask("POST", "/rate_limit", {"per_minute": per_minute, "retry_after": retry_after})

    def truth(self, tag: str | None = None, *, account: str | None = None) -> dict[str, Any]:
        """Counts of what was really accepted and what became of it."""
        counts: dict[str, Any] = self.ask("GET", "/truth", tag=tag, account=account)
        return counts

    def messages(self, tag: str | None = None, *, account: str | None = None) -> list[dict[str, Any]]:
        """Every SMS that was really accepted."""
        lines = self._raw("GET", "/truth/messages", tag=tag, account=account).decode().splitlines()
        return [json.loads(line) for line in lines]

    def calls(self, call: str | None = None) -> Any:
        """Counts of API calls: all of them, or of one such as ``POST /sms/{serviceName}/jobs``."""
        counted = self.ask("GET", "/calls")
        return counted if call is None else counted["by_call"].get(call, 0)

    def reset_calls(self) -> None:
        """Count calls from zero."""
        self.ask("DELETE", "/calls")

    def clock(
        self, *, advance: float = 0.0, speed: float | None = None, offset: float | None = None, **machine: float
    ) -> dict[str, Any]:
        """Set the simulated clock forward, change its speed, or set all clocks off the machine's; in seconds.

        :param machine: ``leap``, seconds to set the machine forward, and its ``pace``.
        """
        change = {"advance": advance, "speed": speed, "offset": offset, **machine}
        moved: dict[str, Any] = self.ask("POST", "/clock", change)
        self.advanced += advance
        return moved

    def set_to(self, moment: str) -> None:
        """Set the simulated clock into that second, in ISO 8601; without speed it stays there."""
        now = datetime.fromisoformat(self.clock()["now"])
        self.clock(advance=(datetime.fromisoformat(moment) - now).total_seconds() + 0.001)

    def clock_back(self) -> None:
        """Let the simulated clock show the machine's time again, however it was moved: OVH dates messages by it."""
        shown = self.clock(speed=1.0, offset=0.0)
        now, machine = (datetime.fromisoformat(shown[name]) for name in ("now", "machine"))
        self.clock(advance=(machine - now).total_seconds())
        self.advanced = 0.0

    def key(self, rules: list[tuple[str, str]], *, expires_in: float | None = None) -> str:
        """A consumer key with exactly these rights: ``key([("GET", "/sms"), ("GET", "/sms/*")])``."""
        body = {"rules": [{"method": method, "path": path} for method, path in rules], "expires_in": expires_in}
        consumer: str = self.ask("POST", "/keys", body)["consumer_key"]
        return consumer

    def end_tokens(self) -> None:
        """End all OAuth2 tokens now."""
        self.ask("DELETE", "/tokens")

    def account(self, name: str | None = None, **changes: Any) -> None:
        """Change an account: ``creditsLeft=5``, ``expired=True``, ``senders={"WAITING": "enable"}``."""
        self.ask("PATCH", f"/accounts/{name or self.account_name}", changes)

    def add_account(self, name: str, **about: Any) -> None:
        """Add an account."""
        self.ask("POST", "/accounts", {"name": name, **about})

    def features(self, **changes: Any) -> dict[str, Any]:
        """Switch undocumented or unknown behaviour: ``features(batch_header=False)``."""
        now: dict[str, Any] = self.ask("POST", "/features", changes)
        return now

    def orders(self) -> list[dict[str, Any]]:
        """Every order of credits made."""
        made: list[dict[str, Any]] = self.ask("GET", "/orders")
        return made

    def settle_order(self, order_id: int, status: str = "delivered") -> None:
        """Set an order's status; ``delivered`` adds its credits to the account."""
        self.ask("POST", f"/orders/{order_id}", {"status": status})

    def pay_order(self, order_id: int) -> None:
        """Pay an order as a person does; it is delivered after the feature ``delivery_seconds``, simulated."""
        self.ask("POST", f"/orders/{order_id}/pay")

    def expire_order(self, order_id: int) -> None:
        """End an order that nobody has paid."""
        self.ask("POST", f"/orders/{order_id}", {"expires_in": 0})

    def payment_method(self, **about: Any) -> int:
        """Register a payment method, the default one, which pays: ``pays="refused"``. Returns its id."""
        number: int = self.ask("POST", "/payment_methods", about)["id"]
        return number

    def change_payment_method(self, number: int, **changes: Any) -> None:
        """Change a payment method: ``pays="returned"``, ``status="EXPIRED"``, ``listed=False``."""
        self.ask("PATCH", f"/payment_methods/{number}", changes)

    def block(self, number: str, *, account: str | None = None) -> None:
        """Put a number on the blacklist."""
        self.ask("POST", "/blacklist", {"account": account or self.account_name, "number": number})

    def reply(self, receiver: str, text: str, **about: Any) -> dict[str, Any]:
        """Let a person answer the newest message that this person can answer; ``about`` as in the README.

        Returns ``id`` (OVH's, None while it is on its way), ``account``, ``tag``, ``outgoing_id`` and ``stop``.
        """
        made: dict[str, Any] = self.ask("POST", "/replies", {"receiver": receiver, "text": text, **about})
        return made

    def reply_all(self, replies: list[dict[str, Any]]) -> None:
        """Let many people answer in one call; each as :meth:`reply`, with ``receiver`` and ``text``."""
        self.ask("POST", "/replies/bulk", {"replies": replies})

    def replies(self, tag: str | None = None, *, account: str | None = None) -> list[dict[str, Any]]:
        """Every reply that OVH has really received, the oldest first."""
        received: list[dict[str, Any]] = self.ask("GET", "/truth/replies", tag=tag, account=account)
        return received

    def reset(self) -> None:
        """A new world in the same process."""
        self.ask("POST", "/reset")

    def wait_until(self, check: Any, *, seconds: float = 60.0) -> Any:
        """Call ``check`` until it is true; returns its value. The limit matters only if it never is."""
        end = time.monotonic() + seconds
        while not (value := check()):
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s")
            time.sleep(0.05)
        return value
