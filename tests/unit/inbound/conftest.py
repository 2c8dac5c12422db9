"""The sandbox of this folder, and the store beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ovh_sms.store.store import Store
from support.sandbox import SandboxProcess
from support.worlds import sandbox, world

__all__ = ["sandbox", "world"]


@pytest.fixture
def store(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path}/data/results.sqlite")
    yield store
    store.close()
