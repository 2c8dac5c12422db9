"""The sandbox of this folder, and a desk at which credits are ordered, paid and transferred."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from ovh_sms.hooks.store import ResultsHook
from support.sandbox import SandboxProcess
from support.worlds import leaping, sandbox, world
from unit.credits.desk import Desk

__all__ = ["leaping", "sandbox", "world"]

_numbers = count(1)


@pytest.fixture
def desk(sandbox: SandboxProcess) -> Iterator[Desk]:
    """An account with 50 credits, and a central one with 10,000."""
    sandbox.account(creditsLeft=50)
    central = f"sms-cr{next(_numbers):05d}-9"
    sandbox.add_account(central, creditsLeft=10_000)
    sandbox.features(second_payment="accepted", delivery_seconds=60.0)
    made = Desk(sandbox, ResultsHook().store, central)
    yield made
    made.close()
