"""The class of each task's calls, as they wait in the queue of the key."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.api.call_rate import CallLimits
from ovh_sms.api.turn_queue import CallClass
from ovh_sms.api.turns import Turns
from ovh_sms.clock import SystemClock
from ovh_sms.hooks.connection import turns_key
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.cancel_run import CancelRunOperator
from ovh_sms.operators.collect_replies import CollectRepliesOperator
from ovh_sms.operators.preview_contacts import PreviewContactsOperator
from ovh_sms.store.turns import shared_queue
from support.airflow_task import context
from support.sandbox import SandboxProcess
from unit.operators.sends import send


def preview(folder: Path) -> PreviewContactsOperator:
    contacts = folder / "contacts.csv"
    contacts.write_text("number\n+33639980001\n")
    return PreviewContactsOperator(task_id="preview", contacts=str(contacts), message="Bonjour", stop_clause=False)


def cancel(_: Path) -> CancelRunOperator:
    quick = {"quiet_period": timedelta(0)}
    return CancelRunOperator(task_id="cancel", cancelled_dag_id="a_dag", cancelled_run_id="run_1", **quick)


def replies(_: Path) -> CollectRepliesOperator:
    return CollectRepliesOperator(task_id="replies")


def hold(folder: Path) -> Path:
    """Let no call of the key go, as after a 429; returns the file of the queue."""
    settings = OvhSmsHook().settings
    queue = shared_queue(f"sqlite:///{folder}/results.sqlite", turns_key(settings.credentials))
    turns = Turns(CallLimits(60_000, 60_000), clock=SystemClock(), shared=queue)
    turns.take()
    turns.note_answer(429, "55", write=False)
    (file,) = folder.glob(".turns-*")
    return file


@pytest.mark.parametrize(
    ("make", "call_class"),
    [
        (lambda _: send(message="Encore"), CallClass.WRITE),
        (cancel, CallClass.CANCEL),
        (preview, CallClass.COLLECT),
        (replies, CallClass.COLLECT),
    ],
    ids=["send", "cancel", "preview", "replies"],
)
def test_a_task_waits_in_the_class_of_its_purpose(
    sandbox: SandboxProcess, tmp_path: Path, make: Callable[[Path], Any], call_class: CallClass
) -> None:
    send().execute(context())  # something to cancel
    file = hold(tmp_path / "data")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(make(tmp_path).execute, context(run_id="run_2"))
        ((_, rank, *_),) = sandbox.wait_until(lambda: json.loads(file.read_text())["tickets"])
        file.unlink()
        running.result(timeout=60)
    assert rank == 1 + call_class
