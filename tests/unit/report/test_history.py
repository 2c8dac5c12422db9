"""A rate is unusual if neither the account's earlier runs nor chance explain it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from ovh_sms.report.figures import of_submission, with_history
from ovh_sms.report.history import Usual, compare
from ovh_sms.store.figures import RunTotals
from ovh_sms.store.store import Store
from unit.report.report_sample import SENT_AT, collect, large

RATES = (0.95, 0.96, 0.955, 0.94, 0.952, 0.958, 0.949, 0.953)


def run(delivered: float, *, messages: int = 1000, opt_outs: int = 5, rejected: int = 20) -> RunTotals:
    got = round(messages * delivered)
    return RunTotals("dag", "run", SENT_AT, messages + rejected, messages, messages, got, messages - got, opt_outs)


def unusual(it: RunTotals, earlier: list[RunTotals], *, is_whole: bool = True) -> set[str]:
    return {each.name for each in compare(it, earlier, is_whole=is_whole) if each.is_unusual}


def test_a_run_like_the_earlier_ones_is_usual() -> None:
    assert unusual(run(0.945), [run(each) for each in RATES]) == set()


def test_worse_rates_are_unusual_and_better_ones_are_not() -> None:
    earlier = [run(each) for each in RATES]
    assert unusual(run(0.70), earlier) == {"delivered", "failed"}
    assert unusual(run(0.95, opt_outs=60), earlier) == {"opt_outs"}
    assert unusual(run(0.95, rejected=400), earlier) == {"rejected"}
    assert unusual(run(1.0, opt_outs=0, rejected=0), earlier) == set()


def test_one_bad_run_among_the_earlier_ones_hides_nothing() -> None:
    assert unusual(run(0.70), [run(0.2), *(run(each) for each in RATES)]) == {"delivered", "failed"}


@pytest.mark.parametrize(
    ("it", "number", "is_whole"), [(run(0.5, messages=199), 8, True), (run(0.5), 7, True), (run(0.5), 8, False)]
)
def test_too_little_is_never_unusual(it: RunTotals, number: int, *, is_whole: bool) -> None:
    assert unusual(it, [run(each) for each in RATES[:number]], is_whole=is_whole) == set()


def test_equal_earlier_runs_leave_room_for_chance() -> None:
    earlier = [run(0.95, messages=200) for _ in range(9)]
    assert unusual(run(0.93, messages=200), earlier) == set()
    assert "delivered" in unusual(run(0.80, messages=200), earlier)


def test_the_usual_range_shows_from_five_runs_on() -> None:
    assert compare(run(0.95), [run(each) for each in RATES[:4]], is_whole=True) == ()
    found = compare(run(0.95), [run(each) for each in RATES[:5]], is_whole=True)
    assert found[0] == Usual(name="delivered", rate=95.0, median=95.2, low=95.0, high=95.5, runs=5, is_unusual=False)


def test_earlier_runs_are_whole_recent_of_the_account_and_of_the_kind(empty_store: Store) -> None:
    record, messages = large()

    def kept(number: int, **about: object) -> None:
        changed = dataclasses.replace(
            record,
            **{
                "tag": f"t{number}",
                "run_id": f"run {number}",
                "submitted": 100,
                "sent_at": SENT_AT - timedelta(days=number),
                **about,
            },  # type: ignore[arg-type]
        )
        mine = [
            dataclasses.replace(each, tag=changed.tag, outgoing_id=1_000 * number + place)
            for place, each in enumerate(messages[:100])
        ]
        collect(empty_store, changed, mine)

    for number in range(1, 7):
        kept(number)
    kept(7, account="another")
    kept(8, marketing=False)
    kept(9, batches=2)
    kept(91)
    kept(0)
    found = with_history(empty_store, of_submission(empty_store, empty_store.submissions.get("t0")))
    assert {each.name: each.runs for each in found.usual} == dict.fromkeys(
        ("delivered", "failed", "opt_outs", "rejected"), 6
    )
    rate = 100 * sum(each.delivery_status == "delivered" for each in messages[:100]) / 100
    assert found.usual[0].median == found.usual[0].rate == rate
