"""Whether a run has left, in each of its states, and the counts that say what of it has not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.report.language import translator
from ovh_sms.report.late_run import counts_line, has_left
from ovh_sms.report.run_state import RunState, RunStatus, run_status
from ovh_sms.store.campaign_approvals import REFUSED, TIMED_OUT, CampaignApproval
from ovh_sms.store.run_results import BatchResults, RunResults
from unit.report import held_cases, run_cases
from unit.report.run_cases import ASKED, DAY, NIGHT, OF_RESULTS, RUN, batch, sent

CASES = run_cases.CASES + held_cases.CASES
#: Cases in which everything has left, or a person has decided that the rest does not, or there was nobody to write to.
LEFT = {
    *("no contact, and the campaign skips such runs", "waits for receipts", "final", "collected early"),
    *("a phone that has never answered", "never collected", "sent twice", "being cancelled"),
    *("OVH sent to people who are not on the list", "cancelled while its answer was lost"),
    *("cancelled, and one had left", "cancelled before anything", "not sent whole, as a person decided"),
}
ASKED_FOR = CampaignApproval(
    list_tag="clist",
    dag_id="sms_campaign_spring",
    run_id="run 1",
    digest="d",
    content_digest="c",
    required_at=DAY,
    asked_at=DAY,
)


def status_of(*batches: BatchResults, has_ended: bool = False, **run: Any) -> RunStatus:
    results = {name: run.pop(name) for name in (*OF_RESULTS, "approval") if name in run}
    return run_status(RunResults(record=replace(RUN, **run), batches=batches, **results), DAY, has_ended=has_ended)


@pytest.mark.parametrize(("name", "run", "batches", "state", "line"), CASES, ids=[case[0] for case in CASES])
def test_a_run_has_left_or_not_in_each_of_its_states(
    name: str, run: dict[str, Any], batches: tuple[BatchResults, ...], state: RunState, line: str
) -> None:
    assert has_left(status_of(*batches, **run)) is (name in LEFT)


def test_a_run_waits_for_an_answer_and_one_that_nobody_has_answered_is_late_but_not_one_that_was_refused() -> None:
    waiting = status_of(batch(1), approval=ASKED_FOR)
    assert (waiting.state, has_left(waiting)) == (RunState.AWAITING_APPROVAL, False)
    assert not has_left(status_of(batch(1), approval=replace(ASKED_FOR, decision=TIMED_OUT)))
    assert has_left(status_of(batch(1), approval=replace(ASKED_FOR, decision=REFUSED)))


def test_a_batch_of_people_who_have_all_opted_out_keeps_no_run_back() -> None:
    nobody = batch(2)
    nobody = replace(nobody, record=replace(nobody.record, receivers=0, opted_out=500))
    assert has_left(status_of(sent(1, polls=((1, 500, 0, 0),)), nobody))
    assert not has_left(status_of(sent(1, polls=((1, 499, 0, 0),)), nobody))


@pytest.mark.parametrize(
    ("batches", "has_ended", "line"),
    [
        ((), False, ""),
        ((batch(1), batch(2)), False, "Left: 0 of 1,000 people. Not submitted yet: 1,000."),
        (
            (sent(1), batch(2)),
            True,
            "Left: 0 of 1,000 people. Taken by OVH, and not counted since: 500. Not submitted: 500.",
        ),
        (
            (sent(1, polls=((1, 300, 0, 0),)), batch(2, state="unknown", claimed_at=DAY, question=ASKED)),
            False,
            "Left: 300 of 1,000 people. Waiting at OVH: 200. Not known: 500.",
        ),
        (
            (sent(1, submitted=490, refused=10, messages=490, polls=((1, 490, 0, 0),)), batch(2)),
            False,
            "Left: 490 of 1,000 people. Not submitted yet: 500. Refused by OVH: 10.",
        ),
    ],
)
def test_the_counts_say_where_each_receiver_is(batches: tuple[BatchResults, ...], has_ended: bool, line: str) -> None:
    assert counts_line(status_of(*batches, has_ended=has_ended), translator("en"), DAY) == line


def test_the_counts_are_french_for_a_french_reader() -> None:
    said = counts_line(status_of(sent(1, at=NIGHT - timedelta(hours=1)), batch(2)), translator("fr"), NIGHT)
    assert said.startswith("Partis : 0 sur 1\u202f000 personnes. Pris par OVH, et pas comptés depuis : 500.")
