"""The sample sendings, stored once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ovh_sms.store.store import ResultsStore
from unit.report.report_sample import fill


@pytest.fixture(scope="session")
def filled_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ResultsStore]:
    store = fill(ResultsStore(f"sqlite:///{tmp_path_factory.mktemp('results')}/results.sqlite"))
    yield store
    store.close()


@pytest.fixture
def empty_store(tmp_path: Path) -> Iterator[ResultsStore]:
    store = ResultsStore(f"sqlite:///{tmp_path}/results.sqlite")
    store.migrate()
    yield store
    store.close()
