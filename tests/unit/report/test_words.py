"""Numbers as people read them, and never rounder than the truth."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.report.language import translator
from ovh_sms.report.words import count, difference, duration, moment, money, percent


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0.0, "0 %"),
        (0.004, "< 0.01 %"),
        (0.415, "0.41 %"),
        (2.06, "2.1 %"),
        (99.94, "99.9 %"),
        (99.96, "99.96 %"),
        (99.999, "99.99 %"),
        (100.0, "100 %"),
    ],
)
def test_percentages(value: float | None, shown: str) -> None:
    assert percent(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "–"),
        (0, "0 s"),
        (6.5, "6.5 s"),
        (8.949, "8.9 s"),
        (59.7, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (3725, "1 h 2 min"),
        (3605, "1 h"),
        (90_000, "1 d 1 h"),
    ],
)
def test_durations(seconds: float | None, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (0, "0"), (9618.0, "9,618"), (0.5, "0.5"), (1234.25, "1,234.25")]
)
def test_counts(value: float | None, shown: str) -> None:
    assert count(value) == shown


@pytest.mark.parametrize(
    ("spent", "estimated", "shown"),
    [
        (None, 3.0, "3 estimated"),
        (3.0, 3.0, "exactly the 3 estimated"),
        (5.0, 3.0, "2 more than the 3 estimated"),
        (1.0, 3.0, "2 fewer than the 3 estimated"),
    ],
)
def test_credits_compared(spent: float | None, estimated: float, shown: str) -> None:
    assert difference(spent, estimated, translator("en")) == shown


def test_french_writes_numbers_in_its_own_way() -> None:
    assert (count(12_345, "fr"), count(1234.5, "fr"), count(None, "fr")) == ("12\u202f345", "1\u202f234,5", "–")
    assert (percent(95.9, "fr"), percent(0.004, "fr")) == ("95,9 %", "< 0,01 %")
    assert (duration(6.5, "fr"), duration(90_000, "fr")) == ("6,5 s", "1 j 1 h")
    at = datetime(2026, 2, 1, 9, 2, tzinfo=UTC)
    assert moment(at, ZoneInfo("Europe/Paris"), "fr") == "1 février 2026, 10:02"


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (402.62, "402.62 EUR"), (1930.0, "1,930.00 EUR"), (0.0411, "0.0411 EUR")]
)
def test_money(value: float | None, shown: str) -> None:
    assert money(value, "EUR") == shown
