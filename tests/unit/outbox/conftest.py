"""The sandbox of this folder, and the store beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ovh_sms.store.store import Store
from support.stores import new_store
from support.worlds import sandbox, world

__all__ = ["sandbox", "world"]


@pytest.fixture
def outbox_store(tmp_path: Path) -> Iterator[Store]:
    store = new_store(tmp_path / "data" / "outbox.sqlite")
    yield store
    store.close()
