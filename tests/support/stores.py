"""Stores for tests, their tables made."""

from __future__ import annotations

from pathlib import Path

from ovh_sms.clock import Clock
from ovh_sms.store import migrate
from ovh_sms.store.store import Store


def new_store(where: Path | str, *, clock: Clock | None = None) -> Store:
    store = Store(where if isinstance(where, str) else f"sqlite:///{where}", clock=clock)
    migrate.init(store)
    return store
