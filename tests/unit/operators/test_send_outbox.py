"""The task that sends the outbox: what is due, once; an unknown outcome fails it after the others were sent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred

from ovh_sms.errors import ConfigurationError, SourceUnavailable
from ovh_sms.hooks.outbox import queue_sms
from ovh_sms.operators.send_outbox import SendOutboxOperator
from support.airflow_task import context
from support.leaping_time import LeapingTime
from support.outbox import NUMBERS, SUBMIT, TEXT, Outbox, sms
from support.sandbox import SandboxProcess

QUICK = {"quiet_period": timedelta(seconds=2), "reconcile_timeout": timedelta(seconds=6), "linger": timedelta(0)}


@pytest.fixture
def outbox(sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path) -> Iterator[Outbox]:
    found = Outbox(sandbox, tmp_path / "data")
    yield found
    found.store.close()


def send(**changes: Any) -> dict[str, Any]:
    return SendOutboxOperator(**{"task_id": "default", **QUICK, **changes}).execute(context(task_id="default"))


def queue(at: int, **changes: Any) -> bool:
    given = {"key": f"order-{at}", "receiver": NUMBERS[at], "message": TEXT, "sender": "MYSHOP", "stop_clause": False}
    return queue_sms(**{**given, **changes})


def test_what_a_program_has_queued_is_sent_once(outbox: Outbox) -> None:
    assert [queue(0), queue(0), queue(1, priority="high", validity=60, tag="shipping")] == [True, False, True]
    made = send()
    assert made["rows"] == {"submitted": 2}
    assert not any(number.removeprefix("+") in json.dumps(made) for number in NUMBERS[:2])
    assert send()["groups"] == 0
    assert outbox.sent() == {(NUMBERS[at], TEXT): 1 for at in range(2)}


def test_a_task_that_finds_nothing_calls_ovh_not_at_all(outbox: Outbox) -> None:
    outbox.sandbox.reset_calls()
    send()
    assert outbox.sandbox.calls()["by_call"] == {}


def test_a_row_that_comes_while_the_task_lingers_is_sent_by_it(outbox: Outbox, leaping: LeapingTime) -> None:
    queue(0)
    leaping.after(4, lambda: queue(1))
    assert send(linger=timedelta(seconds=20))["rows"] == {"submitted": 2}


def test_an_unknown_outcome_fails_the_task_once_the_others_are_sent(outbox: Outbox, leaping: LeapingTime) -> None:
    queue(0)
    outbox.sandbox.fault("late_listing", seconds=600, answer="lost", **SUBMIT)

    def send_more() -> None:
        for at in range(1, 20):
            send()
            leaping.sleep(1)
            queue(at, message=f"Texte {at}")

    with pytest.raises(AirflowFailException, match="ovh-sms resolve"):
        send_more()
    assert outbox.states()["unknown"] == 1
    assert "pending" not in outbox.states()


def test_an_ovh_that_is_away_is_waited_for_without_a_worker(outbox: Outbox) -> None:
    queue(0)
    outbox.sandbox.fault("status", method="GET", path="/sms/*", status=503, times=None)
    with pytest.raises(TaskDeferred):
        send(outage_timeout=timedelta(hours=1))
    assert outbox.sent() == {}


def test_the_sms_of_another_account_are_left_to_its_task(outbox: Outbox) -> None:
    outbox.queue(sms(0, account="sms-other-1"), sms(1, account=outbox.sandbox.account_name), sms(2))
    assert send(takes_unnamed=False)["rows"] == {"submitted": 1}
    assert outbox.sent() == {(NUMBERS[1], TEXT): 1}


def test_rows_of_files_are_sent_and_a_file_that_holds_none_fails_the_task(outbox: Outbox, tmp_path: Path) -> None:
    folder = tmp_path / "dropped"
    folder.mkdir()
    header = "key;receiver;message;sender;stop_clause"
    for name, content in (("good", f"{header}\nfile-1;0639980000;{TEXT};MYSHOP;false\n"), ("bad", "number\n1\n")):
        path = folder / f"{name}.csv"
        path.write_text(content, encoding="utf-8")
        os.utime(path, (1, 1))
    with pytest.raises(ConfigurationError, match=r"no rows of the outbox: bad\.csv"):
        send(folder=str(folder))
    assert outbox.sent() == {(NUMBERS[0], TEXT): 1}
    assert send(folder=str(folder))["groups"] == 0


def test_a_bucket_that_gives_no_answer_keeps_no_row_waiting(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SHOP", "aws://")
    queue(0)
    with pytest.raises((SourceUnavailable, ConfigurationError), match="s3://shop@bucket/outbox"):
        send(folder="s3://shop@bucket/outbox")
    assert outbox.sent() == {(NUMBERS[0], TEXT): 1}
