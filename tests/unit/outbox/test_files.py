"""CSV files become rows, whole, once; a file that is still written or is no list of rows is not taken."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from ovh_sms.clock import SystemClock
from ovh_sms.outbox import files
from ovh_sms.outbox.files import TakenFiles, take_files
from ovh_sms.outbox.folder import LocalFolder
from ovh_sms.store.store import Store
from support.outbox import NUMBERS, TEXT

HEADER = "key;receiver;message;sender;stop_clause"
GOOD = f"{HEADER}\norder-0;0639980000;{TEXT};MYSHOP;false\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "outbox"
    made.mkdir()
    return made


def drop(folder: Path, text: str | bytes, name: str = "orders.csv", *, age: float = 60) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - age))
    return path


def take(store: Store, folder: Path) -> TakenFiles:
    return take_files(store, LocalFolder(folder), SystemClock(), allow_fiction=True)


def test_a_file_becomes_rows_once_and_is_deleted(outbox_store: Store, folder: Path) -> None:
    path = drop(folder, GOOD)
    assert take(outbox_store, folder) == TakenFiles(files=1, queued=1)
    assert not path.exists()
    drop(folder, GOOD)
    assert take(outbox_store, folder) == TakenFiles(files=1, queued=0)
    row = outbox_store.outbox.get("order-0")
    assert row is not None
    assert (row.receiver, row.message, row.sender, row.stop_clause) == (NUMBERS[0], TEXT, "MYSHOP", False)


def test_every_column_may_be_given(outbox_store: Store, folder: Path) -> None:
    header = "key,receiver,message,sender,stop_clause,class,coding,priority,deferred_until,validity,tag,account"
    values = 'order-1,+33639980001,"Un, deux",MYSHOP,TRUE,flash,8bit,low,2027-01-31T09:00:00+01:00,60,shipping,sms-a1-1'
    drop(folder, f"\ufeff{header}\r\n{values}\r\n")
    assert take(outbox_store, folder).queued == 1
    row = outbox_store.outbox.get("order-1")
    assert row is not None
    assert (row.message, row.stop_clause, row.message_class, row.coding) == ("Un, deux", True, "flash", "8bit")
    assert (row.priority, row.validity, row.tag, row.account) == ("low", 60, "shipping", "sms-a1-1")
    assert row.deferred_until is not None
    assert row.deferred_until.isoformat() == "2027-01-31T08:00:00+00:00"


def test_rows_that_are_no_sms_are_named_without_number_and_text(outbox_store: Store, folder: Path) -> None:
    rows = [
        f"order-0;0639980000;{TEXT};MYSHOP;false",
        f"order-1;12;{TEXT};MYSHOP;false",
        f"order-2;0639980002;{TEXT};MYSHOP;maybe",
        "order-3;0639980003",
        "order-0;0639980000;Autre;MYSHOP;false",
    ]
    drop(folder, "\n".join([HEADER, *rows, ""]))
    assert take(outbox_store, folder) == TakenFiles(files=1, queued=1, rejected=4)
    named = (folder / "rejected" / "orders.csv").read_text()
    assert named.splitlines() == [
        "line;key;reason",
        "3;order-1;invalid_number",
        "4;;broken_row",
        "5;;broken_row",
        "6;order-0;key_reused",
    ]


def test_a_row_that_no_database_can_hold_keeps_no_other_row_waiting(outbox_store: Store, folder: Path) -> None:
    """PostgreSQL takes no NUL, and no database a moment that is before the first year or after the last one in UTC."""
    rows = [
        "order-1;0639980001;Bonjour;MY\0SHOP;false;;",
        "order-2;0639980002;Bonjour;MYSHOP;false;sms-a1\0;",
        "order-3;0639980003;Bonjour;MYSHOP;false;;0001-01-01T00:00:00+14:00",
        "order-4;0639980004;Bonjour;MYSHOP;false;;9999-12-31T23:59:59-01:00",
        "order-0;0639980000;Bonjour;MYSHOP;false;;",
    ]
    drop(folder, "\n".join([f"{HEADER};account;deferred_until", *rows, ""]))
    assert take(outbox_store, folder) == TakenFiles(files=1, queued=1, rejected=4)
    named = (folder / "rejected" / "orders.csv").read_text().splitlines()
    assert [row.rpartition(";")[2] for row in named] == ["reason", "no_sender", *["unknown_option"] * 3]


@pytest.mark.parametrize(
    "content",
    [
        "key;receiver\norder-0;0639980000\n",
        f"{HEADER};colour\norder-0;0639980000;x;MYSHOP;false;red\n",
        GOOD.rstrip("\n"),
        GOOD.replace(";", "|"),
        f'{HEADER}\norder-0;0639980000;"x;MYSHOP;false\n',
        GOOD.replace("parti", "expédié").encode("latin-1"),
        "",
    ],
)
def test_a_file_that_is_no_list_of_rows_is_refused_whole(
    outbox_store: Store, folder: Path, content: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    drop(folder, content)
    assert take(outbox_store, folder) == TakenFiles(refused=("orders.csv",))
    assert [path.name for path in folder.iterdir()] == ["orders.csv.refused"]
    assert outbox_store.outbox.counts() == {}
    assert "orders.csv is not taken into the outbox" in caplog.text
    assert "639980000" not in caplog.text


def test_a_file_that_may_still_be_written_waits(outbox_store: Store, folder: Path) -> None:
    drop(folder, GOOD, age=0)
    drop(folder, GOOD, "orders.csv.part")
    assert take(outbox_store, folder) == TakenFiles()
    assert take(outbox_store, folder / "none") == TakenFiles()


def test_a_file_that_replaces_the_one_that_is_read_is_read_too(
    outbox_store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(folder, GOOD)
    queue, following = files.queue_rows, iter([GOOD.replace("order-0", "order-1")])

    def queue_beside_a_program(*given: Any, **more: Any) -> int:
        for text in following:
            drop(folder, text)
        return queue(*given, **more)

    monkeypatch.setattr(files, "queue_rows", queue_beside_a_program)
    assert take(outbox_store, folder) == TakenFiles(files=1, queued=1)
    assert take(outbox_store, folder) == TakenFiles(files=1, queued=1)
    assert outbox_store.outbox.get("order-1") is not None
    assert list(folder.iterdir()) == []


def test_a_file_whose_reader_was_killed_is_read_again(
    outbox_store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(folder, GOOD)
    with monkeypatch.context() as killed:
        killed.setattr(files, "queue_rows", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            take(outbox_store, folder)
    assert take(outbox_store, folder) == TakenFiles(files=1, queued=1)
    assert list(folder.iterdir()) == []


def test_what_was_refused_is_not_replaced_by_the_next_file_of_its_name(outbox_store: Store, folder: Path) -> None:
    for _ in range(2):
        drop(folder, "nothing")
        take(outbox_store, folder)
        drop(folder, GOOD.replace("MYSHOP", ""))
        take(outbox_store, folder)
    assert sorted(path.name for path in folder.rglob("*.*")) == [
        "orders.2.csv",
        "orders.csv",
        "orders.csv.2.refused",
        "orders.csv.refused",
    ]


def test_a_file_without_a_header_shows_no_number_and_no_text_in_the_log(
    outbox_store: Store, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    drop(folder, f"order-0;0639980000;{TEXT};MYSHOP;false\n")
    assert take(outbox_store, folder).refused == ("orders.csv",)
    assert "639980000" not in caplog.text
    assert TEXT not in caplog.text
