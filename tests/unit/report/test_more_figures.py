"""Groups, times, errors, money and states of the figures equal what plain Python counts."""

from __future__ import annotations

import dataclasses
import json
import random
from collections import Counter
from datetime import timedelta
from math import floor, sqrt
from pathlib import Path

import pytest

from ovh_sms.report.counting import compute, country_of_number
from ovh_sms.report.figures import of_submission
from ovh_sms.report.intervals import interval
from ovh_sms.report.models import Figures
from ovh_sms.store.message_figures import Group, MessageFigures
from ovh_sms.store.models import Message, OptOut
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock
from support.stores import new_store
from unit.report.report_sample import SENT_AT, SUBMITTED, collect, large


def quantile(ordered: list[float], share: float) -> float:
    """The usual one: linear between the two nearest of the sorted values."""
    place = share * (len(ordered) - 1)
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def collected(store: Store, messages: list[Message], /, **about: object) -> Figures:
    record = dataclasses.replace(large()[0], **about)  # type: ignore[arg-type]
    collect(store, record, messages)
    return figures(store, record.tag)


def figures(store: Store, tag: str) -> Figures:
    return of_submission(store, store.submissions.get(tag))


def test_every_group_adds_up_to_the_messages(filled_store: Store) -> None:
    run, messages = large()
    found = figures(filled_store, run.tag)
    lost = {"failed", "expired"}
    by_operator = {each.name: each for each in found.by_operator}
    for operator in {message.operator for message in messages}:
        mine = [message for message in messages if message.operator == operator]
        assert by_operator[str(operator)] == Group(
            str(operator),
            len(mine),
            sum(m.delivery_status == "delivered" for m in mine),
            sum(m.delivery_status in lost for m in mine),
            sum(m.segments for m in mine),
        )
    for kind in (found.by_operator, found.by_country, found.by_sender, found.by_hour, found.by_segments):
        assert sum(each.messages for each in kind) == SUBMITTED
        assert sum(each.delivered for each in kind) == found.delivered
        assert sum(each.failed for each in kind) == found.failed + found.expired
        assert sum(each.segments for each in kind) == found.segments == sum(m.segments for m in messages)
    assert [each.name for each in found.by_country] == ["FR"]
    hours = Counter(f"{m.sent_at:%Y-%m-%dT%H:00Z}" for m in messages if m.sent_at)
    assert {each.name: each.messages for each in found.by_hour} == hours
    assert {each.name: each.messages for each in found.by_segments} == {"1": SUBMITTED - 412, "2": 412}


def test_the_country_comes_from_the_number_alone() -> None:
    numbers = {"+33639980001": "FR", "+41791234567": "CH", "+12125550100": "US", "+14165550100": "CA", "38063": ""}
    assert {number: country_of_number(number) for number in numbers} == numbers


def test_the_histogram_holds_every_delivery_that_has_a_time(filled_store: Store) -> None:
    run, messages = large()
    found = figures(filled_store, run.tag)
    delays = [(m.delivered_at - m.sent_at).total_seconds() for m in messages if m.delivered_at and m.sent_at]
    start = -1.0
    for end, count in found.delay_histogram:
        assert count == sum(start < delay <= end for delay in delays)
        start = end
    assert sum(count for _, count in found.delay_histogram) == found.delivered


def test_what_is_stored_of_times_is_small_and_moves_no_percentile_by_one_percent(empty_store: Store) -> None:
    draw = random.Random(7)
    record, samples = large()
    delays = [draw.lognormvariate(3, 2.2) for _ in range(8_000)]
    messages = [
        dataclasses.replace(
            samples[0],
            outgoing_id=number,
            delivery_status="delivered",
            sent_at=SENT_AT,
            delivered_at=SENT_AT + timedelta(milliseconds=round(1000 * delay)),
        )
        for number, delay in enumerate(delays)
    ]
    collect(empty_store, record, messages)
    found = figures(empty_store, record.tag)
    for share in (50, 90, 99):
        assert getattr(found, f"delay_p{share}") == pytest.approx(quantile(sorted(delays), share / 100), rel=0.01)
    stored = empty_store.figures.of(record.tag)[record.tag]
    assert len(json.dumps(stored.to_json())) < 60_000
    assert MessageFigures.from_json(json.loads(json.dumps(stored.to_json()))) == stored


