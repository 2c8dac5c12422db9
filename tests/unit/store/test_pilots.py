"""When a pilot passes, and when it does not: by what was counted, and by the time since it was sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ovh_sms.errors import ClaimOutdated
from ovh_sms.store.paced_records import BatchClaim, PacedList
from ovh_sms.store.pilots import Pilot, PilotAwaited, PilotCounts, PilotLimits
from ovh_sms.store.store import Store
from unit.store.test_attempts import an_attempt

SENT_AT = datetime(2026, 11, 25, 9, tzinfo=UTC)
LIMITS = PilotLimits(wait=4 * 3_600, stop_window=3_600, min_delivered=80.0, max_stop_rate=10.0)


def a_pilot(*, final: int = 500, delivered: int = 500, opt_outs: int = 0) -> Pilot:
    counts = PilotCounts(sent_at=SENT_AT, sent=500, final=final, delivered=delivered, opt_outs=opt_outs)
    return Pilot(batches=1, people=500, limits=LIMITS, counts=counts)


@pytest.mark.parametrize(
    ("pilot", "minutes", "passed"),
    [
        (Pilot(batches=1, people=500, limits=LIMITS), 600, None),  # not sent: nobody knows
        (a_pilot(), 59, None),  # delivered, and STOPs may still come
        (a_pilot(), 60, True),
        (a_pilot(delivered=400), 60, True),
        (a_pilot(delivered=399), 1, False),  # no receipt is awaited any more
        (a_pilot(final=450, delivered=450), 239, None),
        (a_pilot(final=450, delivered=450), 240, True),
        (a_pilot(final=399, delivered=399), 240, False),  # messages without a receipt count as missing
        (a_pilot(final=0, delivered=0), 240, False),
        (a_pilot(opt_outs=5), 60, True),
        (a_pilot(opt_outs=6), 1, False),
        (a_pilot(final=100, delivered=100, opt_outs=2), 1, None),  # two STOPs say nothing
        (a_pilot(final=100, delivered=100, opt_outs=3), 1, False),
    ],
)
def test_a_pilot_passes_by_its_figures_and_its_time(pilot: Pilot, minutes: int, passed: bool | None) -> None:
    assert pilot.has_passed(SENT_AT + timedelta(minutes=minutes)) is passed


def test_the_rest_is_claimed_once_the_pilot_has_passed_and_not_before(store: Store) -> None:
    one, rest = an_attempt(tag="one"), an_attempt(tag="rest")
    paced = PacedList(dag_id=rest.dag_id, run_id=rest.run_id, digest="d", account=rest.account)
    store.pilots.plan(paced, Pilot(batches=1, people=500, limits=LIMITS))

    def claimed(attempt: object, batch: int) -> bool:
        claim = BatchClaim("d", batch, SENT_AT)
        return store.attempts.claim(attempt, in_flight_window=timedelta(0), paced=claim)  # type: ignore[arg-type]

    with pytest.raises(PilotAwaited) as refused:
        claimed(rest, 2)
    assert isinstance(refused.value, ClaimOutdated), "the task checks again, and waits"
    assert claimed(one, 1)
    store.pilots.plan(paced, None)  # what has started keeps its pilot
    with pytest.raises(PilotAwaited):
        claimed(rest, 2)
    counts = a_pilot().counts
    found = store.pilots.settle(paced, counts, SENT_AT + timedelta(minutes=5))
    assert found is not None
    assert found.passed_at is None
    store.pilots.settle(paced, counts, SENT_AT + timedelta(hours=2))
    assert claimed(rest, 2)
