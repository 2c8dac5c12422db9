"""The published file holds everybody whose number is kept, for its owner alone, and is new only if its rows are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from ovh_sms.contacts.classify.person_digests import PersonDigester
from ovh_sms.sending.opt_out_file import COLUMNS, last_writer, opt_out_file, publish_opt_outs, refresh_opt_outs
from ovh_sms.sending.retention import purge_old
from ovh_sms.store.store import Store
from ovh_sms.store.suppressed import OPT_OUT, SuppressedNumber
from support.fake_clock import FakeClock
from support.stores import new_store

ACCOUNT = "sms-sb00001-1"
ANN, BOB = "+33639980001", "+33639980002"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    yield store
    store.close()


def opted_out(store: Store, number: str) -> None:
    (digest,) = PersonDigester(store.identity.secret()).of_numbers([number])
    row = SuppressedNumber(
        account=ACCOUNT, digest=digest, reason=OPT_OUT, since=store.clock.now(), number=number, campaign="spring"
    )
    store.suppressed.add_opt_outs(ACCOUNT, [row])


def numbers() -> list[str]:
    return pq.read_table(opt_out_file()).column("number").to_pylist()


def test_the_file_has_everybody_and_only_its_owner_can_read_it(store: Store) -> None:
    opted_out(store, ANN)
    made = publish_opt_outs(store, writer={"task": "t1"})
    assert (made.counts, made.is_new) == ({"opt_out": 1}, True)
    (row,) = pq.read_table(made.path).to_pylist()
    assert tuple(row) == COLUMNS
    assert (row["number"], row["reason"], row["campaign"], row["since"]) == (
        *(ANN, "opt_out", "spring"),
        store.clock.now(),
    )
    assert (made.path.stat().st_mode & 0o777, made.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_it_is_new_if_its_rows_are_and_for_a_further_try_of_its_writer(store: Store) -> None:
    assert publish_opt_outs(store, writer={"task": "t1"}).is_new, "a first file, even an empty one"
    assert not publish_opt_outs(store, writer={"task": "t2"}).is_new
    opted_out(store, ANN)
    assert [publish_opt_outs(store, writer={"task": each}).is_new for each in ("t3", "t3", "t4")] == [True, True, False]
    assert last_writer() == {"task": "t3"}
    again = [publish_opt_outs(store, writer={"task": "t5"}, again=each).is_new for each in (True, False)]
    assert (again, last_writer()) == ([True, True], {"task": "t5"})


def test_who_is_erased_is_in_the_file_no_more_and_stays_suppressed(store: Store) -> None:
    for each in (ANN, BOB):
        opted_out(store, each)
    publish_opt_outs(store, writer={"task": "t1"})
    assert store.personal_data.ask_to_erase(ANN).suppressed == 1
    assert refresh_opt_outs(store)
    assert numbers() == [BOB]
    opted_out(store, ANN)
    assert publish_opt_outs(store, writer={"task": "t2"}).is_new, "the programs that read it learn of the removal"
    assert numbers() == [BOB], "OVH's list still holds the number: it is not stored again"


def test_who_is_erased_while_the_file_is_written_does_not_come_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (ANN, BOB):
        opted_out(store, each)
    write = pq.ParquetWriter.write_table

    def erased_meanwhile(*given: Any, **more: Any) -> None:
        write(*given, **more)
        monkeypatch.setattr(pq.ParquetWriter, "write_table", write)
        store.personal_data.ask_to_erase(ANN)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", erased_meanwhile)
    assert publish_opt_outs(store, writer={"task": "t1"}).counts == {"opt_out": 1}
    assert numbers() == [BOB]


def test_a_file_that_could_not_be_written_leaves_the_one_before_and_nothing_else(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    opted_out(store, ANN)
    path = publish_opt_outs(store, writer={"task": "t1"}).path
    opted_out(store, BOB)
    write = pq.ParquetWriter.write_table

    def full(*given: Any, **more: Any) -> None:
        write(*given, **more)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(OSError, match="No space left"):
            publish_opt_outs(store, writer={"task": "t2"})
    assert ([each.name for each in path.parent.iterdir()], numbers()) == ([path.name], [ANN])


def test_a_number_that_is_too_old_goes_from_table_and_file(store: Store, clock: FakeClock) -> None:
    opted_out(store, ANN)
    publish_opt_outs(store, writer={"task": "t1"})
    clock.sleep(timedelta(days=31).total_seconds())
    opted_out(store, BOB)
    assert purge_old(store, timedelta(days=30)).suppressed == 1
    assert numbers() == [BOB]
    assert len(store.suppressed.known(ACCOUNT)) == 2


def test_a_purge_makes_no_file(store: Store) -> None:
    assert not refresh_opt_outs(store)
    assert not opt_out_file().exists()
