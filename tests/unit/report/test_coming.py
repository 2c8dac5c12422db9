"""Batches that leave next: those that OVH holds, and those that wait for their hours."""

from __future__ import annotations

from datetime import timedelta

from ovh_sms.report.coming import coming_batches
from ovh_sms.report.run_state import run_status
from ovh_sms.store.run_results import RunResults
from unit.report.run_cases import NIGHT, RUN, batch, collected, sent


def test_held_batches_are_charged_and_waiting_ones_will_cost() -> None:
    held = RunResults(
        record=RUN, batches=(sent(1, at=NIGHT), sent(2, at=NIGHT, withdrawn=100, refunded=100.0), batch(3))
    )
    hours = NIGHT + timedelta(hours=11)
    waiting = RunResults(record=RUN, batches=(collected(1, delivered=500), batch(2, waits_until=hours)))
    over = RunResults(record=RUN, batches=(collected(1, delivered=500),))
    first, second = coming_batches(run_status(each, NIGHT) for each in (held, waiting, over))
    assert (first.at, first.people, first.credits, first.is_charged) == (hours, 500, 500.0, False)
    opens = NIGHT + timedelta(days=2, hours=11)
    assert (second.at, second.people, second.credits, second.is_charged) == (opens, 900, 900.0, True)


def test_credits_that_nobody_knows_are_not_made_up() -> None:
    held = RunResults(record=RUN, batches=(sent(1, at=NIGHT, credits_spent=None), sent(2, at=NIGHT)))
    (found,) = coming_batches([run_status(held, NIGHT)])
    assert (found.people, found.credits) == (1000, None)
