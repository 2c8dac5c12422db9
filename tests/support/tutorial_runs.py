"""The commands of the tutorial, one after the other beside one Airflow; used in a process of its own."""

from __future__ import annotations

import io
import json
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any
from unittest.mock import patch

from support.campaign_runs import seconds_until_morning
from support.credit_runs import run
from support.moved_runs import MovedRuns

#: Starts and ends whole programs: `make demo` and `make up` have tests of their own.
NOT_HERE = ("make demo", "make up", "make down")


class TutorialRuns(MovedRuns):
    """The steps of a person who follows the tutorial to the letter."""

    def all(self, commands: list[str]) -> list[dict[str, Any]]:
        """Carry the commands out; returns each with what it gave."""
        with self.time.installed():
            self.time.advance(seconds_until_morning())
            return [{"command": each, **self._do(each)} for each in commands]

    def _do(self, command: str) -> dict[str, Any]:
        words = shlex.split(command)
        if command in NOT_HERE:
            return {}
        if words[:2] == ["make", "preview"]:
            return self._ovh_sms("preview", words[2].removeprefix("CAMPAIGN="))
        if words[0] == ".venv/bin/ovh-sms":
            return self._ovh_sms(*words[1:])
        if words[:2] == ["make", "airflow"]:
            return self._airflow(shlex.split(words[2].removeprefix("ARGS=")))
        assert words[:5] == ["curl", "-s", "-X", "POST", "CONTROL/replies"], command
        said = json.loads(words[words.index("-d") + 1])
        return {"stop": self.sandbox.reply(said["receiver"], said["text"])["stop"]}

    def _ovh_sms(self, *arguments: str) -> dict[str, Any]:
        from ovh_sms.cli import main

        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(out):
            code = main(list(arguments))
        return {"code": code, "out": out.getvalue()}

    def _airflow(self, arguments: list[str]) -> dict[str, Any]:
        """Parse a command as Airflow does; a run that it starts is made here, and the person approves it."""
        from airflow.cli.cli_parser import get_parser

        asked = get_parser().parse_args(arguments)
        assert asked.dag_id in self.bag.dags, arguments
        if asked.subcommand != "trigger":
            return {"subcommand": asked.subcommand}
        with approving():
            made = run(self.bag, asked.dag_id)
        if asked.dag_id.startswith("sms_campaign_"):
            self.time.advance(3_600)  # the receipts come
            made["report"] = run(self.bag, "sms_campaign_report")["state"]
        return made


@contextmanager
def approving(task_id: str = "approve") -> Iterator[None]:
    """Be the person who approves while Airflow's loop waits for an answer."""
    from airflow.models.dagrun import DagRun
    from airflow.models.hitl import HITLDetail
    from airflow.models.trigger import handle_event_submit
    from airflow.sdk.timezone import utcnow
    from airflow.triggers.base import TriggerEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    sleep = time.sleep

    def answer(seconds: float) -> None:
        if sys._getframe(1).f_code.co_name != "test":
            sleep(seconds)
            return
        with create_session() as session:
            newest = session.scalars(select(DagRun).order_by(DagRun.id.desc())).first()
            ti = newest.get_task_instance(task_id, session=session) if newest else None
            if ti is None or str(ti.state) != "awaiting_input":
                return
            detail = session.scalar(select(HITLDetail).where(HITLDetail.ti_id == ti.id))
            detail.responded_by, detail.responded_at = {"id": "alice", "name": "alice"}, utcnow()
            detail.chosen_options, detail.params_input = ["Approve"], {}
            session.flush()
            handle_event_submit(TriggerEvent(detail.as_resume_event_payload()), task_instance=ti, session=session)

    with patch("time.sleep", answer):
        yield
