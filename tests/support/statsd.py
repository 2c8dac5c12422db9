"""A StatsD server of a test's own: keeps what Airflow's client sends it."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

#: One line of StatsD with tags as InfluxDB has them: ``airflow.ovh_sms.messages.submitted,account=…:12|c``.
_LINE = re.compile(r"(?P<name>[^,:|]+)(?P<tags>(?:,[^,:|=]+=[^,:|=]*)*):(?P<value>[-+.\de]+)\|(?P<kind>c|g|ms)")


@dataclass(frozen=True)
class Emitted:
    """One value that was sent; ``kind`` is StatsD's letter, and a timer's value is in milliseconds."""

    name: str
    tags: dict[str, str]
    value: float
    kind: str


@dataclass
class StatsdServer:
    """All lines that have come so far.

    :ivar lines: as they came.
    """

    port: int
    lines: list[str] = field(default_factory=list)

    def env(self) -> dict[str, str]:
        """Environment of an Airflow that sends its metrics here."""
        return {
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(self.port),
            "AIRFLOW__METRICS__STATSD_PREFIX": "airflow",
            "AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED": "True",
        }

    def ours(self) -> list[Emitted]:
        """The values of this package, below Airflow's prefix."""
        found = []
        for line in self.lines:
            if not line.startswith("airflow.ovh_sms."):
                continue
            it = _LINE.fullmatch(line)
            assert it is not None, line
            tags = dict(each.split("=", 1) for each in it["tags"].split(",")[1:])
            found.append(Emitted(it["name"].removeprefix("airflow."), tags, float(it["value"]), it["kind"]))
        return found


@contextmanager
def statsd_server() -> Iterator[StatsdServer]:
    """Take StatsD's packets on a port of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        sock.settimeout(0.1)
        found, ends = StatsdServer(sock.getsockname()[1]), threading.Event()

        def take() -> None:
            while True:
                try:
                    found.lines.extend(sock.recv(65_536).decode().splitlines())
                except TimeoutError:
                    if ends.is_set():
                        return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            ends.set()
            thread.join(timeout=10)
