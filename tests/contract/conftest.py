"""These tests hold both sides against OVH's own description of its API; they are skipped where it is absent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.openapi import Described, absent
from support.sandbox import SandboxProcess


@pytest.fixture(scope="session", autouse=True)
def _descriptions() -> None:
    if reason := absent():
        pytest.skip(reason)


@pytest.fixture(scope="session")
def answers_described(_descriptions: None) -> Described:
    """Descriptions for answers: every field, and no other."""
    return Described(whole=True)


@pytest.fixture(scope="session")
def requests_described(_descriptions: None) -> Described:
    """Descriptions for requests, as OVH gives them."""
    return Described(whole=False)


@pytest.fixture(scope="session")
def contract_sandbox(_descriptions: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(tmp_path_factory.mktemp("contract")) as running:
        yield running
