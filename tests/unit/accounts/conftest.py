"""The sandbox of this folder, and a desk at which users are compared and changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ovh_sms.hooks.store import ResultsHook
from support.sandbox import SandboxProcess
from support.worlds import leaping, sandbox, world
from unit.accounts.desk import UserDesk

__all__ = ["leaping", "sandbox", "world"]


@pytest.fixture
def desk(sandbox: SandboxProcess) -> Iterator[UserDesk]:
    """An account with 1,000 credits."""
    made = UserDesk(sandbox, ResultsHook().store)
    yield made
    made.store.close()
