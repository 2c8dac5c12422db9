"""Log lines of Airflow's tasks and hooks, through structlog or Python's own logging."""

from __future__ import annotations

import logging
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs


@dataclass
class Log:
    """Everything logged so far."""

    records: list[MutableMapping[str, Any]] = field(default_factory=list)
    caplog: pytest.LogCaptureFixture | None = None

    @property
    def text(self) -> str:
        lines = []
        for each in self.records:
            event, given = str(each["event"]), each.get("positional_args", ())
            lines.append(event % tuple(given) if given else event)
        return "\n".join(lines) + (self.caplog.text if self.caplog else "")

    def clear(self) -> None:
        self.records.clear()
        if self.caplog:
            self.caplog.clear()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[Log]:
    caplog.set_level(logging.DEBUG)
    with capture_logs() as records:
        yield Log(records, caplog)
