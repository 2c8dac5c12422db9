"""A person with two texts gets both, once each: their batches have the same receivers, and are not confused."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.clock import SystemClock
from ovh_sms.errors import DuplicateSubmission, OutcomeUnknown
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.report.figures import of_run
from ovh_sms.sending.cancel import CancelRun
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from ovh_sms.store.attempt_receivers import recorded
from support.airflow_task import context
from support.sandbox import SandboxProcess
from support.sent import send_batch, upload
from support.tries import QUICK, SUBMIT_CALL, once, sent

MESSAGE = "RDV de #prenom# a #heure#"
LATER = {"delay_minutes": 60}
LEA, TOM, ANA = "RDV de Lea a 10h", "RDV de Tom a 11h", "RDV de Ana a 12h"
ROWS = ["0639980012;Lea;10h", "0639980012;Tom;11h", "0639980013;Ana;12h", "0639980013;Bob;12h30"]


def batches(
    folder: Path, rows: list[str] = ROWS, *, run_id: str = "run_1", stop_clause: bool = False, force: bool = False
) -> list[dict[str, Any]]:
    """The batches of one run whose list may give a number several texts."""
    path = folder / "children.csv"
    path.write_text("\n".join(["numero;prenom;heure", *rows]) + "\n")
    prepare = PrepareContactsOperator(
        task_id="prepare",
        campaign="spring",
        contacts=str(path),
        message=MESSAGE,
        stop_clause=stop_clause,
        options={"duplicates": "number_and_text"},
        batch_size=3,
        terms={"sender": "MYSHOP", "sender_for_response": False, "stop_clause": stop_clause},
    )
    run = SimpleNamespace(conf={"force": force}, run_type="manual")
    made = prepare.execute({**context(task_id="prepare", run_id=run_id), "dag_run": run})
    return SplitIntoBatchesOperator(task_id="split_into_batches", prepared=made).execute(context())


class Run:
    """One run: its batches, uploaded, and tries to send each."""

    def __init__(self, folder: Path, rows: list[str] = ROWS, *, run_id: str = "run_1", **changes: Any) -> None:
        self.run_id, self.stop_clause = run_id, changes.get("stop_clause", False)
        self.batches = batches(folder, rows, run_id=run_id, **changes)
        self.slots = [upload(batch, at, run_id=run_id) for at, batch in enumerate(self.batches)]

    def send(self, at: int, **changes: Any) -> dict[str, Any]:
        given = {"message": MESSAGE, "stop_clause": self.stop_clause, "run_id": self.run_id, **LATER, **QUICK}
        return send_batch(self.batches[at], self.slots[at], at, **{**given, **changes})

    def lose(self, sandbox: SandboxProcess, at: int, how: str = "lost_answer", **changes: Any) -> None:
        """Send a batch whose answer is lost, or that does not reach OVH."""
        sandbox.fault(how, **SUBMIT_CALL)
        with pytest.raises(OutcomeUnknown):
            self.send(at, **changes)


def test_a_person_with_two_texts_gets_both_once(sandbox: SandboxProcess, tmp_path: Path) -> None:
    run = Run(tmp_path, [*ROWS, "0639980012;Tom;11h"])
    assert [batch["accepted"] for batch in run.batches] == [2, 2]
    assert run.batches[0]["rejected"] == {"duplicate": 1}
    assert [run.send(at, delay_minutes=0)["submitted"] for at in range(2)] == [2, 2]
    assert once(sandbox) == 4
    assert {text for text, receiver in sent(sandbox) if receiver == "+33639980012"} == {LEA, TOM}


@pytest.mark.parametrize("stop_clause", [False, True])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_batches_whose_answers_were_lost_are_adopted_each(
    sandbox: SandboxProcess, tmp_path: Path, order: tuple[int, int], stop_clause: bool
) -> None:
    # both wait, where they carry no tag: only the text says which batch a message is of
    run = Run(tmp_path, stop_clause=stop_clause)
    for at in order:
        run.lose(sandbox, at)
    for at in order:
        assert run.send(at)["submitted"] == 2
    assert once(sandbox) == 4


@pytest.mark.parametrize("lost", [0, 1])
@pytest.mark.parametrize("answered", [True, False])
def test_a_batch_that_never_reached_ovh_does_not_adopt_the_other_texts_of_its_receivers(
    sandbox: SandboxProcess, tmp_path: Path, lost: int, answered: bool
) -> None:
    run = Run(tmp_path)
    run.lose(sandbox, lost, "reset_before")
    if answered:
        run.send(1 - lost)
    else:
        run.lose(sandbox, 1 - lost)
    assert run.send(lost)["submitted"] == 2
    assert run.send(1 - lost)["submitted"] == 2
    assert once(sandbox) == 4


def test_a_text_that_reads_as_another_one_with_its_stop_clause_is_not_adopted(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    run = Run(tmp_path, ["0639980012;Lea;10h", "0639980012;Lea;10h STOP 36179"])
    run.lose(sandbox, 0, "reset_before")
    run.lose(sandbox, 1)
    assert [run.send(at)["submitted"] for at in range(2)] == [1, 1]
    assert once(sandbox) == 2


def test_without_the_runs_list_nobody_knows_the_other_texts_and_a_person_is_asked(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    run = Run(tmp_path)
    run.lose(sandbox, 0)
    run.lose(sandbox, 1)
    Path(run.batches[1]["list_path"]).unlink()
    with pytest.raises(AirflowFailException, match="ovh-sms resolve"):
        run.send(0)
    assert once(sandbox) == 4


def cancel(run_id: str = "run_1") -> CancelRun:
    hook, store = OvhSmsHook(), ResultsHook().store
    (dag_id,) = {each.dag_id for each in store.attempts.of_campaign("spring", account=hook.client.account_name)}
    return CancelRun(hook.client, store, dag_id, run_id, SystemClock(), logging.getLogger(__name__))


@pytest.mark.parametrize("lost", [(0, 1), (0,), (1,)])
def test_a_cancelled_run_withdraws_every_text_under_its_own_batch(
    sandbox: SandboxProcess, tmp_path: Path, lost: tuple[int, ...]
) -> None:
    run = Run(tmp_path)
    for at in range(2):
        if at in lost:
            run.lose(sandbox, at)
        else:
            run.send(at)
    cancelled = cancel()
    cancelled.drain(timedelta(seconds=0.1))
    assert cancelled.withdrawn == 4
    assert once(sandbox) == 0
    store = ResultsHook().store
    attempts = store.attempts.of_run(cancelled.dag_id, "run_1")
    assert [store.withdrawals.count(each.tag)[0] for each in attempts] == [2, 2]
    with store.attempt_receivers.database.reading() as connection:  # another run may send all of it
        left = [recorded(connection, each.tag, each.attempt)[0] for each in attempts]
    assert [each is not None and len(each) for each in left] == [0, 0]


def test_another_run_sends_only_the_texts_that_a_person_has_not_got(sandbox: SandboxProcess, tmp_path: Path) -> None:
    first = Run(tmp_path, ROWS[:1])
    first.send(0)
    second = Run(tmp_path, run_id="run_2")
    assert [batch["accepted"] for batch in second.batches] == [1, 2]
    assert second.batches[0]["rejected"] == {"already_sent": 1}
    for at in range(2):
        second.send(at)
    assert once(sandbox) == 4
    with pytest.raises(DuplicateSubmission):
        Run(tmp_path, run_id="run_3")


def test_a_marketing_campaign_reaches_nobody_from_two_runs_with_any_text(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    first = Run(tmp_path, stop_clause=True)
    first.send(0)
    with pytest.raises(DuplicateSubmission):
        Run(tmp_path, run_id="run_2", stop_clause=True)
    assert first.send(1)["submitted"] == 2  # of the same run


def test_a_person_who_answers_stop_between_two_batches_is_left_out_of_the_second(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    run = Run(tmp_path, stop_clause=True)
    run.send(0)
    sandbox.block("+33639980012")
    later = run.send(1)
    assert (later["submitted"], later["refused"], later["rejected"]) == (1, 0, {"opted_out_since": 1})
    assert len([text for text, receiver in sent(sandbox) if receiver == "+33639980012"]) == 1


def test_the_results_hold_both_messages_and_count_the_opt_out_once(sandbox: SandboxProcess, tmp_path: Path) -> None:
    run = Run(tmp_path, stop_clause=True)
    tags = [run.send(at, delay_minutes=0)["tag"] for at in range(2)]
    submissions = [run.send(at, delay_minutes=0) for at in range(2)]  # the same again: nothing is sent
    sandbox.clock(advance=3 * 86_400)
    sandbox.block("+33639980012")
    for submission in submissions:
        sensor = CollectOutgoingSensor(task_id="collect", submission=submission)
        sensor.execute_complete(context(), {"status": "final", "message": "all final"})
    store = ResultsHook().store
    assert [store.messages.count(tag) for tag in tags] == [2, 2]
    for at in range(2):
        assert {message.receiver for message in store.messages.iter(tags[at])} == {"+33639980012", "+33639980013"}
    assert [[each.receiver for each in store.opt_outs.of(tag)] for tag in tags] == [[], ["+33639980012"]]
    records = [store.submissions.get(tag) for tag in tags]
    figures = of_run(store, [each for each in records if each])
    assert (figures.rows, figures.accepted, figures.submitted, figures.opt_outs) == (4, 4, 4, 1)
