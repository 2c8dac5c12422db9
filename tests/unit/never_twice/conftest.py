"""The sandbox of this folder, in a time of the tests' own."""

import pytest

from support.leaping_time import LeapingTime
from support.worlds import leaping, sandbox, world

__all__ = ["leaping", "sandbox", "world"]


@pytest.fixture(autouse=True)
def _no_wait_takes_time(leaping: LeapingTime) -> None:
    """Tests of two threads let one of them wait at most."""
