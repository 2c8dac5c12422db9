"""``ovh-sms cancel``: what still waits of a campaign is taken back, and nothing else."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ovh_sms.cli import main
from ovh_sms.hooks.sms import OvhSmsHook
from support.sandbox import SandboxProcess
from support.sent import campaign, send
from support.stores import new_store
from support.worlds import sandbox, world

__all__ = ["sandbox", "world"]


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    new_store(tmp_path / "data" / "results.sqlite").close()
    campaign(tmp_path)
    return tmp_path


def test_takes_back_what_waits_and_nothing_of_others(
    sandbox: SandboxProcess, include: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    send(include, 100, run_id="run_1", delay=60)
    time.sleep(1.1)  # OVH tells times in whole seconds
    send(include, 200, run_id="run_2", delay=60)
    ask = ["cancel", "spring", "--watch", "0", "--include", str(include)]
    assert main([*ask, "--dry-run"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert (
        last == "Run run_2: 5 messages wait and would be taken back; 0 have left, and cannot be taken back."
    )
    assert len(OvhSmsHook().client.jobs.pending_ids()) == 10
    assert main(ask) == 0
    assert "Run run_2: 5 messages were taken back" in capsys.readouterr().out
    left = {job.receiver for job in OvhSmsHook().client.jobs.iter(OvhSmsHook().client.jobs.pending_ids())}
    assert left == {f"+33639980{at}" for at in range(100, 105)}
    assert main([*ask, "--run", "run_1"]) == 0
    assert "Run run_1: 5 messages were taken back" in capsys.readouterr().out
    assert OvhSmsHook().client.jobs.pending_ids() == []
    assert OvhSmsHook().client.account.get().credits_left == 1000  # given back


def test_takes_back_nothing_of_a_later_run_to_the_same_people(
    sandbox: SandboxProcess, include: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    send(include, 100, run_id="run_1", delay=60)
    time.sleep(1.1)  # OVH tells times in whole seconds
    send(include, 100, run_id="run_2", delay=60, force=True)
    assert main(["cancel", "spring", "--run", "run_1", "--watch", "0", "--include", str(include)]) == 0
    assert "Run run_1: 5 messages were taken back" in capsys.readouterr().out
    client = OvhSmsHook().client
    assert len(client.jobs.pending_ids()) == 5
    assert main(["cancel", "spring", "--run", "run_1", "--watch", "0", "--include", str(include)]) == 0
    assert "Run run_1: 0 messages were taken back" in capsys.readouterr().out
    assert len(client.jobs.pending_ids()) == 5


def test_tells_what_has_left(
    sandbox: SandboxProcess, include: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    send(include, 100, run_id="run_1", delay=0)
    sandbox.clock(advance=120)
    assert main(["cancel", "spring", "--watch", "0", "--include", str(include)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "Run run_1: 0 messages were taken back; 5 have left, and cannot be taken back."


def test_a_run_that_sent_nothing_is_told(
    sandbox: SandboxProcess, include: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ["cancel", "spring", "--watch", "0", "--include", str(include)]
    assert main(ask) == 2
    assert "no sending of campaign spring" in capsys.readouterr().err
    send(include, 100, run_id="run_1", delay=60)
    assert main([*ask, "--run", "other"]) == 2
    with pytest.raises(SystemExit):
        main(["cancel", "spring", "--watch", "soon"])
    assert len(OvhSmsHook().client.jobs.pending_ids()) == 5
