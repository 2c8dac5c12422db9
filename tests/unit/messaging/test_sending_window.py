from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.sending_window import SendingWindow

PARIS = ZoneInfo("Europe/Paris")
WINDOW = SendingWindow()


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-07-15T08:00", "2026-07-15T08:00"),  # a Wednesday
        ("2026-07-15T19:59:59", "2026-07-15T19:59:59"),
        ("2026-07-15T07:59:59", "2026-07-15T08:00"),
        ("2026-07-15T20:00", "2026-07-16T08:00"),
        ("2026-07-17T20:00", "2026-07-20T08:00"),  # Friday evening
        ("2026-07-18T10:00", "2026-07-20T08:00"),  # Saturday
        ("2026-07-14T10:00", "2026-07-15T08:00"),  # national day
        ("2026-04-06T10:00", "2026-04-07T08:00"),  # Easter Monday
        ("2025-12-31T21:00", "2026-01-02T08:00"),  # across the year and its first day
        ("2026-12-24T20:00", "2026-12-28T08:00"),  # Christmas on a Friday
    ],
)
def test_window_of_france(moment: str, opens: str) -> None:
    assert WINDOW.opens_at(paris(moment)) == paris(opens)
    assert WINDOW.is_open(paris(moment)) == (moment == opens)


def test_hours_are_paris_hours_in_summer_and_winter() -> None:
    assert WINDOW.opens_at(datetime(2026, 7, 15, 5, 0, tzinfo=UTC)) == datetime(2026, 7, 15, 6, 0, tzinfo=UTC)
    assert WINDOW.opens_at(datetime(2026, 1, 14, 5, 0, tzinfo=UTC)) == datetime(2026, 1, 14, 7, 0, tzinfo=UTC)
    open_moment = datetime(2026, 1, 14, 12, 0, tzinfo=UTC)
    assert WINDOW.opens_at(open_moment) is open_moment


def test_everything_is_adjustable() -> None:
    old = SendingWindow(start=8, end=22, weekdays=(0, 1, 2, 3, 4, 5), holidays_of=None)
    assert old.is_open(paris("2026-07-18T21:59"))  # Saturday
    assert old.is_open(paris("2026-07-14T10:00"))
    assert SendingWindow(start=0, end=24, weekdays=tuple(range(7)), holidays_of=None).is_open(paris("2026-07-19T23:59"))
    good_friday = paris("2026-04-03T10:00")
    assert WINDOW.is_open(good_friday)
    assert not SendingWindow(subdivision="Moselle").is_open(good_friday)
    assert SendingWindow(zone="Indian/Reunion").is_open(datetime(2026, 7, 15, 4, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": 20, "end": 8}, {"start": 8, "end": 8}, {"end": 25}, {"weekdays": ()}, {"weekdays": (7,)},
        {"zone": "Paris"},
    ],
)  # fmt: skip
def test_windows_that_never_open_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="Give"):
        SendingWindow(**wrong)  # type: ignore[arg-type]


def test_moment_without_zone_and_unknown_country_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="without a time zone"):
        WINDOW.opens_at(datetime(2026, 7, 15, 9))  # noqa: DTZ001
    with pytest.raises(ConfigurationError, match="holidays of XX are unknown"):
        SendingWindow(holidays_of="XX").is_open(paris("2026-07-15T09:00"))


@settings(max_examples=100, deadline=None)
@given(
    moment=st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
)
def test_opening_is_the_next_open_moment(moment: datetime) -> None:
    opens = WINDOW.opens_at(moment)
    assert opens >= moment
    assert WINDOW.is_open(opens)
    assert WINDOW.opens_at(opens) == opens
    if opens > moment:
        assert not WINDOW.is_open(opens - timedelta(seconds=1))
