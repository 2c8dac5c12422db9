"""The command, the sandbox and an empty folder of campaigns."""

from __future__ import annotations

import pytest

from support.cli import Command
from support.worlds import leaping, sandbox, world

__all__ = ["leaping", "sandbox", "world"]


@pytest.fixture(autouse=True)
def _process_context(monkeypatch: pytest.MonkeyPatch) -> None:
    # The command changes it for its process; here it is put back after each test.
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")


@pytest.fixture
def ovh_sms(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)
