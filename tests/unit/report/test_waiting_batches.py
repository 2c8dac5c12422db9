"""Batches that wait for their pilot or for their place in a pace, and what the pages say of them meanwhile."""

from __future__ import annotations

from datetime import timedelta

from ovh_sms.messaging.pace import MessagePace
from ovh_sms.report.batch_state import BatchState
from ovh_sms.report.coming import coming_batches
from ovh_sms.report.language import translator
from ovh_sms.report.run_lines import run_lines
from ovh_sms.report.run_state import RunState, RunStatus, run_status
from ovh_sms.store.paced_records import PacedRun
from ovh_sms.store.pilots import Pilot, PilotLimits
from ovh_sms.store.run_results import RunResults
from unit.report.run_cases import DAY, RUN, batch, sent

LIMITS = PilotLimits(wait=3600.0, stop_window=0.0, min_delivered=80.0, max_stop_rate=10.0)
PILOT = Pilot(batches=2, people=1000, limits=LIMITS)
PACED = PacedRun(pace=MessagePace(messages=500, seconds=3600), last_at=DAY + timedelta(hours=3))
LATER = DAY + timedelta(hours=1)


def first_line(status: RunStatus, language: str = "en") -> str:
    return run_lines(status, translator(language), DAY).first


def test_the_rest_of_a_pilot_waits_for_it_also_when_its_task_has_to_decide_again() -> None:
    """The moment until which a batch waits passes every few minutes: its task decides, and waits again."""
    again = batch(3, waits_until=DAY - timedelta(seconds=1))
    results = RunResults(record=RUN, batches=(sent(1), batch(2, waits_until=LATER), again), pilot=PILOT, paced=PACED)
    status = run_status(results, DAY)
    assert [each.state for each in status.batches[1:]] == [BatchState.WAITING, BatchState.AWAITING_PILOT]
    assert status.state is RunState.WAITING
    assert first_line(status) == (
        "The next batch leaves Fri 27 Nov 11:00. 1 of 2 batches were sent. The rest, 500 people, waits for the pilot. "
        "At 500 per hour, the last messages leave Fri 27 Nov 13:00."
    )


def test_a_run_with_a_pilot_is_being_prepared_until_it_is_checked() -> None:
    from dataclasses import replace

    results = RunResults(record=replace(RUN, checked_at=None), batches=(batch(1), batch(2), batch(3)), pilot=PILOT)
    assert run_status(results, DAY).state is RunState.PREPARING


def test_of_a_paced_run_the_next_departure_is_shown_and_the_others_are_counted() -> None:
    waiting = tuple(batch(number, waits_until=DAY + timedelta(hours=number)) for number in (1, 2, 3))
    (found,) = coming_batches([run_status(RunResults(record=RUN, batches=waiting, paced=PACED), DAY)])
    assert (found.at, found.people, found.credits, found.later) == (LATER, 500, 500.0, 2)
    zones = coming_batches([run_status(RunResults(record=RUN, batches=waiting), DAY)])
    assert [(each.at, each.later) for each in zones] == [(DAY + timedelta(hours=number), 0) for number in (1, 2, 3)]