def test_errors_are_counted_by_code_with_the_operators_words(empty_store: Store) -> None:
    failed = [m for m in large()[1] if m.delivery_status == "failed"][:5]
    causes = [(23, "Black-listed"), (23, "Black-listed"), (23, None), (24, "Absent"), (None, None)]
    messages = [
        dataclasses.replace(message, operator_code=code, operator_words=words)
        for message, (code, words) in zip(failed, causes, strict=True)
    ]
    found = collected(empty_store, messages)
    shown = [(each.code, each.words, each.action, each.messages) for each in found.error_counts]
    assert shown[0] == (23, "Black-listed", "remove", 2)
    assert sorted(shown[1:], key=str) == [(23, "", "remove", 1), (24, "Absent", "retry", 1), (None, "", "keep", 1)]
    assert sum(found.errors.values()) == 5


def test_money_is_counted_at_a_known_price_alone(empty_store: Store) -> None:
    messages = [m for m in large()[1] if m.delivery_status == "delivered"][:4]
    found = collected(empty_store, messages, credits_spent=8.0)
    assert (found.credit_price, found.money_spent, found.money_per_delivered) == (None, None, None)
    tag = large()[0].tag
    priced = dataclasses.replace(compute(empty_store, tag), credit_price=0.05, currency="EUR", stop_threshold=100.0)
    empty_store.submissions.finish(tag, priced, complete=True)
    found = figures(empty_store, tag)
    assert (found.currency, found.money_spent, found.money_per_delivered) == ("EUR", 0.4, pytest.approx(0.1))
    assert not found.is_over_stop_threshold
    empty_store.opt_outs.save(tag, [OptOut(receiver=messages[0].receiver, outgoing_id=messages[0].outgoing_id)])
    found = figures(empty_store, tag)
    assert (found.opt_outs_per_thousand, found.is_over_stop_threshold) == (250.0, False), "one STOP proves nothing"
    more = [OptOut(receiver=each.receiver, outgoing_id=each.outgoing_id) for each in messages[1:3]]
    empty_store.opt_outs.save(tag, more)
    found = figures(empty_store, tag)
    assert (found.opt_outs_per_thousand, found.is_over_stop_threshold) == (750.0, True)


def test_figures_are_provisional_until_all_is_final_or_three_days_are_over(tmp_path: Path) -> None:
    clock, at = FakeClock(SENT_AT), 0
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    record = dataclasses.replace(large()[0], sent_at=SENT_AT)
    for hours, complete, provisional in ((1, False, True), (1, True, False), (71, False, True), (72, False, False)):
        clock.advance(3600 * (hours - at))
        at = hours
        collect(store, record, large()[1][:3], complete=complete)
        assert figures(store, record.tag).provisional is provisional
        found = store.submissions.to_collect_again(since=SENT_AT - timedelta(days=1), before=clock.now() + timedelta(1))
        assert [each.tag for each in found] == ([record.tag] if provisional else [])
    store.close()


def test_who_cancelled_and_who_forced_is_among_the_figures(empty_store: Store) -> None:
    record = large()[0]
    empty_store.cancelled_runs.add(record.dag_id, record.run_id, by="anna")
    found = collected(empty_store, large()[1][:3], forced_by="ben")
    assert found.cancelled is not None
    assert (found.cancelled.by, found.forced_by) == ("anna", "ben")
    assert found.to_dict()["cancelled"]["by"] == "anna"


def test_every_rate_has_its_part_its_whole_and_its_interval(filled_store: Store) -> None:
    found = figures(filled_store, large()[0].tag)
    delivered = found.to_dict()["rates"]["delivered"]
    assert (delivered["part"], delivered["whole"], delivered["of"]) == (found.delivered, SUBMITTED, "submitted")
    low, high = delivered["interval"]
    assert low < delivered["percent"] < high
    # Wilson's interval, by its definition: the shares whose own spread reaches the measured one.
    for end in (low, high):
        spread = 1.959963984540054 * sqrt(end / 100 * (1 - end / 100) / SUBMITTED)
        assert abs(end / 100 - found.delivered / SUBMITTED) == pytest.approx(spread, rel=1e-9)


@pytest.mark.parametrize("wanted", [(0, 0, None), (0, 10, 0.0), (10, 10, 100.0)])
def test_an_interval_stays_between_nothing_and_everything(wanted: tuple[int, int, float | None]) -> None:
    part, whole, end = wanted
    found = interval(part, whole)
    assert found is None if end is None else found is not None and end in found and 0 <= found[0] < found[1] <= 100
