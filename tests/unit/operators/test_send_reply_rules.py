"""The replies that get an answer, at which cost, and those that get none."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.errors import ConfigurationError, InsufficientCredits, OutcomeUnknown, RequestRefused
from ovh_sms.inbound.answers import ReplyAnswers
from ovh_sms.sending.opted_out import LIST_LASTS
from ovh_sms.store.answers import Answers
from ovh_sms.store.inbound_tables import inbound
from ovh_sms.store.store import Store
from support.answered_runs import pull_replies, reply
from support.answers import SUBMIT, THANKS, answer, answers
from support.leaping_time import LeapingTime
from support.replied import include, replied, store, there
from support.sandbox import SandboxProcess
from support.tries import once_claimed

__all__ = ["include", "replied", "store", "there"]
pytestmark = pytest.mark.usefixtures("leaping")


def test_without_credits_for_all_answers_none_is_made(sandbox: SandboxProcess, replied: Any) -> None:
    everyone = replied("OUI", "OUI")
    sandbox.account(creditsLeft=1)
    with pytest.raises(InsufficientCredits, match=r"answers to 2 replies cost 2 credits; the account holds 1"):
        answer()
    assert answers(sandbox) == {}
    sandbox.account(creditsLeft=2)
    assert answer(try_number=2)["answered"] == len(everyone)


def test_the_credits_are_reserved_while_it_answers_and_free_afterwards(
    sandbox: SandboxProcess, replied: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    replied("OUI", "OUI")
    seen: list[float] = []
    with monkeypatch.context() as patch:
        once_claimed(patch, lambda: seen.append(store.reservations.reserved(sandbox.account_name)))
        answer()
    assert seen == [2.0]
    assert store.reservations.reserved(sandbox.account_name) == 0


def test_old_replies_and_too_many_of_one_person_get_no_answer(
    leaping: LeapingTime, replied: Any, there: list[str]
) -> None:
    replied("OUI")
    leaping.sleep(7_200)
    assert answer(max_age=timedelta(hours=1)) | {"account": ""} == {
        "account": "",
        "rule": "confirmed",
        "answered": 0,
        "by_state": {},
        "credits_spent": 0,
        "left": 0,
    }
    for _ in range(3):
        replied("OUI", of=[there[1]])
    made = answer(per_day=2, max_age=timedelta(hours=1))
    assert made["by_state"] == {"answered": 2, "enough": 1}


def test_a_stop_that_comes_between_the_claim_and_the_post_withholds_the_answer(
    sandbox: SandboxProcess, replied: Any, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, person = replied("OUI", "OUI")
    account = sandbox.account_name
    with monkeypatch.context() as patch:
        once_claimed(patch, lambda: store.opt_out_digests.add(account, [stopped]))
        made = answer()
    assert made["by_state"] == {"answered": 1, "opted_out": 1}
    assert answers(sandbox) == {(person, THANKS): 1}
    assert answer(try_number=2) == made
    assert answers(sandbox) == {(person, THANKS): 1}


def test_a_stop_that_only_ovh_knows_while_others_are_answered_withholds_the_answer(
    sandbox: SandboxProcess, leaping: LeapingTime, replied: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, stopped = replied("OUI", "OUI")
    end = Answers.end

    def then_stop(self: Answers, *given: Any, **more: Any) -> None:
        end(self, *given, **more)
        sandbox.block(stopped)
        leaping.sleep(LIST_LASTS.total_seconds() + 1)

    with monkeypatch.context() as patch:
        patch.setattr(Answers, "end", then_stop)
        assert answer()["by_state"] == {"answered": 1, "opted_out": 1}
    assert answers(sandbox) == {(person, THANKS): 1}


def test_answers_that_ovh_refuses_each_time_keep_no_other_reply_waiting(sandbox: SandboxProcess, replied: Any) -> None:
    *_, person = replied("OUI", "OUI", "OUI", "OUI")
    sandbox.fault("status", status=400, times=3, **SUBMIT)
    with pytest.raises(RequestRefused):
        answer()
    assert answers(sandbox) == {}, "after three it tries no more"
    sandbox.fault("status", status=400, after=1, times=3, **SUBMIT)
    with pytest.raises(RequestRefused):
        answer(run_id="run_2")
    assert answers(sandbox) == {(person, THANKS): 1}


def test_people_whose_values_are_not_known_get_the_other_text_or_none(sandbox: SandboxProcess, replied: Any) -> None:
    (person,) = replied("OUI")
    assert answer(message="Merci #ville# !", rule="town")["by_state"] == {"no_columns": 1}
    assert answers(sandbox) == {}
    assert answer(message="Merci #ville# !", without_columns=THANKS)["answered"] == 1
    assert answers(sandbox) == {(person, THANKS): 1}


def test_what_a_person_writes_then_belongs_to_the_same_campaign(
    sandbox: SandboxProcess, replied: Any, store: Store, include: Path
) -> None:
    (person,) = replied("OUI")
    answer()
    sandbox.clock(advance=3_600)
    reply(sandbox, person, "a quelle heure ?")
    assert pull_replies(store, include).how == {"tag": 1}
    with store.database.reading() as connection:
        found = connection.execute(inbound.select().where(inbound.c.text == "a quelle heure ?")).mappings().one()
    assert (found["campaign"], found["run_id"], found["action"]) == ("visit", "manual__1", "inbox")


def test_an_answer_that_ovh_refuses_is_no_answer_and_is_said(sandbox: SandboxProcess, replied: Any) -> None:
    replied("OUI")
    with pytest.raises(RequestRefused):
        answer(message="Voir https://example.org/mardi")
    assert answers(sandbox) == {}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"rule": "Trop grand"}, "'rule' is 'Trop grand'"),
        ({"message": " "}, "The answer is empty"),
        ({"message": "Un # et deux #"}, "holds|has"),
        ({"message": "Merci #prenom#", "without_columns": "Merci #nom#"}, "uses a column"),
    ],
)
def test_a_wrong_answer_is_named_before_anything_is_called(
    sandbox: SandboxProcess, given: dict[str, Any], says: str
) -> None:
    sandbox.reset_calls()
    with pytest.raises(ConfigurationError, match=says):
        answer(**given)
    assert not sandbox.calls(f"POST /sms/{sandbox.account_name}/jobs")


@pytest.mark.parametrize("how_far", ["started", "claimed", "posted"])
def test_another_task_with_the_same_rule_sends_its_text_to_nobody_of_this_one(
    sandbox: SandboxProcess, replied: Any, monkeypatch: pytest.MonkeyPatch, how_far: str
) -> None:
    def kill(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    person, other = replied("OUI", "NON")
    if how_far == "posted":
        sandbox.fault("lost_answer", **SUBMIT)
        with pytest.raises(OutcomeUnknown):
            answer(rule="reply")
        sandbox.clock(advance=60)
    else:
        with monkeypatch.context() as patch:
            if how_far == "started":
                patch.setattr(ReplyAnswers, "_once", kill)
            else:
                once_claimed(patch, kill)
            with pytest.raises(KeyboardInterrupt):
                answer(rule="reply")
    assert answer(run_id="run_2", rule="reply", event="declined", message="Dommage")["answered"] == 1
    assert answer(try_number=2, rule="reply")["by_state"] == {"answered": 1}
    assert answers(sandbox) == {(person, THANKS): 1, (other, "Dommage"): 1}
