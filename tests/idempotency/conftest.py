"""One task instance at a made-up OVH, on a clock that only the test moves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fake_clock import FakeClock
from support.fake_remote import FakeOvh, FakeTask
from support.stores import hasty_store


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "results.sqlite"
    hasty_store(path).close()
    return path


@pytest.fixture
def task(tmp_path: Path, clock: FakeClock, empty_database: Path) -> Iterator[FakeTask]:
    store = hasty_store(shutil.copy(empty_database, tmp_path / "results.sqlite"), clock=clock)
    yield FakeTask(ovh=FakeOvh(clock), store=store)
    store.close()


@pytest.fixture
def ovh(task: FakeTask) -> FakeOvh:
    return task.ovh
