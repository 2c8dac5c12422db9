"""A reply gets one answer of a rule, however often and wherever its task runs; STOPs get none."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred
from sqlalchemy import delete

from ovh_sms.errors import OutcomeUnknown
from ovh_sms.store.inbound_tables import answers as answers_table
from ovh_sms.store.store import Store
from ovh_sms.store.tables import attempts
from support.airflow_task import context
from support.answers import SUBMIT, THANKS, answer, answering, answers
from support.leaping_time import LeapingTime
from support.replied import EVERYONE, include, replied, store, there
from support.sandbox import SandboxProcess
from support.tries import asked, held, killed_once_answered, once_claimed

__all__ = ["include", "replied", "store", "there"]
pytestmark = pytest.mark.usefixtures("leaping")


def test_those_who_confirm_get_one_answer_with_their_own_values(
    sandbox: SandboxProcess, replied: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    yes, _, also = replied("OUI", "non", "yes merci")
    made = answer(message="Merci #prenom# !")
    names = {number: f"P{at}" for at, number in enumerate(EVERYONE)}
    assert answers(sandbox) == {(each, f"Merci {names[each]} !"): 1 for each in (yes, also)}
    assert made | {"account": ""} == {
        "account": "",
        "rule": "confirmed",
        "answered": 2,
        "by_state": {"answered": 2},
        "credits_spent": 2.0,
        "left": 0,
    }
    shown = json.dumps(made) + caplog.text
    assert not any(person.removeprefix("+") in shown for person in EVERYONE)
    assert not any(f"Merci P{at}" in shown for at in range(12))


def test_clearing_another_run_and_another_dag_answer_nothing_again(sandbox: SandboxProcess, replied: Any) -> None:
    (person,) = replied("OUI")
    first = answer()
    assert answer(try_number=2) == first
    assert answer(run_id="run_2", message="Autre texte")["answered"] == 0
    assert answers(sandbox) == {(person, THANKS): 1}
    assert answer(run_id="run_2", rule="second", message="Et encore")["answered"] == 1
    assert answers(sandbox) == {(person, THANKS): 1, (person, "Et encore"): 1}, "another rule is another answer"


def test_a_stop_and_people_who_opted_out_get_no_answer(sandbox: SandboxProcess, replied: Any, there: list[str]) -> None:
    stopped, later, blocked, person = replied("STOP", "OUI", "OUI", "OUI")
    replied("STOP", of=[later])
    sandbox.block(blocked)
    made = answer(event="", rule="all")
    assert made["by_state"] == {"answered": 1, "opted_out": 2}
    assert answers(sandbox) == {(person, THANKS): 1}
    assert stopped not in {number for number, _ in answers(sandbox)}


@pytest.mark.parametrize("fault", ["lost_answer", "reset_before", "half_body"])
def test_a_lost_answer_is_reconciled_and_the_others_do_not_wait_for_it(
    sandbox: SandboxProcess, replied: Any, fault: str
) -> None:
    everyone = replied("OUI", "OUI", "OUI")
    sandbox.fault(fault, **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        answer()
    assert sum(answers(sandbox).values()) >= 2
    assert answer(try_number=2)["by_state"] == {"answered": 3}
    assert answers(sandbox) == {(each, THANKS): 1 for each in everyone}


def test_a_lost_answer_is_waited_for_without_a_worker(
    sandbox: SandboxProcess, leaping: LeapingTime, replied: Any
) -> None:
    everyone = replied("OUI", "OUI")
    sandbox.fault("lost_answer", **SUBMIT)
    with pytest.raises(TaskDeferred) as first:
        answer(deferrable=True)
    assert first.value.method_name == "resume"
    for _ in range(12):
        leaping.sleep(1)
        try:
            made = answering(deferrable=True).resume(context(task_id="thank"), None)
        except TaskDeferred:
            continue
        break
    assert made["answered"] == 2
    assert answers(sandbox) == {(each, THANKS): 1 for each in everyone}


@pytest.mark.parametrize("stored", [False, True])
def test_a_process_that_is_killed_once_ovh_has_answered_leaves_one_message(
    sandbox: SandboxProcess, replied: Any, monkeypatch: pytest.MonkeyPatch, stored: bool
) -> None:
    (person,) = replied("OUI")
    killed_once_answered(monkeypatch, answer, stored=stored)
    assert answer(try_number=2)["by_state"] == {"answered": 1}
    assert answers(sandbox) == {(person, THANKS): 1}


def test_a_process_that_is_killed_once_it_has_claimed_leaves_an_answer_to_be_made(
    sandbox: SandboxProcess, replied: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def kill() -> None:
        raise KeyboardInterrupt

    (person,) = replied("OUI")
    with monkeypatch.context() as patch:
        once_claimed(patch, kill)
        with pytest.raises(KeyboardInterrupt):
            answer()
    assert answers(sandbox) == {}
    assert answer(run_id="run_2")["left"] == 0
    assert answers(sandbox) == {(person, THANKS): 1}


def test_two_runs_at_once_make_one_answer(sandbox: SandboxProcess, replied: Any) -> None:
    (person,) = replied("OUI")
    with held(sandbox, answer, kind="hold_after", **SUBMIT) as first:
        sandbox.clock(advance=60)
        assert answer(run_id="run_2")["left"] == 0
    assert (first.error, first.made["answered"]) == (None, 1)
    assert answers(sandbox) == {(person, THANKS): 1}


def test_another_text_after_a_lost_answer_makes_no_second_one(sandbox: SandboxProcess, replied: Any) -> None:
    (person,) = replied("OUI")
    sandbox.fault("lost_answer", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        answer()
    sandbox.clock(advance=60)  # it has left, so its tag identifies it
    assert answer(message="Merci beaucoup, a mardi donc !", run_id="run_2")["left"] == 0
    assert answers(sandbox) == {(person, THANKS): 1}


def test_a_person_decides_if_nobody_else_can(sandbox: SandboxProcess, replied: Any) -> None:
    (person,) = replied("OUI")
    sandbox.fault("late_listing", seconds=600, answer="lost", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        answer()
    question = asked(lambda: answer(try_number=2))
    question.decide("sent")
    assert answer(try_number=3)["by_state"] == {"answered": 1}
    assert sum(answers(sandbox).values()) == 1
    assert set(answers(sandbox)) == {(person, THANKS)}


def test_a_journal_that_lost_the_answer_makes_no_second_one(
    sandbox: SandboxProcess, replied: Any, store: Store
) -> None:
    (person,) = replied("OUI")
    answer()
    sandbox.clock(advance=60)
    with store.database.writing() as connection:
        connection.execute(delete(attempts).where(attempts.c.kind == "answer"))
        connection.execute(delete(answers_table))
    count_again(store)
    assert answer(run_id="run_2")["by_state"] == {"before_restore": 1}
    assert answers(sandbox) == {(person, THANKS): 1}


def test_after_a_restoration_only_replies_that_came_since_get_an_answer(
    sandbox: SandboxProcess, leaping: LeapingTime, replied: Any, store: Store, there: list[str]
) -> None:
    replied("OUI")
    leaping.sleep(60)
    store.identity.mark_restored()
    count_again(store)
    assert answer()["by_state"] == {"before_restore": 1}
    assert answers(sandbox) == {}
    leaping.sleep(900)  # the clocks may differ by some minutes
    replied("OUI", of=[there[1]])
    assert answer(run_id="run_2")["by_state"] == {"answered": 1}
    assert answers(sandbox) == {(there[1], THANKS): 1}


def count_again(store: Store) -> None:
    """Note the results database outside of it, as ``ovh-sms db restored`` does."""
    from airflow.sdk import Variable

    from ovh_sms.hooks.store_identity import StoreMark, variable_name

    Variable.set(variable_name("ovh_sms_results"), str(StoreMark.of(store)))
