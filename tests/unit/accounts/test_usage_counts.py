"""The messages of an export are counted by day in Paris, user, tag, sender, country and segments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ovh_sms.accounts.usage_counts import Group, UsageCounter
from ovh_sms.accounts.usage_month import UsageMonth, local_text
from ovh_sms.errors import ConfigurationError, Unavailable

HEADER = "id;date;sender;receiver;ptt;operatorCode;descriptionDlr;tag;message;sentAt;deliveredAt"


def export(path: Path, rows: Sequence[tuple[int, str, str, str, str]]) -> Path:
    """Write an export; each row is an id, a date, a receiver, a tag and a text."""
    lines = [f"{at};{date};SHOP;{to};4;20801;ok;{tag};{text};{date};{date}" for at, date, to, tag, text in rows]
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


def test_messages_are_counted_by_what_they_share(tmp_path: Path) -> None:
    path = export(
        tmp_path / "a.csv",
        [
            (1, "2026-10-31 23:59:59", "+33639980001", "t", "a"),
            (2, "2026-11-01 00:00:00", "+33639980002", "t", "a"),
            (3, "2026-10-31 23:00:00+00:00", "+32470000000", "t", "a" * 161),
            (4, "2026-11-01 12:00:00", "+14165550100", "", "b"),
            (5, "2026-11-01 12:00:00", "+33639980001", "t", "c"),
        ],
    )
    counter = UsageCounter(refunded=[2])
    assert counter.count(path) == 5
    november = Group("2026-11-01", 0, "", "t", "SHOP", "33", 1)
    assert counter.messages == {
        Group("2026-10-31", 0, "", "t", "SHOP", "33", 1): 1,
        november: 2,
        Group("2026-11-01", 0, "", "t", "SHOP", "32", 2): 1,
        Group("2026-11-01", 0, "", "", "SHOP", "1 CA", 1): 1,
    }
    assert counter.refunded == {november: 1}


def test_a_message_of_a_user_is_not_counted_again_for_the_account(tmp_path: Path) -> None:
    own = [(1, "2026-10-01 10:00:00", "+33639980001", "t", "a"), (3, "2026-10-01 10:00:00", "+33639980001", "t", "a")]
    other = [(2, "2026-10-01 10:00:00", "+33639980001", "t", "a")]
    counter = UsageCounter()
    assert counter.count(export(tmp_path / "u.csv", own), user="anna") == 2
    assert counter.count(export(tmp_path / "a.csv", [*own, *other])) == 1
    assert {group.user: count for group, count in counter.messages.items()} == {"anna": 2, "": 1}


def test_messages_are_counted_apart_between_edges(tmp_path: Path) -> None:
    dates = ["2026-10-04 05:59:59", "2026-10-04 06:00:00", "2026-10-04 06:00:01", "2026-10-05 00:00:00"]
    rows = [(at, date, "+33639980001", "t", "a") for at, date in enumerate(dates)]
    counter = UsageCounter(edges=["2026-10-04 06:00:00", "2026-10-04 23:00:00"])
    counter.count(export(tmp_path / "a.csv", rows))
    assert {group.interval: count for group, count in counter.messages.items()} == {0: 2, 1: 1, 2: 1}


def test_the_clause_counts_once_whether_the_export_shows_it_or_not(tmp_path: Path) -> None:
    counter = UsageCounter(marketing=["ad"])
    date, receiver, text = "2026-10-01 10:00:00", "+33639980001", "a" * 150
    rows = [
        (1, date, receiver, "ad", text),
        (2, date, receiver, "ad", f'"{text[:149]}\nSTOP 36111"'),
        (3, date, receiver, "no", text),
    ]
    counter.count(export(tmp_path / "a.csv", rows))
    assert {(group.tag, group.segments): count for group, count in counter.messages.items()} == {
        ("ad", 2): 1,
        ("ad", 1): 1,
        ("no", 1): 1,
    }


def test_an_export_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\n1;2026-10-01 10:00:00;SHOP;+33639980001;4\n", encoding="utf-8")
    with pytest.raises(Unavailable):
        UsageCounter().count(path)


def test_a_month_begins_at_midnight_in_paris_in_summer_and_winter() -> None:
    october = UsageMonth.read("2026-10")
    assert (october.start, october.end) == (
        datetime(2026, 9, 30, 22, tzinfo=UTC),
        datetime(2026, 10, 31, 23, tzinfo=UTC),
    )
    assert (str(october.previous), str(october.next)) == ("2026-09", "2026-11")
    assert UsageMonth.of(october.end) == october.next
    assert UsageMonth.of(october.end - timedelta(seconds=1)) == october
    assert local_text(october.end) == "2026-11-01 00:00:00"
    assert not october.is_final(october.end + timedelta(hours=71))
    assert october.is_final(october.end + timedelta(hours=72))


@pytest.mark.parametrize("text", ["2026-13", "2026-1", "10/2026", "", "2026-10-01"])
def test_a_month_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        UsageMonth.read(text)
