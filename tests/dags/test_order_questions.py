"""Real runs of the top-up that ask a person: one need is asked about once, as long as its run can still order."""

from __future__ import annotations

import json
from pathlib import Path

from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

ACCOUNT = "threshold: 1000\nquantity: 1000\nmax_price: 500\napproval: {above: 1, within_hours: 24}\n"
BEGIN = """
import time
from airflow.api_fastapi.core_api.services.public.dag_run import DagRunMutableStates, patch_dag_run_state
from airflow.models.dagbag import DBDagBag
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from sqlalchemy import select
from ovh_sms.credits.needs import need_key
from ovh_sms.hooks.store import ResultsHook

class Parked(Exception):
    pass

sleep = time.sleep

def leave(seconds):
    # Airflow's own loop would wait for the answer.
    if sys._getframe(1).f_code.co_name == "test":
        raise Parked
    sleep(seconds)

time.sleep = leave
found, runs = {}, []

def ask(name):
    try:
        bag.dags["sms_credits_topup"].test()
    except Parked:
        pass
    with create_session() as session:
        done = session.scalars(select(DagRun).order_by(DagRun.id.desc())).first()
        runs.append(done.run_id)
        found[name] = str(done.get_task_instance("main.approve", session=session).state)

def change(run_id, act, **given):
    with create_session() as session:
        act(session.scalar(select(DagRun).where(DagRun.run_id == run_id)), session, **given)

def fail(dag_run, session):
    dag = DBDagBag().get_latest_version_of_dag(dag_run.dag_id, session=session)
    patch_dag_run_state(dag=dag, dag_run=dag_run, state=DagRunMutableStates.FAILED, session=session)

def delete(dag_run, session):
    session.delete(dag_run)

def set_tasks(dag_run, session, **states):
    for name, state in states.items():
        dag_run.get_task_instance(f"main.{name}", session=session).state = state
"""
ENDED_FROM_OUTSIDE = """
ask("first")
ask("beside it")
change(runs[0], set_tasks, approve=None)
ask("it is cleared")
change(runs[0], fail)
ask("it is marked failed")
ask("beside that one")
change(runs[3], delete)
ask("that one is deleted")
change(runs[5], set_tasks, approve="skipped")
ask("its task is marked skipped")
print(json.dumps(found))
"""
APPROVED = """
ask("first")
store, need = ResultsHook().store, need_key(account, 0)
asker = store.approvals.of(need).asker
store.approvals.approve(need, asker=asker, order_task="main.order")  # as the task does
change(runs[0], set_tasks, approve="success")
ask("it is about to order")
change(runs[0], set_tasks, order="failed")
ask("its order has failed")
print(json.dumps(found))
"""


def asked(code: str, folder: Path) -> dict[str, str]:
    """Run code beside an Airflow whose top-up asks a person; nothing is ordered meanwhile.

    :returns: the states of the tasks that ask.
    """
    for name, text in (
        ("dags/sms_credits_topup.py", (ROOT / "dags" / "sms_credits_topup.py").read_text(encoding="utf-8")),
        ("include/accounts/main.yaml", ACCOUNT),
    ):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "include" / "campaigns").mkdir()
    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        sandbox.account(creditsLeft=900)
        found: dict[str, str] = json.loads(
            run_in_airflow(f"account = {sandbox.account_name!r}\n{BEGIN}{code}", folder, sandbox)
        )
        assert sandbox.orders() == []
    return found


def test_a_question_whose_run_was_ended_from_outside_is_asked_by_the_next_run(tmp_path: Path) -> None:
    assert asked(ENDED_FROM_OUTSIDE, tmp_path) == {
        "first": "awaiting_input",
        "beside it": "skipped",
        "it is cleared": "skipped",
        "it is marked failed": "awaiting_input",
        "beside that one": "skipped",
        "that one is deleted": "awaiting_input",
        "its task is marked skipped": "awaiting_input",
    }


def test_nobody_is_asked_again_while_an_approved_order_is_about_to_be_made(tmp_path: Path) -> None:
    assert asked(APPROVED, tmp_path) == {
        "first": "awaiting_input",
        "it is about to order": "skipped",
        "its order has failed": "awaiting_input",
    }
