"""Runs whose batches wait for a person, as too many people answered STOP, and runs that were decided about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from ovh_sms.report.run_state import RunState
from ovh_sms.store.held_runs import HeldRun
from ovh_sms.store.run_results import BatchResults
from ovh_sms.store.stop_rate import StopRate
from unit.report.run_cases import DAY, batch, collected, sent

HELD = HeldRun(held_at=DAY, rate=StopRate(6, 480), threshold=5.0)

CASES: list[tuple[str, dict[str, Any], tuple[BatchResults, ...], RunState, str]] = [
    (
        "waits for a person",
        {"held": HELD},
        (sent(1), batch(2, held_at=DAY, waits_until=DAY + timedelta(hours=22))),
        RunState.ON_HOLD,
        "1 of 2 batches were sent. The others wait for a person since Fri 27 Nov 10:00: 6 STOPs to 480 delivered "
        "messages (12.5 for 1,000); the limit is 5. Their hours are over for now: they would leave Sat 28 Nov "
        "08:00.",
    ),
    (
        "not sent whole, as a person decided",
        {"held": replace(HELD, decision="drop", decided_by="ann", decided_at=DAY + timedelta(hours=1))},
        (collected(1, delivered=480, failed=20, expired=0), batch(2, held_at=DAY)),
        RunState.DROPPED,
        "1 of 2 batches were sent, to 500 of 1,000 people. ann decided Fri 27 Nov 11:00 to leave the others unsent: "
        "6 STOPs",
    ),
    (
        "goes on, as a person decided",
        {"held": replace(HELD, decision="send", decided_by="ann", decided_at=DAY)},
        (sent(1), batch(2, held_at=DAY, uploaded_at=DAY)),
        RunState.SUBMITTING,
        "Batch 2 of 2 is uploaded and about to be submitted. 1 of 2 batches were sent.",
    ),
]
