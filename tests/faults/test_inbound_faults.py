"""No reply and no answer is lost or doubled: a part of `make faults`, and the proof that the count can fail."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from faults.inbound import TEXT
from faults.inbound_count import INBOUND_BREACHES, count_announced, count_answers, count_opt_outs, count_replies
from faults.inbound_world import boundary_of
from support.fault_runs import run_faults

HERE, THERE = "+33639980001", "+33639980002"


def inbound(out: Path, *given: object) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    return run_faults("faults.inbound", out, *given)


def test_no_reply_and_no_answer_is_lost_or_doubled(tmp_path: Path) -> None:
    found, done = inbound(tmp_path / "faults.json", "--injected", 24, "--minutes", 3)
    assert done.returncode == 0, done.stdout + done.stderr
    assert found["injected"] >= 24
    assert {name: found[name] for name in INBOUND_BREACHES} == dict.fromkeys(INBOUND_BREACHES, 0)
    assert found["replies"] == 3 * found["answers"]


@pytest.mark.parametrize(
    ("weak", "breach", "injected"), [("journal", "doubled_answers", 2), ("mark", "lost_replies", 6)]
)
def test_without_a_guard_the_count_finds_it(tmp_path: Path, weak: str, breach: str, injected: int) -> None:
    found, done = inbound(tmp_path / "faults.json", "--weak", weak, "--injected", injected, "--minutes", 2)
    assert done.returncode == 1, done.stdout + done.stderr
    assert found[breach] > 0
    assert found["injected"] >= injected


def test_kills_reach_every_boundary_of_a_task_and_where_a_guard_matters() -> None:
    names = ["before a transaction", "after POST /sms/*/jobs", "before a commit", "after a commit", "after a commit"]
    assert sorted(boundary_of("answer", names, at, "") for at in range(1, 6)) == [1, 2, 3, 4, 5]
    assert {boundary_of("answer", names, at, "journal") for at in range(1, 6)} == {2}
    assert {boundary_of("collect", names, at, "mark") for at in range(1, 6)} == {4, 5}
    assert boundary_of("announce", names, 1, "mark") == 0


def said(number: int, text: str = "OUI", person: str = HERE) -> dict[str, Any]:
    return {"id": number, "inbound_id": number, "number": person, "text": text}


def test_a_reply_that_is_missing_or_another_one_is_counted() -> None:
    assert count_replies([said(1), said(2)], [said(1), said(2)]) == {"lost_replies": 0, "wrong_replies": 0}
    assert count_replies([said(1), said(2)], [said(1)]) == {"lost_replies": 1, "wrong_replies": 0}
    assert count_replies([said(1)], [said(1, "NON")]) == {"lost_replies": 0, "wrong_replies": 1}
    assert count_replies([], [said(1)]) == {"lost_replies": 0, "wrong_replies": 1}


def test_replies_announced_twice_or_never_are_counted() -> None:
    events = [{"replies": 2}, {"replies": 1}]
    assert count_announced(3, events) == {"doubled_announcements": 0, "lost_announcements": 0}
    assert count_announced(2, events) == {"doubled_announcements": 1, "lost_announcements": 0}
    assert count_announced(4, events) == {"doubled_announcements": 0, "lost_announcements": 1}


def test_answers_that_are_missing_doubled_or_to_others_are_counted() -> None:
    def to(*people: str) -> list[dict[str, str]]:
        return [{"receiver": each, "message": TEXT} for each in people]

    none = {"lost_answers": 0, "doubled_answers": 0, "wrong_answers": 0}
    campaign = [{"receiver": THERE, "message": "Venez-vous ?"}]
    assert count_answers(to(HERE) + campaign, TEXT, [HERE]) == none
    assert count_answers(to(), TEXT, [HERE]) == none | {"lost_answers": 1}
    assert count_answers(to(HERE, HERE), TEXT, [HERE]) == none | {"doubled_answers": 1}
    assert count_answers(to(HERE, THERE), TEXT, [HERE]) == none | {"wrong_answers": 1}


def test_a_stop_that_nobody_remembers_is_counted() -> None:
    assert count_opt_outs([HERE, THERE], [HERE]) == {"lost_opt_outs": 1}
    assert count_opt_outs([HERE], [HERE, THERE]) == {"lost_opt_outs": 0}
