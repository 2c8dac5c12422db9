"""``ovh-sms outbox``: rows are listed without numbers and texts, queued and cancelled, and sent by --watch."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk.execution_time import task_runner

from ovh_sms.cli import outbox_watch
from ovh_sms.hooks.store_identity import StoreMark, variable_name
from ovh_sms.idempotency.reconcile import Observation, Verdict
from ovh_sms.idempotency.unknown_outcome import UnknownOutcome
from ovh_sms.outbox.dispatch import OutboxDispatcher
from ovh_sms.settings import data_path
from support.cli import Command
from support.outbox import NUMBERS, TEXT, Outbox, sms
from support.sandbox import SandboxProcess
from unit.store.attempt_samples import an_attempt


@pytest.fixture
def outbox(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Outbox]:
    found = Outbox(sandbox, tmp_path / "data")
    yield found
    found.store.close()


def test_an_sms_is_queued_once(outbox: Outbox, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("06 39 98 00 00\n"))
    rest = ("--sender", "MYSHOP", "--no-advertising", "--validity", 60)
    first = ovh_sms("outbox", "queue", "order-0", TEXT, "--to", "-", *rest)
    assert (first.code, first.out) == (0, "The SMS order-0 is queued.\n")
    again = ovh_sms("outbox", "queue", "order-0", TEXT, "--to", NUMBERS[0], *rest, "--json")
    assert json.loads(again.out) == {"key": "order-0", "new": False}
    other = ovh_sms("outbox", "queue", "order-0", "Autre", "--to", NUMBERS[0], *rest)
    assert (other.code, "stands in the outbox for another SMS" in other.err) == (2, True)
    row = outbox.row()
    assert (row.receiver, row.message, row.validity) == (NUMBERS[0], TEXT, 60)


def test_a_moment_needs_its_time_zone(outbox: Outbox, ovh_sms: Command) -> None:
    rest = (TEXT, "--to", NUMBERS[0], "--sender", "MYSHOP", "--no-advertising", "--deferred-until")
    for key, moment in (
        ("a", "2027-01-31T09:00:00+01:00"),
        ("b", "2027-01-31T09:00:00+0100"),
        ("c", "2027-01-31 08:00Z"),
    ):
        assert ovh_sms("outbox", "queue", key, *rest, moment).code == 0
    assert ovh_sms("outbox", "list").out.count("not before 2027-01-31 08:00 UTC") == 3
    for moment in ("2027-01-31T09:00:00", "tomorrow"):
        done = ovh_sms("outbox", "queue", "d", *rest, moment)
        assert done.code == 2
        assert "with its time zone, as 2027-01-31T09:00:00+01:00" in " ".join(done.err.split())


def test_rows_are_listed_without_numbers_and_texts(outbox: Outbox, ovh_sms: Command) -> None:
    outbox.queue(sms(0, tag="shipping"), sms(1))
    outbox.store.outbox.cancel("order-1")
    done = ovh_sms("outbox", "list")
    assert done.out.startswith("cancelled: 1  pending: 1\n")
    assert "pending, order-0, sender MYSHOP" in done.out
    listed = json.loads(ovh_sms("outbox", "list", "--tag", "shipping", "--json").out)
    assert [(each["key"], each["state"]) for each in listed["rows"]] == [("order-0", "pending")]
    shown = done.out + json.dumps(listed)
    assert NUMBERS[0].removeprefix("+") not in shown
    assert TEXT not in shown


def test_a_row_is_cancelled_once_and_by_whom_stands_in_the_audit(outbox: Outbox, ovh_sms: Command) -> None:
    outbox.queue(sms(0))
    assert ovh_sms("outbox", "cancel", "order-0").out == "The SMS order-0 is cancelled.\n"
    (line,) = outbox.store.audit.list(action="outbox")
    assert line.detail == f"cancel id={outbox.row().id}"
    for key, said in (("order-9", "no SMS with the key"),):
        done = ovh_sms("outbox", "cancel", key)
        assert (done.code, said in done.err) == (2, True)


def test_a_row_that_was_sent_cannot_be_cancelled(outbox: Outbox, ovh_sms: Command) -> None:
    outbox.queue(sms(0))
    outbox.send()
    done = ovh_sms("outbox", "cancel", "order-0")
    assert (done.code, "is submitted" in done.err) == (2, True)


def test_watch_sends_rows_as_they_come_until_it_is_interrupted(
    outbox: Outbox, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    once, rounds = outbox_watch.send_once, iter(range(3))

    def some(*given: object) -> None:
        at = next(rounds, None)
        if at is None:
            raise KeyboardInterrupt
        once(*given)  # type: ignore[arg-type]
        outbox.queue(sms(at))

    monkeypatch.setattr(outbox_watch, "send_once", some)
    monkeypatch.delattr(task_runner, "SUPERVISOR_COMMS")
    mark = StoreMark.of(outbox.store)
    monkeypatch.setenv(f"AIRFLOW_VAR_{variable_name('ovh_sms_results').upper()}", str(mark))
    noted: list[str] = []
    monkeypatch.setattr(outbox_watch, "set_variable", lambda _, value: noted.append(value))
    done = ovh_sms("outbox", "--watch")
    assert done.code == 130
    assert [StoreMark.parse(each) for each in noted] == [StoreMark(mark.identity, at) for at in (1, 2)]
    assert outbox.sent() == {(NUMBERS[at], TEXT): 1 for at in range(2)}
    assert f"Sending the outbox of {outbox.sandbox.account_name}" in done.err


def test_watch_queues_the_files_of_a_folder_and_knows_declared_countries(
    outbox: Outbox, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def files(folder: Path, **contents: str) -> None:
        folder.mkdir(parents=True)
        for name, content in contents.items():
            path = folder / f"{name}.csv"
            path.write_text(content, encoding="utf-8")
            os.utime(path, (1, 1))

    once, rounds, given_to = outbox_watch.send_once, iter(range(2)), []

    def some(dispatcher: OutboxDispatcher, *given: object) -> None:
        if next(rounds, None) is None:
            raise KeyboardInterrupt
        given_to.append(dispatcher.declared_countries)
        once(dispatcher, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(outbox_watch, "send_once", some)
    monkeypatch.delattr(task_runner, "SUPERVISOR_COMMS")
    mark = StoreMark.of(outbox.store)
    monkeypatch.setenv(f"AIRFLOW_VAR_{variable_name('ovh_sms_results').upper()}", str(mark))
    monkeypatch.setattr(outbox_watch, "set_variable", lambda *_: None)
    header = "key;receiver;message;sender;stop_clause"
    files(tmp_path / "in", good=f"{header}\nfile-1;0639980000;{TEXT};MYSHOP;false\n", bad="number\n1\n")
    done = ovh_sms("outbox", "--watch", "--folder", tmp_path / "in", "--declared-country", "es")
    assert done.code == 130
    assert outbox.sent() == {(NUMBERS[0], TEXT): 1}
    assert given_to == [("ES",), ("ES",)]
    assert "files=1 rows=1 rejected=0" in done.err
    assert "The file bad.csv is no list of rows." in done.err

    rounds = iter(range(1))
    files(data_path() / "outbox", more=f"{header}\nfile-2;0639980001;{TEXT};MYSHOP;false\n")
    ovh_sms("outbox", "--watch")
    assert outbox.sent()[NUMBERS[1], TEXT] == 1


def test_watch_says_that_the_folder_it_was_given_does_not_exist_yet(
    outbox: Outbox, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def some(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(outbox_watch, "send_once", some)
    done = ovh_sms("outbox", "--watch", "--folder", tmp_path / "nowhere")
    assert f"There is no folder {tmp_path / 'nowhere'} yet." in done.err
    assert "There is no folder" not in ovh_sms("outbox", "--watch", "--folder", tmp_path).err


def test_watch_goes_on_if_the_folder_of_files_cannot_be_read(
    outbox: Outbox, capsys: pytest.CaptureFixture[str]
) -> None:
    files = outbox_watch.DroppedFiles(address="gs://shop@bucket/outbox", allow_fiction=True)
    files.queue(outbox.store)
    assert "no provider for the storage of the outbox's files gs://shop@bucket/outbox" in capsys.readouterr().err
    files.queue(outbox.store)
    assert capsys.readouterr().err == "", "it is read again after half a minute"


def test_without_a_command_it_says_what_there_is(ovh_sms: Command) -> None:
    done = ovh_sms("outbox")
    assert (done.code, done.err.startswith("ovh-sms: Give --watch, list, queue or cancel.")) == (2, True)


def test_the_list_shows_what_a_person_must_decide(outbox: Outbox, ovh_sms: Command) -> None:
    outbox.queue(sms(0))
    dispatcher = outbox.dispatcher()
    dispatcher._planner.plan(limit=9)
    tag = outbox.row().group_tag or ""
    attempt = an_attempt(tag, kind="outbox", dag_id="outbox", run_id=tag, account=outbox.sandbox.account_name)
    outbox.store.attempts.claim(attempt, in_flight_window=timedelta(minutes=1))
    seen = Observation(at=outbox.clock.now(), found=0)
    (pending,) = outbox.store.attempts.all(tag)
    question = UnknownOutcome.of(
        pending, seen, Verdict.AMBIGUOUS, expected=1, at=outbox.clock.now(), description="Search for the tag."
    )
    outbox.store.attempts.ask(tag, 1, question.to_json())
    outbox.store.outbox.ask(tag)
    assert f"'ovh-sms resolve {tag} {question.code} sent'" in ovh_sms("outbox", "list", "--state", "unknown").out
