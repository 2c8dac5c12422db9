"""The first line of a run, in each of its states, as a person reads it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.report.language import translator
from ovh_sms.report.run_lines import batch_problems, problem_details, run_lines
from ovh_sms.report.run_state import RunState, run_status
from ovh_sms.store.newest_reading import CreditsReading
from ovh_sms.store.run_results import BatchResults, RunResults
from unit.report import held_cases, run_cases
from unit.report.run_cases import ASKED, AWAITED, DAY, NIGHT, RUN, batch, collected, lines, problem, sent

CASES = run_cases.CASES + held_cases.CASES


@pytest.mark.parametrize(("name", "run", "batches", "state", "line"), CASES, ids=[case[0] for case in CASES])
def test_each_state_has_a_line_of_its_own(
    name: str, run: dict[str, Any], batches: tuple[BatchResults, ...], state: RunState, line: str
) -> None:
    now = NIGHT if state is RunState.HELD else DAY
    found, said = lines(*batches, now=now, **run)
    assert (found, line in said.first) == (state, True), said.first


def test_no_two_states_say_the_same() -> None:
    said: dict[str, set[RunState]] = {}
    for _, run, batches, state, _ in CASES:
        found = lines(*batches, now=NIGHT if state is RunState.HELD else DAY, **run)[1]
        said.setdefault(found.first, set()).add(state)
    assert {first: states for first, states in said.items() if len(states) > 1} == {}


def test_a_run_that_airflow_ended_is_not_under_way() -> None:
    state, said = lines(batch(1), batch(2), has_ended=True)
    assert (state, said.first) == (RunState.BLOCKED, "Not sent: the run has ended before anything was submitted.")
    state, _ = lines(sent(1), batch(2), has_ended=True)
    assert state is RunState.IN_PART


def test_a_claim_whose_run_has_ended_may_be_at_ovh() -> None:
    state, said = lines(batch(1, state="pending", claimed_at=DAY), batch(2), has_ended=True)
    assert state is RunState.UNKNOWN
    assert "sends nothing twice" in said.action


def test_an_unknown_outcome_names_the_commands_that_decide() -> None:
    _, said = lines(batch(1, state="unknown", claimed_at=DAY, question=ASKED), batch(2))
    assert said.commands == (
        "ovh-sms resolve c1 abc123 sent",
        "ovh-sms resolve c1 abc123 send --although-credits-are-gone",
    )
    _, said = lines(batch(1, state="unknown", claimed_at=DAY, question={**ASKED, "found": 3}), batch(2))
    assert said.commands == ("ovh-sms resolve c1 abc123 sent",)


def test_each_command_of_an_unknown_outcome_says_when_it_is_used_and_what_follows() -> None:
    _, said = lines(
        sent(1), batch(2, state="unknown", claimed_at=DAY, question=ASKED), batch(3), has_ended=True, batches=3
    )
    assert said.action == (
        "Search OVH's manager for the tag c2, use one of these commands, then clear the task *send* of batch 2. "
        "Not sent yet: batch 3 (500 people); clear the failed tasks of this run, and the rest follows."
    )
    assert said.choices == [
        ("You find its messages: mark it as sent. Nothing is sent again:", "ovh-sms resolve c2 abc123 sent"),
        (
            "You find none: have it sent when the task is cleared. If it did leave, 500 people get it twice:",
            "ovh-sms resolve c2 abc123 send --although-credits-are-gone",
        ),
    ]


def test_the_commands_of_two_unknown_outcomes_name_their_batches() -> None:
    asked = {"state": "unknown", "claimed_at": DAY, "question": {**ASKED, "found": 3}}
    _, said = lines(batch(1, **asked), batch(2, **asked), batch(3), batch(4), batch(5), batches=5)
    assert said.action == (
        "Search OVH's manager for each tag, use one command for each, then clear the task *send* of batches 1 and 2. "
        "Not sent yet: batches 3 to 5 (1,500 people); Airflow goes on with the rest."
    )
    assert [meaning.split(":")[0] for meaning in said.meanings] == ["Batch 1, tag c1", "Batch 2, tag c2"]


def test_the_lines_are_french_for_a_french_reader() -> None:
    _, said = lines(sent(1, at=NIGHT), sent(2, at=NIGHT), now=NIGHT, language="fr")
    assert said.first.startswith("Acceptée par OVH et retenue jusqu'à lun. 30 nov. 08:00")


def test_a_part_that_is_still_held_can_be_cancelled() -> None:
    held, failed = sent(1, at=NIGHT), batch(2, problem=problem("WrongReceivers"))
    state, said = lines(held, failed, now=NIGHT)
    assert (state, said.commands) == (RunState.IN_PART, ("ovh-sms cancel spring --run 'run 1'",))
    assert "500 of them wait at OVH until Mon 30 Nov 08:00." in said.first


def test_a_cancelled_run_with_an_unknown_batch_owes_no_credits() -> None:
    results = RunResults(
        record=RUN, batches=(batch(1, state="pending", withdrawn=295, refunded=295.0),), cancelled_at=DAY
    )
    assert run_status(results, DAY).credits_spent == 0.0


def test_the_weekend_is_no_pace() -> None:
    monday = timedelta(days=2, hours=12).total_seconds() / 60
    state, said = lines(
        sent(1, at=NIGHT, polls=((1, 0, 0, 0), (monday, 30, 0, 0))), sent(2, at=NIGHT), now=DAY + timedelta(days=3)
    )
    assert (state, said.first.split(".")[0]) == (RunState.LEAVING, "30 of 1,000 have gone out")


def test_receivers_of_a_batch_that_is_being_submitted_are_not_called_unwritten() -> None:
    results = RunResults(record=RUN, batches=(batch(1, state="pending", claimed_at=DAY), batch(2)))
    status = run_status(results, DAY)
    assert (status.to_come, status.not_written, status.unknown) == (1000, 0, 0)


def test_credits_that_are_not_on_record_are_not_counted_as_none() -> None:
    _, said = lines(collected(1, delivered=500), replace(collected(2, delivered=500), credits_spent=None))
    assert "500 credits, without 1 batch." in said.first


def test_what_is_not_counted_is_not_called_delivered() -> None:
    results = RunResults(record=RUN, batches=(sent(1, polls=((2, 300, 100, 90),)), sent(2)))
    status = run_status(results, DAY)
    assert (status.sent, status.left, status.final, status.delivered) == (1000, 300, 100, 90)


def test_a_run_that_waits_for_credits_says_how_many_are_missing_until_airflow_ends_it() -> None:
    run = {"checked_at": None, "awaited_credits": AWAITED}
    _, said = lines(batch(1), batch(2), **run)
    assert said.action == "Order at least 300 credits, or give the run up: mark it failed."
    _, french = lines(batch(1), batch(2), language="fr", **run)
    assert french.first == (
        "Attend des crédits jusqu'à ven. 27 nov. 13:00 : elle coûte 1\u202f000 crédits ; le compte en avait 1\u202f500 "
        "ven. 27 nov. 10:00, et d'autres exécutions en avaient réservé 800."
    )
    assert lines(batch(1), batch(2), has_ended=True, **run)[0] is RunState.BLOCKED
    assert lines(batch(1), batch(2), cancelled_at=DAY, **run)[0] is RunState.CANCELLED


def out_of_credits(number: int, what: str = "OVH refused the request: Not enough credits") -> BatchResults:
    return batch(number, problem=replace(problem("OutOfCredits", what=what), step="send"))


def test_a_problem_of_several_batches_is_said_once_with_the_credits_of_the_rest() -> None:
    batches = (sent(1), *(out_of_credits(number) for number in range(2, 5)), batch(5, problem=problem("Lost")))
    _, said = lines(*batches, batches=5)
    assert said.action.startswith(
        "Batches 2 to 4: OVH refused the request: Not enough credits. Batch 5: It costs too much. Raise 'budget'. "
        "The rest of the run needs 2,000 credits: order those that the account lacks. To send to the others, clear the "
        "failed tasks *preflight*, *send* of this run: batches that were sent are not sent again."
    )


@pytest.mark.parametrize(("left", "end"), [(500.0, "no order is needed."), (200.5, "order at least 299.5 credits.")])
def test_an_order_is_asked_for_only_if_the_newest_reading_does_not_cover_the_rest(left: float, end: str) -> None:
    reading = CreditsReading(credits_left=left, at=DAY)
    results = RunResults(record=RUN, batches=(sent(1), out_of_credits(2)), credits_reading=reading)
    said = run_lines(run_status(results, DAY), translator("en"), DAY)
    assert "The rest of the run needs 500 credits. By its newest reading, Fri 27 Nov 10:00, less" in said.action
    assert f"the account holds {left:g}: {end}" in said.action


def test_a_run_that_sent_nothing_for_its_credits_says_how_many_it_needs() -> None:
    state, said = lines(out_of_credits(1), out_of_credits(2))
    assert (state, said.first) == (RunState.BLOCKED, "Not sent: OVH refused the request: Not enough credits.")
    assert said.action == (
        "The rest of the run needs 1,000 credits: order those that the account lacks. "
        "Then clear the failed tasks *send* of this run."
    )


def test_technical_details_are_listed_apart() -> None:
    details = "OVH refused POST /sms/x/jobs: no (HTTP 402)"
    refused = batch(1, problem=replace(problem(), details=details))
    status = run_status(RunResults(record=RUN, batches=(refused, batch(2, problem=problem()))), DAY)
    assert problem_details(status) == [details]
    assert batch_problems(status, translator("en"), DAY) == ["Batches 1 and 2: It costs too much."]


def test_a_blocked_run_names_the_task_that_is_cleared() -> None:
    refused = replace(problem(), action="Raise it, then clear this task.")
    _, said = lines(batch(1), batch(2), checked_at=None, problem=refused)
    assert said.action == "Raise it, then clear this task. The task that failed is *preflight*."
    _, said = lines(batch(1), batch(2), checked_at=None, problem=replace(refused, action="Clear *preflight*."))
    assert said.action == "Clear *preflight*."


def test_a_held_run_says_until_when_it_can_be_withdrawn_and_that_its_credits_come_back() -> None:
    _, said = lines(sent(1, at=NIGHT), sent(2, at=NIGHT), now=NIGHT)
    assert said.action.startswith(
        "It can be withdrawn until Mon 30 Nov 08:00; the credits of withdrawn messages come back. To withdraw what"
    )
