"""Runs in each of their states, and the first lines that they have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ovh_sms.report.language import translator
from ovh_sms.report.line_words import RunLines
from ovh_sms.report.run_lines import run_lines
from ovh_sms.report.run_state import RunState, run_status
from ovh_sms.store.reservation_records import AwaitedCredits
from ovh_sms.store.run_records import BatchRecord, Poll, Problem, RunRecord
from ovh_sms.store.run_results import BatchResults, RunResults

#: A Friday, 21:00 in Paris.
NIGHT = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)
DAY = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)

OF_RESULTS = ("cancelled_at", "cancelled_by", "awaited_credits", "held")
RUN = RunRecord(
    list_tag="clist",
    dag_id="sms_campaign_spring",
    run_id="run 1",
    campaign="spring",
    account="sms-ab12345-1",
    sender="Boutique",
    marketing=True,
    started_at=DAY,
    rows=1002,
    accepted=1000,
    rejected={"invalid_number": 2},
    batches=2,
    credits_estimated=1000.0,
    folder="/data/spring",
    digest="d",
    prepared_at=DAY,
    checked_at=DAY,
)


def problem(error: str = "BudgetExceeded", *, again: bool = False, what: str = "It costs too much.") -> Problem:
    return Problem(
        step="preflight", error=error, what=what, action="Raise 'budget'.", at=DAY.isoformat(), is_tried_again=again
    )


def batch(number: int, **results: Any) -> BatchResults:
    names = ("uploaded_at", "waits_until", "held_at", "problem")
    own = {name: results.pop(name) for name in names if name in results}
    record = BatchRecord(list_tag="clist", batch=number, receivers=500, credits=500.0, tag=f"c{number}", **own)
    return BatchResults(record=record, **results)


def sent(
    number: int, *, at: datetime = DAY, polls: tuple[tuple[int, int, int, int], ...] = (), **more: Any
) -> BatchResults:
    """A batch that OVH took; each poll has its minutes after, and what was listed, final and delivered."""
    counted = [
        Poll(tag=f"c{number}", at=at + timedelta(minutes=after), expected=500, listed=left, final=final, delivered=good)
        for after, left, final, good in polls
    ]
    known = {"submitted": 500, "refused": 0, "messages": 500, "credits_spent": 500.0, "state": "succeeded"}
    return batch(number, sent_at=at, polls=counted, **(known | more))


def replace_problem(it: BatchResults, error: str) -> BatchResults:
    return replace(it, record=replace(it.record, problem=problem(error)))


def collected(number: int, *, complete: bool = True, **counts: int) -> BatchResults:
    return sent(number, collected_at=DAY + timedelta(hours=2), complete=complete, **counts)


def lines(
    *batches: BatchResults, now: datetime = DAY, has_ended: bool = False, language: str = "en", **run: Any
) -> tuple[RunState, RunLines]:
    cancelled = {name: run.pop(name) for name in OF_RESULTS if name in run}
    results = RunResults(record=replace(RUN, **run), batches=batches, **cancelled)
    status = run_status(results, now, has_ended=has_ended)
    return status.state, run_lines(status, translator(language), now)


_WAIT = {"since": DAY, "until": DAY + timedelta(hours=3), "checked_at": DAY}
AWAITED = AwaitedCredits(needed=1000.0, credits_left=1500.0, reserved_by_others=800.0, **_WAIT)
ASKED = {"code": "abc123", "found": 0, "ambiguous": False, "credits_missing": True, "expected": 500}
FRESH = {"rows": None, "accepted": None, "batches": None, "folder": None, "checked_at": None}

CASES: list[tuple[str, dict[str, Any], tuple[BatchResults, ...], RunState, str]] = [
    ("the list is read", FRESH, (), RunState.PREPARING, "The contact list is being read."),
    (
        "a step is tried again",
        {**FRESH, "problem": problem("Unavailable", again=True, what="The server does not answer.")},
        (),
        RunState.PREPARING,
        "Not sent yet: the server does not answer.",
    ),
    (
        "no contact, and the campaign skips such runs",
        {**FRESH, "problem": replace(problem("EmptyList"), is_skipped=True)},
        (),
        RunState.EMPTY,
        "the contact list is empty",
    ),
    ("no contact", {**FRESH, "problem": problem("EmptyList")}, (), RunState.BLOCKED, "Not sent: it costs too much."),
    (
        "stopped by its budget",
        {"checked_at": None, "problem": problem()},
        (batch(1), batch(2)),
        RunState.BLOCKED,
        "Not sent: it costs too much.",
    ),
    (
        "prepared",
        {"checked_at": None},
        (batch(1), batch(2)),
        RunState.PREPARING,
        "1,000 of 1,002 rows are prepared; the checks before the upload come next.",
    ),
    (
        "waits for credits that others have reserved",
        {"checked_at": None, "awaited_credits": AWAITED},
        (batch(1), batch(2)),
        RunState.AWAITING_CREDITS,
        "Waits for credits until Fri 27 Nov 13:00: it costs 1,000 credits; the account held 1,500 Fri 27 Nov 10:00, "
        "and other runs had reserved 800 of them.",
    ),
    (
        "waits for credits",
        {"checked_at": None, "awaited_credits": replace(AWAITED, credits_left=200.0, reserved_by_others=0.0)},
        (batch(1), batch(2)),
        RunState.AWAITING_CREDITS,
        "Waits for credits until Fri 27 Nov 13:00: it costs 1,000 credits; the account held 200 Fri 27 Nov 10:00.",
    ),
    (
        "waited for credits in vain",
        {"checked_at": None, "awaited_credits": AWAITED, "problem": problem()},
        (batch(1), batch(2)),
        RunState.BLOCKED,
        "Not sent: it costs too much.",
    ),
    ("checked", {}, (batch(1), batch(2)), RunState.SUBMITTING, "Batch 1 of 2 is about to be uploaded."),
    (
        "half submitted",
        {},
        (sent(1), batch(2, uploaded_at=DAY)),
        RunState.SUBMITTING,
        "Batch 2 of 2 is uploaded and about to be submitted. 1 of 2 batches were sent.",
    ),
    (
        "a claim is open",
        {},
        (sent(1), batch(2, state="pending", claimed_at=DAY)),
        RunState.SUBMITTING,
        "Batch 2 of 2 is being submitted. 1 of 2 batches were sent.",
    ),
    (
        "waits for its hours",
        {},
        (sent(1), batch(2, waits_until=DAY + timedelta(hours=22))),
        RunState.WAITING,
        "Waits until Sat 28 Nov 08:00 for the hours of 500 people. 1 of 2 batches were sent.",
    ),
    (
        "held till Monday",
        {},
        (sent(1, at=NIGHT), sent(2, at=NIGHT)),
        RunState.HELD,
        "Accepted by OVH and held until Mon 30 Nov 08:00: the sending window for advertising is closed. 1,000 people, "
        "1,000 credits.",
    ),
    ("not counted yet", {}, (sent(1), sent(2)), RunState.LEAVING, "Accepted by OVH: 1,000 people. Not counted yet."),
    (
        "leaving",
        {},
        (sent(1, polls=((1, 100, 80, 80), (2, 200, 150, 140))), sent(2, polls=((2, 0, 0, 0),))),
        RunState.LEAVING,
        "200 of 1,000 have gone out; about 8 min more. Counted Fri 27 Nov 10:02.",
    ),
    (
        "waits for receipts",
        {},
        (
            sent(1, awaited_until=DAY + timedelta(hours=72), polls=((9, 500, 490, 480),)),
            collected(2, delivered=495, failed=5, expired=0),
        ),
        RunState.AWAITED,
        "990 of 1,000 are final, 975 of them delivered; 10 phones have not answered, at the latest Mon 30 Nov 10:00.",
    ),
    (
        "final",
        {},
        (collected(1, delivered=490, failed=10, expired=0), collected(2, delivered=495, failed=5, expired=0)),
        RunState.FINAL,
        "Delivered to 985 of 1,000 people (98.5 %). 1,000 credits.",
    ),
    (
        "collected early",
        {},
        (collected(1, complete=False, delivered=490, failed=9, expired=0), collected(2, delivered=500)),
        RunState.PROVISIONAL,
        "Delivered to 990 of 1,000 people (99.0 %). 1,000 credits. 1 phone has not answered: it is not known whether "
        "it got the message. They are collected again by themselves until 72 hours have passed.",
    ),
    (
        "a phone that has never answered",
        {},
        (
            sent(1, collected_at=DAY + timedelta(hours=73), complete=False, delivered=490, failed=9, expired=0),
            collected(2, delivered=500),
        ),
        RunState.FINAL,
        "Delivered to 990 of 1,000 people (99.0 %). 1,000 credits. 1 phone has not answered",
    ),
    (
        "never collected",
        {},
        (
            sent(1, at=DAY - timedelta(days=6), awaited_until=DAY - timedelta(days=3), polls=((9, 500, 400, 390),)),
            collected(2, delivered=500),
        ),
        RunState.UNCOLLECTED,
        "The delivery receipts were not collected: 900 of 1,000 were final when they were last counted.",
    ),
    (
        "OVH sent to people who are not on the list",
        {},
        (collected(1, delivered=500), replace_problem(collected(2, delivered=490, failed=10), "WrongReceivers")),
        RunState.TROUBLED,
        "1,000 people were sent, and something is wrong. It costs too much.",
    ),
    (
        "sent twice",
        {},
        (collected(1, delivered=500), collected(2, delivered=990, failed=10, counted=1000)),
        RunState.TROUBLED,
        "OVH made 500 messages more than its answer accounts for",
    ),
    (
        "being cancelled",
        {"cancelled_at": DAY},
        (sent(1, at=NIGHT), sent(2, at=NIGHT, withdrawn=100, refunded=100.0)),
        RunState.CANCELLING,
        "Cancelled Fri 27 Nov 10:00, and 900 of 900 may still leave: 100 withdrawn so far.",
    ),
    (
        "cancelled while its answer was lost",
        {"cancelled_at": DAY},
        (batch(1, state="pending", claimed_at=DAY, withdrawn=295, refunded=295.0), batch(2)),
        RunState.UNKNOWN,
        "It is not known whether batch 1 of 2 (500 people) was sent",
    ),
    (
        "a retried upload",
        {},
        (batch(1, problem=problem("Unavailable", again=True, what="OVH is away.")), batch(2)),
        RunState.SUBMITTING,
        "Batch 1 of 2 is about to be uploaded.",
    ),
    (
        "credits that nobody knows",
        {},
        (sent(1, credits_spent=None, polls=((2, 200, 0, 0),)), sent(2, at=NIGHT)),
        RunState.LEAVING,
        "200 of 1,000 have gone out.",
    ),
    (
        "sent in part",
        {},
        (sent(1), batch(2, problem=problem("WrongReceivers"))),
        RunState.IN_PART,
        "1 of 2 batches were sent: 500 of 1,000 people. 500 were not written to, 2 rows rejected.",
    ),
    (
        "cancelled, and one had left",
        {"cancelled_at": DAY + timedelta(minutes=5), "cancelled_by": "eddy"},
        (sent(1, withdrawn=499, refunded=499.0, polls=((2, 1, 0, 0),)), batch(2)),
        RunState.CANCELLED,
        "Cancelled by eddy, Fri 27 Nov 10:05: 499 of 500 messages withdrawn and refunded, 1 not withdrawn. "
        "1 credit spent. 500 people were never written to.",
    ),
    (
        "cancelled before anything",
        {"cancelled_at": DAY},
        (batch(1), batch(2)),
        RunState.CANCELLED,
        "Cancelled Fri 27 Nov 10:00: nothing had been sent. 1,000 people were never written to.",
    ),
    (
        "outcome unknown",
        {},
        (sent(1), batch(2, state="unknown", claimed_at=DAY, question=ASKED)),
        RunState.UNKNOWN,
        "It is not known whether batch 2 of 2 (500 people) was sent, since Fri 27 Nov 10:00. OVH shows none of its "
        "messages. Credits are missing as if it had been sent.",
    ),
]
