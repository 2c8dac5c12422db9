"""OVH's export is read as it is, and a broken one gives one clear error."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ovh_sms.errors import ConfigurationError, Unavailable
from ovh_sms.sending.export import read_export
from ovh_sms.store.models import Message
from support.exports import exported_messages

HEADER = "id;date;sender;receiver;ptt;operatorCode;descriptionDlr;tag;message;sentAt;deliveredAt\n"
ROW = (
    '7;"2026-03-12 10:00:00";MYSHOP;+33639980001;4;20801;"Delivered";t1;"Bonjour; ""vous""\r\nà demain";'
    '"2026-03-12 10:00:02";"2026-03-12 10:00:09"\n'
)


def export(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def a_row(**changes: str) -> str:
    values = {
        "id": "7",
        "date": "2026-03-12 10:00:00",
        "sender": "MYSHOP",
        "receiver": "+33639980001",
        "ptt": "4",
        "operatorCode": "20801",
        "descriptionDlr": "",
        "tag": "t1",
        "message": "Bonjour",
        "sentAt": "2026-03-12 10:00:02",
        "deliveredAt": "2026-03-12 10:00:09",
    }
    return ";".join((values | changes).values()) + "\n"


def read_one(tmp_path: Path, row: str, **options: object) -> Message:
    (message,) = exported_messages(export(tmp_path, HEADER + row), **options)
    return message


def test_quotes_separators_and_line_breaks_in_a_message(tmp_path: Path) -> None:
    assert read_one(tmp_path, ROW) == Message(
        outgoing_id=7,
        tag="t1",
        receiver="+33639980001",
        sender="MYSHOP",
        created_at=datetime(2026, 3, 12, 9, 0, 0, tzinfo=UTC),
        sent_at=datetime(2026, 3, 12, 9, 0, 2, tzinfo=UTC),
        delivered_at=datetime(2026, 3, 12, 9, 0, 9, tzinfo=UTC),
        delivery_receipt=None,
        operator_code=4,
        operator="20801",
        delivery_status="delivered",
        segments=1,
        operator_words="Delivered",
    )


def test_columns_are_found_by_name_in_any_order(tmp_path: Path) -> None:
    names, values = HEADER.strip().split(";"), a_row().strip().split(";")
    pairs = [*reversed(list(zip(names, values, strict=True))), ("new", "thing")]
    header, row = (";".join(column) + "\n" for column in zip(*pairs, strict=True))
    text = "\ufeff" + header.upper() + "\n" + row
    assert exported_messages(export(tmp_path, text)) == [read_one(tmp_path, a_row())]


@pytest.mark.parametrize(
    ("zone", "written", "meant"),
    [
        ("Europe/Paris", "2026-01-15 10:00:00", datetime(2026, 1, 15, 9, tzinfo=UTC)),
        ("Europe/Paris", "2026-07-15 10:00:00", datetime(2026, 7, 15, 8, tzinfo=UTC)),
        ("UTC", "2026-07-15 10:00:00", datetime(2026, 7, 15, 10, tzinfo=UTC)),
        ("UTC", "2026-07-15T10:00:00+02:00", datetime(2026, 7, 15, 8, tzinfo=UTC)),
        ("Europe/Paris", "", None),
        ("Europe/Paris", "0000-00-00", None),
        ("Europe/Paris", "0000-00-00 00:00:00", None),
        ("Europe/Paris", "NULL", None),
    ],
)
def test_dates(tmp_path: Path, zone: str, written: str, meant: datetime | None) -> None:
    message = read_one(tmp_path, a_row(sentAt="", deliveredAt=written), zone=zone)
    assert (message.sent_at, message.delivered_at) == (None, meant)


def test_nothing_is_delivered_before_it_is_sent_when_summer_time_ends(tmp_path: Path) -> None:
    # On 25 October 2026 the hour from 2 to 3 comes twice in Paris.
    message = read_one(tmp_path, a_row(sentAt="2026-10-25 02:59:00", deliveredAt="2026-10-25 02:00:30"))
    assert message.sent_at == datetime(2026, 10, 25, 0, 59, 0, tzinfo=UTC)
    assert message.delivered_at == datetime(2026, 10, 25, 1, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ptt", "words", "expected"),
    [
        ("4", "", "delivered"),  # REST table
        ("0", "Success", "delivered"),  # SMPP table, as in OVH's own sample
        ("8", "", "expired"),
        ("23", "", "failed"),
        ("1000", "", "pending"),
        ("", "", "pending"),
    ],
)
def test_the_outcome_comes_from_the_operator_code(tmp_path: Path, ptt: str, words: str, expected: str) -> None:
    message = read_one(tmp_path, a_row(ptt=ptt, descriptionDlr=words))
    assert message.delivery_status == expected
    assert message.operator_code == (int(ptt) if ptt else None)


def test_the_stop_clause_counts_in_the_segments(tmp_path: Path) -> None:
    text = a_row(message="x" * 150)
    assert [read_one(tmp_path, text, marketing=marketing).segments for marketing in (False, True)] == [1, 2]


def test_one_submission_can_be_picked(tmp_path: Path) -> None:
    path = export(tmp_path, HEADER + a_row(id="1") + a_row(id="2", tag="t2") + a_row(id="3"))
    assert [row.outgoing_id for row in exported_messages(path)] == [1, 2, 3]
    assert [row.outgoing_id for row in exported_messages(path, tag="t1")] == [1, 3]


def test_an_export_without_messages_is_whole(tmp_path: Path) -> None:
    assert exported_messages(export(tmp_path, HEADER)) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "it is empty"),
        ("<!DOCTYPE html>\n<html><body>Bad gateway</body></html>", "it is a web page"),
        ('{"message":"secret"}', "does not name the columns id, date"),
        (HEADER + a_row() + "8;2026-03-12 10:00:00;MYSHOP;+336399", "line 3 has 4 fields instead of 11"),
        (HEADER + a_row(message='"secret'), "the quotes do not match"),
        (HEADER + a_row(id="secret"), "line 2 holds an id, a code or a date"),
        (HEADER + a_row(sentAt="secret"), "line 2 holds an id, a code or a date"),
        (HEADER.encode() + b"\xff\xfe\xfa", "it is not UTF-8 text"),
        (b"PK\x03\x04\xff\xff", "it is not UTF-8 text"),
    ],
)
def test_a_broken_export_gives_one_clear_error(tmp_path: Path, content: str | bytes, says: str) -> None:
    with pytest.raises(Unavailable, match=says) as caught:
        list(read_export(export(tmp_path, content)))
    shown = str(caught.value)
    assert "export.csv" in shown
    assert "asks OVH for a new export" in shown
    assert "secret" not in shown
    assert "+33" not in shown


def test_an_unknown_time_zone_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="Europe/Pariss"):
        list(read_export(export(tmp_path, HEADER), zone="Europe/Pariss"))


def test_a_long_export_is_read_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    with path.open("w") as file:
        file.write(HEADER)
        file.writelines(a_row(id=str(n), message=f"Bonjour {n}") for n in range(60_000))
    tracemalloc.start()
    try:
        assert sum(len(block["tag"]) for block in read_export(path)) == 60_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16_000_000  # all of them together take 45 MB
