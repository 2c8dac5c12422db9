"""The surroundings of the tasks of replies, and the guards that can be switched off in them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from math import gcd
from pathlib import Path
from typing import Any

#: Where each guard matters: the task, and the boundary at which it dies.
GUARDED = {"journal": ("answer", "after POST /sms/*/jobs"), "mark": ("collect", "after a commit")}


def surroundings(home: Path, sandbox: Any, weak: str) -> Any:
    """The environment of the tasks, as Airflow's workers have it; returns what answers them for Airflow."""
    from airflow.sdk.execution_time import task_runner

    from ovh_sms.hooks.store_identity import StoreMark, variable_name
    from support.airflow_task import connection
    from support.stores import new_store
    from support.supervisor import Supervisor

    os.environ["AIRFLOW_CONN_OVH_SMS_DEFAULT"] = connection(sandbox)
    os.environ["OVH_SMS_DATA"] = str(home / "data")
    store, supervisor = new_store(home / "data" / "results.sqlite"), Supervisor()
    supervisor.variables[variable_name("ovh_sms_results")] = str(StoreMark.of(store))
    store.close()
    task_runner.SUPERVISOR_COMMS = supervisor  # type: ignore[attr-defined]
    if weak == "journal":
        _without_second_witness()
    elif weak == "mark":
        _mark_first()
    return supervisor


def boundary_of(task: str, boundaries: Sequence[str], at: int, weak: str) -> int:
    """The boundary at which a task is killed, 1 for the first; 0 for none.

    Each has its turn; the next one is far from the one before, so that few kills reach all parts of the task.

    :param boundaries: names of all that the task reaches.
    :param at: number of the kill, from 1.
    :param weak: the guard that is off: only where it matters its task is killed.
    """
    chosen = [
        number for number, name in enumerate(boundaries, 1) if not weak or GUARDED.get(weak, ("", "")) == (task, name)
    ]
    if not chosen:
        return 0
    step = next(each for each in range(int(len(chosen) * 0.62) or 1, 0, -1) if gcd(each, len(chosen)) == 1)
    return chosen[at * step % len(chosen)]


def forget_answers(home: Path) -> None:
    """Empty the journal of answers, as if it had never been."""
    from sqlalchemy import NullPool, create_engine, text

    engine = create_engine(f"sqlite:///{home}/data/results.sqlite", poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM ovh_sms_attempts WHERE kind = 'answer'"))
        connection.execute(text("DELETE FROM ovh_sms_answers"))
    engine.dispose()


def _without_second_witness() -> None:
    """Let nobody ask OVH whether it lists the tag of an answer."""
    from ovh_sms.inbound.answer_post import AnswerPost

    precheck = AnswerPost.precheck

    def unaware(self: Any, **given: Any) -> None:
        self.client.outgoing.count = lambda **_: 0
        precheck(self, **given)

    AnswerPost.precheck = unaware  # type: ignore[method-assign]


def _mark_first() -> None:
    """Move the mark in a transaction of its own, before the replies are stored."""
    from ovh_sms.store.inbound import Inbound

    save = Inbound.save

    def apart(self: Any, account: str, messages: Any, *, read_up_to: Any = None, **more: Any) -> Any:
        save(self, account, [], read_up_to=read_up_to)
        return save(self, account, messages, **more)

    Inbound.save = apart  # type: ignore[method-assign]
