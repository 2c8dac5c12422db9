"""One sandbox process for this folder; each test meets a new world."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.sandbox import SandboxProcess
from support.signed import Signed


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("sandbox")) as running:
        yield running
        assert "Traceback" not in running.log()


@pytest.fixture
def sandbox(sandbox_process: SandboxProcess) -> SandboxProcess:
    sandbox_process.clock(speed=1)
    sandbox_process.reset()
    return sandbox_process


@pytest.fixture
def api(sandbox: SandboxProcess) -> Signed:
    return Signed(sandbox)
