"""``ovh-sms cancel``: cancels the waiting messages of one run, and no others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovh_sms.hooks.sms import OvhSmsHook
from support.cli import Command
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.sent import campaign, send
from support.stores import new_store


@pytest.fixture
def include(tmp_path: Path, sandbox: SandboxProcess) -> Path:
    new_store(tmp_path / "data" / "results.sqlite").close()
    campaign(tmp_path)
    return tmp_path


@pytest.fixture
def cancel(include: Path) -> list[object]:
    return ["cancel", "spring", "--watch", "0", "--include", include]


def test_the_latest_run_is_cancelled_and_no_other(
    include: Path, ovh_sms: Command, cancel: list[object], leaping: LeapingTime
) -> None:
    send(include, 100, run_id="run_1", delay=60)
    leaping.sleep(1.1)  # OVH's times are whole seconds
    send(include, 200, run_id="run_2", delay=60)
    done = ovh_sms(*cancel, "--dry-run")
    assert (done.code, done.out) == (
        0,
        "Run run_2: 5 messages are waiting and would be withdrawn; 0 have left and cannot be withdrawn.\n",
    )
    assert len(OvhSmsHook().client.jobs.pending_ids()) == 10
    done = ovh_sms(*cancel)
    assert (done.code, done.out.startswith("Run run_2: 5 messages were withdrawn")) == (0, True)
    client = OvhSmsHook().client
    waiting = {message.receiver for message in client.jobs.iter(client.jobs.pending_ids())}
    assert waiting == {f"+33639980{at}" for at in range(100, 105)}
    shown = json.loads(ovh_sms(*cancel, "--run", "run_1", "--json").out)
    assert shown == {
        "campaign": "spring",
        "dag_id": "a_dag",
        "run_id": "run_1",
        "dry_run": False,
        "messages": 5,
        "left": 0,
        "shown_as_failed": False,  # these runs are none of Airflow's
    }
    assert client.jobs.pending_ids() == []
    assert client.account.get().credits_left == 1000  # refunded


def test_a_later_run_to_the_same_receivers_is_not_cancelled(
    include: Path, ovh_sms: Command, cancel: list[object], leaping: LeapingTime
) -> None:
    send(include, 100, run_id="run_1", delay=60)
    leaping.sleep(1.1)  # OVH's times are whole seconds
    send(include, 100, run_id="run_2", delay=60, force=True)
    assert "Run run_1: 5 messages were withdrawn" in ovh_sms(*cancel, "--run", "run_1").out
    client = OvhSmsHook().client
    assert len(client.jobs.pending_ids()) == 5
    assert "Run run_1: 5 messages were withdrawn" in ovh_sms(*cancel, "--run", "run_1").out  # in all
    assert len(client.jobs.pending_ids()) == 5


def test_messages_that_have_left_are_counted(
    include: Path, sandbox: SandboxProcess, ovh_sms: Command, cancel: list[object]
) -> None:
    send(include, 100, run_id="run_1", delay=0)
    sandbox.clock(advance=120)
    done = ovh_sms(*cancel)
    withdrawn = "Run run_1: 0 messages were withdrawn; 5 have left and cannot be withdrawn."
    in_airflow = "Airflow does not show the run as failed yet; if it is under way, it will once it ends."
    assert (done.code, done.out) == (0, f"{withdrawn} {in_airflow}\n")


def test_a_run_that_submitted_nothing_is_refused(include: Path, ovh_sms: Command, cancel: list[object]) -> None:
    done = ovh_sms(*cancel)
    assert (done.code, done.out) == (2, "")
    assert "no submission of campaign spring" in done.err
    send(include, 100, run_id="run_1", delay=60)
    assert ovh_sms(*cancel, "--run", "other").code == 2
    assert len(OvhSmsHook().client.jobs.pending_ids()) == 5


@pytest.mark.parametrize("minutes", ["soon", "-1", "61", "nan"])
def test_a_wrong_time_to_watch_is_refused(ovh_sms: Command, minutes: str) -> None:
    done = ovh_sms("cancel", "spring", f"--watch={minutes}")
    assert (done.code, done.out) == (2, "")
    assert "'--watch'" in done.err
