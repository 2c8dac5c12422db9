"""Until when a message is of use, as contact lists write it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.contacts.classify.row_ends import RowEnds
from ovh_sms.contacts.options import ContactOptions

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("value", "end"),
    [
        ("05/12/2026 14:30", "2026-12-05T14:30"),
        (" 5/12/26  9:05 ", "2026-12-05T09:05"),
        ("05/12/2026 14:30:59", "2026-12-05T14:30:59"),
        ("2026-12-05 14:30", "2026-12-05T14:30"),
        ("2026-12-05T14:30:00", "2026-12-05T14:30"),
        ("2026-12-05 14:30:00.000", "2026-12-05T14:30"),
        ("2026-12-05T13:30:00Z", "2026-12-05T14:30"),
        ("2026-12-05 09:30:00-04:00", "2026-12-05T14:30"),
        ("5 décembre 2026 à 14h30", "2026-12-05T14:30"),
        ("samedi 5 décembre 2026 à 14 h", "2026-12-05T14:00"),
        ("05/12/2026 à 14h", "2026-12-05T14:00"),
        ("05/12/2026", "2026-12-05T23:59:59"),
        ("2026-12-05", "2026-12-05T23:59:59"),
        ("5 décembre 2026", "2026-12-05T23:59:59"),
        ("25/10/2026 02:30", "2026-10-25T02:30"),  # comes twice: the first
        ("", None),
        ("14:30", None),
        ("demain", None),
        ("05/12", None),
        ("31/02/2026 10:00", None),
        ("05/12/2026 25:00", None),
        ("05/12/2026 14:30 ou 15:00", None),
        ("05/12/2026 vers 15h", None),
        ("2026-12-05 14", None),
        ("45997.604", None),
        ("0001-01-01 00:00:00", None),  # as databases write no day
    ],
)
def test_a_moment_is_read_or_refused(value: str, end: str | None) -> None:
    found = RowEnds(ContactOptions()).end_of(value)
    expected = end and datetime.fromisoformat(end).replace(tzinfo=PARIS).timestamp()
    assert (found and found.timestamp()) == expected


def test_the_form_of_dates_comes_first() -> None:
    american = RowEnds(ContactOptions(date_format="%m/%d/%Y %H:%M", timezone="America/Martinique"))
    assert american.end_of("05/12/2026 14:30") == datetime(2026, 5, 12, 14, 30, tzinfo=ZoneInfo("America/Martinique"))


@pytest.mark.parametrize(
    ("value", "end"),
    [("05/12/2026", "2026-05-12T23:59:59"), ("05/12/2026 14:30", None), ("2026-05-12 14:30", "2026-05-12T14:30")],
)
def test_where_the_month_comes_first_no_day_is_read_as_french(value: str, end: str | None) -> None:
    found = RowEnds(ContactOptions(date_format="%m/%d/%Y")).end_of(value)
    expected = end and datetime.fromisoformat(end).replace(tzinfo=PARIS).timestamp()
    assert (found and found.timestamp()) == expected
