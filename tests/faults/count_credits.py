"""Counts orders, payments and transfers of a plan from the sandbox's truth alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

#: The counts that must be 0.
CREDIT_BREACHES = ("double_payments", "double_transfers", "credits_lost")


class Run(Protocol):
    """Every run that writes credits."""

    result: Mapping[str, Any]

    @property
    def sent(self) -> bool:
        """Whether it ended in success."""


class PaidRun(Run, Protocol):
    """A run that pays an order."""

    @property
    def order_id(self) -> int | None:
        """OVH's id of the order."""


class TransferRun(Run, Protocol):
    """A run that transfers credits, and another number of them than every other run."""

    quantity: int


def double_payments(truth: Mapping[str, Any]) -> int:
    """Count the payments of orders that were paid already."""
    return int(truth["orders"]["double_payments"])


def double_transfers(truth: Mapping[str, Any], transferring: Sequence[TransferRun]) -> int:
    """Count the transfers beside another one, or beside an order, for the one need of a plan."""
    made = len(truth["transfers"])
    return max(made + (truth["orders"]["made"] if made else 0) - 1, 0) if transferring else made


def credits_lost(truth: Mapping[str, Any], transferring: Sequence[TransferRun]) -> float:
    """Add up the credits that no event explains, and those of transfers that were reported and not made."""
    missing = sum(abs(each["lost"]) for each in truth["ledger"].values())
    made = Counter(each["credits"] for each in truth["transfers"])
    reported = [run.result for run in transferring if run.sent and run.result.get("credits")]
    return float(missing + sum(each["credits"] for each in reported if not made[each["credits"]]))


def payments_lost(truth: Mapping[str, Any], paying: Sequence[PaidRun]) -> int:
    """Count the payments that were reported as made and that OVH has not taken."""
    orders = [order for each in truth["orders"]["by_account"].values() for order in each]
    taken = {order["id"] for order in orders if any(each["accepted"] for each in order["payments"])}
    return sum(
        run.sent and run.result.get("result") in ("paid", "already paid") and run.order_id not in taken
        for run in paying
    )
