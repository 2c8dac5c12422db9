"""The sample submissions, stored once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ovh_sms.store.store import Store
from support.stores import new_store
from unit.report.report_sample import fill


@pytest.fixture(scope="session")
def filled_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = fill(tmp_path_factory.mktemp("results") / "results.sqlite")
    yield store
    store.close()


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[Store]:
    store = new_store(tmp_path / "results.sqlite")
    yield store
    store.close()
