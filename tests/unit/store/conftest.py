"""A results database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ovh_sms.store.store import Store
from support.postgresql import new_database, postgresql_server
from support.stores import new_store

__all__ = ["postgresql_server"]

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.services)]


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest) -> str:
    return new_database(request.getfixturevalue("postgresql_server"))


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/a folder/results.sqlite"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = new_store(url)
    yield store
    store.close()
