"""Readings and events of an account, in seconds since the start of a history."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from ovh_sms.sending.account_balance import BalanceReading, ListedMessage, explained
from ovh_sms.store.withdrawals import Withdrawal

START = datetime(2026, 3, 3, 9, tzinfo=UTC)
LEAST = 1.0


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def reading(second: float, credits_left: float, *, until: float | None = None) -> BalanceReading:
    return BalanceReading(second=at(second), credits=credits_left, second_after=None if until is None else at(until))


def message(second: float, cost: float = 1.0) -> ListedMessage:
    return ListedMessage(created=at(second), credits=cost)


def withdrawal(created: float, deleted: float, cost: float = 1.0) -> Withdrawal:
    return Withdrawal(message_id=1, created_at=at(created), at=at(deleted), credits=cost)


def first_explained(
    before: BalanceReading, readings: Iterable[BalanceReading], *, messages: Iterable[ListedMessage], **given: Any
) -> BalanceReading | None:
    """The first of several readings whose missing credits are explained; ``None`` if there is none."""
    listed = list(messages)
    return next((each for each in readings if explained(before, each, messages=listed, **given)), None)
