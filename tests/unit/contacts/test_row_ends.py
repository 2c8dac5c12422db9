"""Until when a message is of use, as contact lists write it."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from ovh_sms.contacts.classify.row_ends import RowEnds
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.cell_text import CellForm
from ovh_sms.messaging.valid_until import ValidUntil

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
        # More than one moment, or words behind it: which one counts is not certain.
        ("05/12/2026 14h30 à 15h", None),
        ("05/12/2026 14:30 - 16:00", None),
        ("2026-12-05 14:30 - 16:00", None),
        ("05/12/2026 9:00 10:00", None),
        ("05/12/2026 ou 06/12/2026 14:30", None),
        ("05/12/2026 14:30 salle 1234", None),
        ("5 décembre 2026 14h30 salle 2026", None),
        ("5 décembre 2026 au 7 janvier 2027", None),
        # What databases write for no date.
        ("0001-01-01 00:00:00", None),
        ("01/01/0001 00:00", None),
    ],
)
def test_a_moment_is_read_or_refused(value: str, end: str | None) -> None:
    found = RowEnds(ContactOptions()).end_of(value)
    expected = end and datetime.fromisoformat(end).replace(tzinfo=PARIS).timestamp()
    assert (found and found.timestamp()) == expected


def test_the_form_of_dates_comes_first() -> None:
    american = RowEnds(ContactOptions(date_format="%m/%d/%Y %H:%M", timezone="America/Martinique"))
    assert american.end_of("05/12/2026 14:30") == datetime(2026, 5, 12, 14, 30, tzinfo=ZoneInfo("America/Martinique"))


@pytest.mark.parametrize("form", ["%m/%d/%Y", "%m/%d/%y", "%d/%m/%Y", "%y/%m/%d", "%Y-%m-%d", "%d/%m/%Y %H:%M"])
@pytest.mark.parametrize("cell", ["2027-05-12 14:30", "2027-12-05 09:05", "2027-05-12"])
def test_a_cell_that_is_a_moment_keeps_it_in_any_form_of_dates(form: str, cell: str) -> None:
    """``05/12/2027 14:30`` is in May if the list writes the month first."""
    moment = datetime.fromisoformat(cell)
    options = ContactOptions(date_format=form)
    found = RowEnds(options).end_of(CellForm.of(options).moment(moment))
    day_alone = moment.hour == 0 and "%H" not in form
    expected = moment.replace(hour=23, minute=59, second=59) if day_alone else moment
    assert found == expected.replace(tzinfo=PARIS)


@pytest.mark.parametrize("value", ["13/05/2027", "13/05/2027 14:30", "05-12-2027 14:30", "12.05.2027"])
def test_a_list_that_writes_the_month_first_is_not_read_in_french(value: str) -> None:
    assert RowEnds(ContactOptions(date_format="%m/%d/%Y")).end_of(value) is None


def test_a_form_without_a_year_names_no_moment() -> None:
    assert RowEnds(ContactOptions(date_format="%d/%m")).end_of("05/12") is None


@pytest.mark.parametrize(
    "value", ["9999-12-31 23:59:59", "31/12/9999", "9999-12-31T23:59:59Z", "9999-12-31T23:59-04:00"]
)
@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Martinique", "Pacific/Noumea"])
def test_the_end_of_the_calendar_is_no_end(value: str, zone: str) -> None:
    found = RowEnds(ContactOptions(timezone=zone)).end_of(value)
    assert found is not None
    assert found.astimezone(PARIS).year >= 9998


@pytest.mark.parametrize("text", ["2026-03-29 02:30", "2026-10-25 02:30", "2026-11-25 14:30"])
def test_a_campaign_and_a_row_mean_the_same_moment(text: str) -> None:
    """Also on the days on which clocks skip an hour or show it twice."""
    day, clock = text.split()
    row = RowEnds(ContactOptions()).end_of(text)
    assert row is not None
    of_day = ValidUntil(time_of_day=time.fromisoformat(clock)).of_run(datetime.fromisoformat(day).replace(tzinfo=PARIS))
    of_moment = ValidUntil(moment=datetime.fromisoformat(text)).of_run(datetime.now(PARIS))
    assert of_day is not None
    assert of_moment is not None
    assert row.timestamp() == of_day.timestamp() == of_moment.timestamp()
