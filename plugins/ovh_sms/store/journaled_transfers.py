"""Credits that were transferred, as the journal knows them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class JournaledTransfer(NamedTuple):
    """Credits that were transferred.

    :param after: OVH's time when they were not transferred yet.
    :param before: OVH's time when they were.
    :param is_exact: whether exactly these were, and not perhaps none of them.
    """

    source: str
    target: str
    credits: float
    after: datetime
    before: datetime
    is_exact: bool = True
