"""Old data is purged and persons are erased, and nothing goes that a run may still need."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from sqlalchemy import func, insert, select, text, update

from ovh_sms.errors import ConfigurationError
from ovh_sms.report.csv import write_tables
from ovh_sms.report.files import FIGURES_JSON
from ovh_sms.sending.retention import Removed, erase_pending, purge_old
from ovh_sms.store import tables
from ovh_sms.store.erased_replies import ERASED
from ovh_sms.store.models import NOT_EXECUTED, PENDING, REFUSED, SUCCEEDED, UNKNOWN, OptOut
from ovh_sms.store.store import Store
from support.journal_rows import journal_row
from unit.store.conftest import postgresql_server, postgresql_url, store, url
from unit.store.test_store import FIGURES, a_message, a_submission

__all__ = ["postgresql_server", "postgresql_url", "store", "url"]

NUMBER, OTHER = "+33639980001", "+33639980002"
DAG, RUN = "sms_campaign_spring", "manual__1"
MONTH = timedelta(days=30)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


def a_run(store: Store, data: Path, *, days: float = 60, state: str = SUCCEEDED, **changes: Any) -> Path:
    """A run of one batch that was sent and collected, with the files of its list."""
    tag, run_id = changes.get("tag", "t1"), changes.get("run_id", RUN)
    folder = data / "spring" / tag / "0a1b2c3d"
    folder.mkdir(parents=True)
    for name in ("prepared.csv", "receivers_not_found.csv"):
        (folder / name).write_text(f"number;prenom\n{NUMBER};Ann\n{OTHER};Bob\n", encoding="utf-8")
    (folder / "rejects.csv").write_text(
        "line;column;value;reason\n4;numero;06 39 98 00 01;duplicate\n5;numero;0639980009;suppressed\n",
        encoding="utf-8",
    )
    (folder / "refused_receivers.csv").write_text("number\n0033639980001\n", encoding="utf-8")
    (folder / "prepared.json").write_text("{}")
    (folder / "report.html").write_text("<p>two people</p>")
    (folder / FIGURES_JSON).write_text('{"submitted": 2}')
    moment = ago(days)
    with store.database.writing() as connection:
        own = {"dag_id": DAG, "run_id": run_id, "account": "sms-sb00001-1"}
        published = {"list_tag": tag, "digest": "d", "folder": str(folder), "content": {}, "published_at": moment}
        connection.execute(insert(tables.published_lists).values(**own, **published))
        row = journal_row(tag, 1, state, moment) | own | {"kind": "batch", "message_ids": [1, 2]}
        connection.execute(insert(tables.attempts).values(row))
    if state != SUCCEEDED:
        return folder
    record = a_submission(tag, run_id=run_id, recorded_at=moment, sent_at=moment)
    store.submissions.start(record)
    store.messages.save(tag, [a_message(1, tag, receiver=NUMBER), a_message(2, tag, receiver=OTHER)])
    write_tables(store, tag, folder)
    store.opt_outs.save(tag, [OptOut(receiver=NUMBER, outgoing_id=1)])
    if changes.get("collected", True):
        store.submissions.finish(tag, FIGURES, complete=True)
    store.withdrawals.record(tag, account="a", message_id=9, refunded=1.0, created_at=moment, at=moment)
    return folder


def numbers_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and "99800" in content_of(path))


def content_of(path: Path) -> str:
    """The whole content of a file; Parquet compresses its own."""
    if path.suffix == ".parquet":
        return str(pq.read_table(path).to_pylist())
    return path.read_text(encoding="utf-8")


def dump(store: Store, *left_out: str) -> str:
    """Every row of every table."""
    with store.database.reading() as connection:
        names = [name for name in tables.metadata.tables if name not in left_out]
        return " ".join(str(connection.execute(text(f"SELECT * FROM {name}")).all()) for name in names)


def test_an_old_run_loses_its_numbers_and_keeps_figures_report_and_journal(store: Store, data: Path) -> None:
    folder = a_run(store, data)
    kept = (store.figures.of("t1"), store.opt_outs.count("t1"), store.attempts.all("t1"), store.withdrawals.count("t1"))
    removed = purge_old(store, MONTH)
    assert removed == Removed(runs=1, messages=2, files=8)
    assert sorted(path.name for path in folder.iterdir()) == [FIGURES_JSON, "report.html"]
    assert "99800" not in dump(store)
    assert store.messages.count("t1") == 0
    now = (store.figures.of("t1"), store.opt_outs.count("t1"), store.attempts.all("t1"), store.withdrawals.count("t1"))
    assert now == kept
    assert store.attempts.message_ids("t1") == [1, 2]
    assert len(store.published_lists.of_run(DAG, RUN)) == 1
    purged_at = store.submissions.get("t1").purged_at
    assert purged_at is not None
    assert purge_old(store, MONTH) == Removed()
    assert store.submissions.get("t1").purged_at == purged_at


def test_a_run_that_is_not_old_enough_stays(store: Store, data: Path) -> None:
    folder = a_run(store, data, days=29)
    assert purge_old(store, MONTH) == Removed()
    assert len(numbers_in(folder)) == 6
    assert store.messages.count("t1") == 2


@pytest.mark.parametrize("state", [PENDING, UNKNOWN])
def test_a_run_with_an_undecided_attempt_stays_however_old(store: Store, data: Path, state: str) -> None:
    folder = a_run(store, data, days=400)
    with store.database.writing() as connection:
        row = journal_row("t2", 1, state, ago(400)) | {"dag_id": DAG, "run_id": RUN, "kind": "batch"}
        connection.execute(insert(tables.attempts).values(row))
    assert purge_old(store, MONTH) == Removed()
    assert len(numbers_in(folder)) == 6
    assert store.messages.count("t1") == 2


@pytest.mark.parametrize("state", [NOT_EXECUTED, REFUSED])
def test_a_run_that_was_never_sent_is_purged_like_any_other(store: Store, data: Path, state: str) -> None:
    folder = a_run(store, data, state=state)
    assert purge_old(store, MONTH).files == 5
    assert numbers_in(folder) == []


def test_a_run_that_was_not_collected_stays(store: Store, data: Path) -> None:
    folder = a_run(store, data, days=400, collected=False)
    assert purge_old(store, MONTH) == Removed()
    assert len(numbers_in(folder)) == 6


@pytest.mark.parametrize(("days", "stays"), [(13.9, True), (14.1, False)])
def test_a_run_stays_while_ovh_may_hold_its_messages(store: Store, data: Path, days: float, stays: bool) -> None:
    folder = a_run(store, data, days=days)
    assert purge_old(store, timedelta(days=1)).runs == (0 if stays else 1)
    assert bool(numbers_in(folder)) == stays


def test_a_late_attempt_of_an_old_list_keeps_it(store: Store, data: Path) -> None:
    folder = a_run(store, data, days=400)
    with store.database.writing() as connection:
        connection.execute(update(tables.attempts).values(claimed_at=ago(2)))
    assert purge_old(store, MONTH) == Removed()
    assert len(numbers_in(folder)) == 6


def test_messages_of_a_purged_submission_are_not_stored_again(store: Store, data: Path) -> None:
    a_run(store, data)
    purge_old(store, MONTH)
    with pytest.raises(ConfigurationError, match="OVH_SMS_RETENTION_DAYS"):
        store.messages.save("t1", [a_message(1)])
    assert store.messages.count("t1") == 0


def test_files_outside_of_the_data_folder_and_behind_links_stay(store: Store, data: Path, tmp_path: Path) -> None:
    folder = a_run(store, data)
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "list.csv").write_text(NUMBER)
    (folder / "batch_0001").symlink_to(outside)
    (folder / "linked.csv").symlink_to(outside / "list.csv")
    with store.database.writing() as connection:
        other = {"list_tag": "t9", "dag_id": DAG, "run_id": RUN, "account": "a", "digest": "d", "content": {}}
        values = other | {"folder": str(outside), "published_at": ago(60)}
        connection.execute(insert(tables.published_lists).values(values))
    assert purge_old(store, MONTH).runs == 1
    assert (outside / "list.csv").read_text() == NUMBER


def test_an_erased_person_is_nowhere_and_the_counts_stay(store: Store, data: Path) -> None:
    folder = a_run(store, data)
    digests = store.opt_out_digests.opted_out()
    assert store.personal_data.ask_to_erase(NUMBER) == (1, 1, 0, 0, 0)
    done = erase_pending(store)
    assert (done.erased_rows, done.to_erase) == (6, 0)
    assert "39980001" not in dump(store)
    assert all("39980001" not in content_of(path) for path in folder.iterdir())
    assert (folder / "prepared.csv").read_text() == f"number;prenom\n{OTHER};Bob\n"
    assert "0639980009" in (folder / "rejects.csv").read_text()
    assert [row["receiver"] for row in pq.read_table(folder / "messages.parquet").to_pylist()] == [OTHER]
    assert (store.messages.count("t1"), store.opt_outs.count("t1")) == (2, 1)
    assert [each.receiver for each in store.messages.iter("t1")] == [ERASED, OTHER]
    assert store.personal_data.to_erase() == {}
    again = store.opt_out_digests.opted_out()
    for known in (digests, again):
        assert known.contains(np.array([33639980001, 33639980002])).tolist() == [True, False]


def test_unfinished_files_and_copies_of_the_list_go_with_an_erasure(store: Store, data: Path) -> None:
    folder = a_run(store, data)
    (folder / "messages.csv.part").write_text(NUMBER)
    (folder / ".source-abc").mkdir()
    (folder / ".source-abc" / "list.csv").write_text(NUMBER)
    store.personal_data.ask_to_erase(NUMBER)
    erase_pending(store)
    assert not [path for path in folder.rglob("*") if path.is_file() and "39980001" in content_of(path)]


def test_a_rewritten_file_stays_private(store: Store, data: Path) -> None:
    folder = a_run(store, data)
    store.personal_data.ask_to_erase(NUMBER)
    erase_pending(store)
    for name in ("prepared.csv", "messages.parquet"):
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert not list(folder.glob(".*"))


@pytest.mark.parametrize(
    "change",
    [
        lambda it: {"days": 2},
        lambda it: {"days": 60, "state": PENDING},
        lambda it: {"days": 60, "state": UNKNOWN},
        lambda it: {"days": 60, "collected": False},
    ],
    ids=["recent", "pending", "unknown", "not collected"],
)
def test_a_list_that_may_still_be_needed_is_erased_once_its_run_is_over(
    store: Store, data: Path, change: Callable[[object], dict[str, Any]]
) -> None:
    folder = a_run(store, data, **change(None))
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    store.personal_data.ask_to_erase(NUMBER)
    assert erase_pending(store).to_erase == 1
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert store.attempts.message_ids("t1") == [1, 2]
    with store.database.writing() as connection:  # time passes, and the run ends
        connection.execute(update(tables.attempts).values(claimed_at=ago(60), state=SUCCEEDED))
        connection.execute(update(tables.published_lists).values(published_at=ago(60)))
    if not store.submissions.of_run(DAG, RUN):
        store.submissions.start(a_submission(recorded_at=ago(60), sent_at=ago(60)))
        store.messages.save("t1", [a_message(1, receiver=NUMBER)])
    store.submissions.finish("t1", FIGURES, complete=True)
    with store.database.writing() as connection:
        connection.execute(update(tables.submissions).values(recorded_at=ago(60), sent_at=ago(60)))
    assert erase_pending(store).to_erase == 0
    assert "39980001" not in dump(store)
    assert all("39980001" not in content_of(path) for path in folder.iterdir())


def test_a_message_collected_again_stays_erased(store: Store, data: Path) -> None:
    a_run(store, data, days=2)
    store.personal_data.ask_to_erase(NUMBER)
    store.messages.save("t1", [a_message(1, receiver=NUMBER, delivery_status="delivered")])
    found = next(store.messages.iter("t1"))
    assert (found.receiver, found.delivery_status) == (ERASED, "delivered")


def test_a_message_collected_after_the_erasure_is_erased_at_night(store: Store, data: Path) -> None:
    a_run(store, data, days=2, state=PENDING)
    store.personal_data.ask_to_erase(NUMBER)
    store.submissions.start(a_submission(recorded_at=ago(0)))
    store.messages.save("t1", [a_message(1, receiver=NUMBER), a_message(2, receiver=OTHER)])
    assert erase_pending(store).erased_messages == 1
    assert [each.receiver for each in store.messages.iter("t1")] == [ERASED, OTHER]


def test_a_run_that_begins_after_an_erasure_keeps_its_own_list(store: Store, data: Path) -> None:
    store.personal_data.ask_to_erase(NUMBER)
    folder = a_run(store, data, days=-0.01)
    assert erase_pending(store).to_erase == 0
    assert len(numbers_in(folder)) == 6
    with store.database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(tables.erasures)).scalar_one() == 1
