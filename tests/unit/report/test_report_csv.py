"""The table of messages opens in a spreadsheet, whole, and runs nothing there."""

from __future__ import annotations

import csv
import dataclasses
import os
from pathlib import Path

from ovh_sms.report.csv import COLUMNS, header, what_to_do, write_tables
from ovh_sms.store.store import Store
from unit.report.report_sample import large, small


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_every_message_is_one_line(filled_store: Store, tmp_path: Path) -> None:
    run, messages = large()
    folder = tmp_path / "folder"
    assert write_tables(filled_store, run.tag, folder) == len(messages)
    rows = read(folder / "messages.csv")
    assert [row["receiver"] for row in rows] == [message.receiver for message in messages]
    assert [row["delivery_status"] for row in rows] == [message.delivery_status for message in messages]
    assert sorted(file.name for file in folder.iterdir()) == ["failed.csv", "messages.csv", "messages.parquet"]


def test_a_line_says_all_but_the_text(filled_store: Store, tmp_path: Path) -> None:
    write_tables(filled_store, small()[0].tag, tmp_path)
    first = (tmp_path / "messages.csv").read_text().splitlines()[:2]
    assert first[0] == ";".join(header(COLUMNS))
    assert "created_at_utc;sent_at_utc;delivered_at_utc;" in first[0]
    assert first[1] == (
        "1;a1b2c3d4e5f60718;+33639980000;MYSHOP;2026-03-12 09:02:17;2026-03-12 09:02:17;2026-03-12 09:02:21;"
        "delivered;delivered;;1;4;20801;1;;"
    )


def test_a_message_that_failed_says_what_to_do_with_its_number() -> None:
    assert [what_to_do(23, "failed"), what_to_do(24, "failed"), what_to_do(8, "expired"), what_to_do(28, "failed")] == [
        "remove",
        "retry",
        "retry",
        "keep",
    ]
    assert what_to_do(4, "delivered") == what_to_do(3, "pending") == ""


def test_cells_that_a_spreadsheet_would_run_are_defused(empty_store: Store, tmp_path: Path) -> None:
    run, messages = small()
    empty_store.submissions.start(run)
    formula = '=HYPERLINK("x";1)'
    changed = dataclasses.replace(messages[0], sender=formula, operator="@SUM(1)", receiver="+1-1|cmd", segments=1)
    empty_store.messages.save(run.tag, [changed, messages[1]])
    write_tables(empty_store, run.tag, tmp_path)
    first, second = read(tmp_path / "messages.csv")
    assert (first["sender"], first["operator"], first["receiver"]) == (f"'{formula}", "'@SUM(1)", "'+1-1|cmd")
    assert second["receiver"] == "+33639980001"


def test_a_submission_without_messages_is_a_header(empty_store: Store, tmp_path: Path) -> None:
    empty_store.submissions.start(small()[0])
    assert write_tables(empty_store, small()[0].tag, tmp_path) == 0
    assert read(tmp_path / "messages.csv") == []


def test_only_its_owner_may_read_the_table(filled_store: Store, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_tables(filled_store, small()[0].tag, tmp_path)
    finally:
        os.umask(before)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}


def test_the_table_for_programs_holds_the_values_as_they_are_stored(filled_store: Store, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    run, messages = large()
    assert write_tables(filled_store, run.tag, tmp_path) == len(messages)
    rows = pq.read_table(tmp_path / "messages.parquet").to_pylist()
    assert rows == [{name: getattr(message, name, None) for name in rows[0]} for message in messages]
    assert any(None in row.values() for row in rows)
