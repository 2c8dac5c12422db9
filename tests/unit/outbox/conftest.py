"""The sandbox of this folder, and the outbox of its account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ovh_sms.store.store import Store
from support.leaping_time import LeapingTime
from support.outbox import Outbox
from support.sandbox import SandboxProcess
from support.stores import new_store
from support.worlds import leaping, sandbox, world

__all__ = ["leaping", "sandbox", "world"]


@pytest.fixture
def outbox_store(tmp_path: Path) -> Iterator[Store]:
    store = new_store(tmp_path / "data" / "outbox.sqlite")
    yield store
    store.close()


@pytest.fixture
def outbox(sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path) -> Iterator[Outbox]:
    found = Outbox(sandbox, tmp_path / "data")
    yield found
    found.store.close()
