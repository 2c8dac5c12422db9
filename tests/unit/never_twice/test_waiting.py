"""Waiting messages carry no tag: a batch that never reached OVH must not adopt those of another.

It would end in success, and nobody on its list would ever read it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.errors import OutcomeUnknown, ReceiversMismatch
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.sent import batches, send_batch, upload
from support.tries import NUMBERS, QUICK, SUBMIT_CALL, asked, once, receivers, send, sent
from support.web import web

LATER = {"delay_minutes": 60}


def green_only_with_messages(sandbox: SandboxProcess, again: Callable[[], Any], *, before: int, after: int) -> None:
    """A try that succeeds has sent; one that finds no verdict asks a person, and sends nothing."""
    try:
        again()
    except AirflowFailException:
        assert once(sandbox) in (before, after)
    else:
        assert once(sandbox) == after


def test_a_batch_whose_folder_is_lost_does_not_adopt_another_batch(sandbox: SandboxProcess, tmp_path: Path) -> None:
    # without its list nobody knows whose messages are pending: a worker that lacks the folder tries again
    first, second = batches(tmp_path, 100, rows=6)

    def again() -> dict[str, Any]:
        return send_batch(second, lists[1], 1, **LATER, **QUICK)

    lists = [upload(first, 0), upload(second, 1)]
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        again()
    send_batch(first, lists[0], 0, **LATER)
    path = Path(second["list_path"])
    rows = path.read_bytes()
    path.unlink()
    with pytest.raises(ReceiversMismatch, match="gone or out of reach"):
        again()
    assert len(sandbox.messages(account=sandbox.account_name)) == 3
    path.write_bytes(rows)
    green_only_with_messages(sandbox, again, before=3, after=6)


def next_second() -> None:
    """Wait until OVH dates messages later than now: its times have whole seconds."""
    time.sleep(1.1)


def test_a_text_that_begins_like_another_ones_is_not_adopted(sandbox: SandboxProcess) -> None:
    bill = {"message": "Bonjour, votre facture", "campaign": "facture", **LATER}
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(run_id="a", **bill)
    next_second()
    thanks = {"message": "Bonjour, votre facture de mars est payée, merci", "campaign": "merci"}
    send(run_id="b", **thanks, **LATER)
    assert send(run_id="a", **bill)["submitted"] == 5
    assert set(sent(sandbox).values()) == {1}
    assert len(sent(sandbox)) == 10


def test_the_same_to_the_same_receivers_in_the_same_minute_is_not_adopted(sandbox: SandboxProcess) -> None:
    first = send(run_id="a", campaign="spring", **LATER)
    next_second()
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(run_id="b", force=True, campaign="spring", **LATER)
    second = send(run_id="b", force=True, campaign="spring", **LATER)
    for tag in (first["tag"], second["tag"]):
        assert receivers(sandbox, tag) == set(NUMBERS)


@pytest.mark.parametrize("reached", [True, False])
def test_lists_by_address_do_not_adopt_each_other(sandbox: SandboxProcess, reached: bool) -> None:
    # their receivers are unknown here; the texts are the same
    with web() as server:
        lists = {}
        for at, name in enumerate("ab"):
            numbers = [f"+336399801{at}{n}" for n in range(3)]
            server.answers[f"/{name}.csv"] = (200, "text/csv", "\n".join(["number", *numbers]).encode())
            task = UploadReceiversOperator(task_id=name, csv_url=f"{server.url}/{name}.csv", records=len(numbers))
            lists[name] = task.execute(context(task_id=name))
    given = {"numbers": None, "receivers": lists["a"], "tag": "list-a", **LATER}
    sandbox.fault("lost_answer" if reached else "reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(**given)
    send(numbers=None, receivers=lists["b"], tag="list-b", task_id="send_b", **LATER)
    if reached:  # its own wait there, and nothing shows that they are
        asked(lambda: send(**given))
        assert once(sandbox) == 6
    else:
        green_only_with_messages(sandbox, lambda: send(**given), before=3, after=6)
