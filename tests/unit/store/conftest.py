"""A results database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ovh_sms.store.store import ResultsStore
from support.postgresql import new_database, postgresql_server

__all__ = ["postgresql_server"]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/a folder/results.sqlite"
    return new_database(request.getfixturevalue("postgresql_server"))


@pytest.fixture
def store(url: str) -> Iterator[ResultsStore]:
    results = ResultsStore(url)
    results.migrate()
    yield results
    results.close()
