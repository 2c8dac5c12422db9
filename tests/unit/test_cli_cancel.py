"""``ovh-sms cancel``: what still waits of a campaign is taken back, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.cli import main
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.jobs import SendJobOperator
from ovh_sms.operators.pieces import PlanSendingsOperator
from ovh_sms.operators.prepare import PrepareContactsOperator
from ovh_sms.operators.receivers import UploadReceiversOperator
from support.airflow_task import Store, context
from support.sandbox import SandboxProcess
from support.worlds import sandbox, world

__all__ = ["sandbox", "world"]

MESSAGE = "Bonjour #prenom#"


def campaign(include: Path, message: str = MESSAGE) -> None:
    (include / "campaigns").mkdir(exist_ok=True)
    text = (
        f"sender: MYSHOP\nkind: transactional\nmessage: '{message}'\ncontacts: {{file: a.csv}}\nbudget: 50\n"
    )
    (include / "campaigns" / "spring.yaml").write_text(text)


def send(include: Path, first: int, *, run_id: str, delay: int, rows: int = 5) -> None:
    """Send one run of the campaign in pieces of three, as its tasks would."""
    lines = [f"063998{at:04d};P{at}" for at in range(first, first + rows)]
    (include / "a.csv").write_text("\n".join(["number;prenom", *lines]) + "\n")
    prepare = PrepareContactsOperator(
        task_id="prepare",
        campaign="spring",
        contacts=str(include / "a.csv"),
        message=MESSAGE,
        stop_clause=False,
        shard_size=3,
    )
    made = prepare.execute(context(task_id="prepare", run_id=run_id))
    pieces = PlanSendingsOperator(task_id="sendings", prepared=made).execute(context())
    for at, piece in enumerate(pieces):
        here = context(task_id="upload_receivers", run_id=run_id, map_index=at)
        receivers = UploadReceiversOperator(task_id="upload_receivers", prepared=piece).execute(here)
        given = {"prepared": piece, "receivers": receivers, "sender": "MYSHOP", "stop_clause": False}
        task = SendJobOperator(
            task_id="send", message=MESSAGE, campaign="spring", delay_minutes=delay, **given
        )
        task.execute(context(Store(), run_id=run_id, map_index=at))


@pytest.fixture
def include(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "data"))
    campaign(tmp_path)
    return tmp_path


def test_takes_back_what_waits_and_nothing_of_others(
    sandbox: SandboxProcess, include: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    send(include, 100, run_id="run_1", delay=60)
    send(include, 200, run_id="run_2", delay=60)
    ask = ["cancel", "spring", "--include", str(include)]
    assert main([*ask, "--dry-run"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "Run run_2: 5 messages wait and would be taken back; 0 have left and cannot be."
    assert len(OvhSmsHook().client.pending_jobs()) == 10
    assert main(ask) == 0
    assert "Run run_2: 5 messages were taken back" in capsys.readouterr().out
    left = {job.receiver for job in OvhSmsHook().client.jobs_many(OvhSmsHook().client.pending_jobs())}
    assert left == {f"+33639980{at}" for at in range(100, 105)}
    assert main([*ask, "--run", "run_1"]) == 0
    assert "Run run_1: 5 messages were taken back" in capsys.readouterr().out
    assert OvhSmsHook().client.pending_jobs() == []
    assert OvhSmsHook().client.account().credits_left == 1000  # given back


def test_tells_what_has_left(
    sandbox: SandboxProcess, include: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    send(include, 100, run_id="run_1", delay=0)
    sandbox.clock(advance=120)
    assert main(["cancel", "spring", "--include", str(include)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "Run run_1: 0 messages were taken back; 5 have left and cannot be."


def test_a_campaign_that_is_not_the_one_sent_is_refused(
    sandbox: SandboxProcess, include: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask = ["cancel", "spring", "--include", str(include)]
    assert main(ask) == 2
    assert "no sending of campaign spring" in capsys.readouterr().err
    send(include, 100, run_id="run_1", delay=60)
    assert main([*ask, "--run", "other"]) == 2
    campaign(include, "Bonsoir #prenom#")
    assert main(ask) == 2
    assert "not the one that was sent" in capsys.readouterr().err
    assert len(OvhSmsHook().client.pending_jobs()) == 5
