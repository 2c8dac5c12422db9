"""The figures equal what plain Python counts in the same messages."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from datetime import timedelta
from math import floor

import pytest

from ovh_sms.errors import ConfigurationError
from ovh_sms.report.figures import figures
from ovh_sms.store.models import Message
from ovh_sms.store.store import ResultsStore
from unit.report.report_sample import REJECTED, SENT_AT, STOPS, SUBMITTED, large, small

# The operator codes of the sample, in words.
WORDS = {
    ("failed", 23): "invalid, blacklisted or barred number",
    ("failed", 24): "phone absent",
    ("failed", 27): "phone incompatible",
    ("failed", 28): "suspected as spam",
    ("failed", None): "no detail from the operator",
    ("expired", 8): "expired or parental lock",
}


def quantile(ordered: list[float], share: float) -> float:
    """The usual one: linear between the two nearest of the sorted values."""
    place = share * (len(ordered) - 1)
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def stored(store: ResultsStore, messages: list[Message], **about: object) -> str:
    run = dataclasses.replace(large()[0], **about)  # type: ignore[arg-type]
    store.start_submission(run)
    store.store_messages(run.tag, messages)
    return run.tag


def test_the_figures_of_ten_thousand_rows(filled_store: ResultsStore) -> None:
    run, messages = large()
    found = figures(filled_store, run.tag)

    counts = Counter(message.delivery_status for message in messages)
    assert (found.rows, found.accepted, found.rejected) == (10_000, SUBMITTED, REJECTED)
    assert found.submitted == SUBMITTED
    outcomes = {name: getattr(found, name) for name in ("delivered", "failed", "expired", "pending")}
    assert outcomes == dict(counts)
    assert sum(outcomes.values()) == found.submitted
    for name, number in outcomes.items():
        assert getattr(found, f"{name}_rate") == pytest.approx(100 * number / SUBMITTED, abs=1e-9)

    lost = Counter(
        (m.delivery_status, m.operator_code) for m in messages if m.delivery_status in {"failed", "expired"}
    )
    assert found.errors == {WORDS[key]: number for key, number in lost.items()}
    assert list(found.errors.values()) == sorted(found.errors.values(), reverse=True)

    assert (found.stops, found.stop_rate) == (STOPS, pytest.approx(100 * STOPS / counts["delivered"]))
    parts = sum(message.parts for message in messages)
    assert (found.credits_estimated, found.credits_spent) == (SUBMITTED + 412, parts)
    assert found.credits_difference == parts - SUBMITTED - 412


def test_the_times_of_ten_thousand_rows(filled_store: ResultsStore) -> None:
    run, messages = large()
    found = figures(filled_store, run.tag)
    arrived = [m for m in messages if m.delivery_status == "delivered" and m.delivered_at and m.sent_at]
    delays = sorted((m.delivered_at - m.sent_at).total_seconds() for m in arrived)
    for share in (50, 90, 99):
        assert getattr(found, f"delay_p{share}") == pytest.approx(quantile(delays, share / 100), abs=0.001)
    assert len(found.delay_curve) == 101
    for percent, seconds in found.delay_curve:
        assert seconds == pytest.approx(quantile(delays, percent / 100), abs=0.001)

    per_minute = Counter(m.delivered_at.replace(second=0, microsecond=0) for m in arrived)
    assert found.deliveries == tuple(sorted(per_minute.items()))


def test_the_figures_of_two_messages(filled_store: ResultsStore) -> None:
    found = figures(filled_store, small()[0].tag)
    assert (found.rows, found.accepted, found.submitted, found.delivered) == (2, 2, 2, 2)
    assert (found.delivered_rate, found.failed_rate, found.stop_rate) == (100.0, 0.0, 0.0)
    assert (found.rejected, found.errors) == ({}, {})
    # 4 s and 9 s
    assert (found.delay_p50, found.delay_p90, found.delay_p99) == (6.5, 8.5, 8.95)
    assert found.deliveries == ((SENT_AT.replace(second=0), 2),)
    assert (found.credits_spent, found.credits_difference) == (2.0, 0.0)


def test_nothing_sent_divides_nothing(empty_store: ResultsStore) -> None:
    found = figures(empty_store, stored(empty_store, [], rows=0, accepted=0, rejected={}))
    assert (found.submitted, found.delivered, found.pending) == (0, 0, 0)
    rates = (found.delivered_rate, found.failed_rate, found.expired_rate, found.pending_rate, found.stop_rate)
    assert rates == (None,) * 5
    assert (found.delay_p50, found.delay_curve, found.deliveries) == (None, (), ())
    assert (found.credits_spent, found.credits_difference) == (None, None)


def test_a_message_that_was_submitted_and_not_collected_is_pending(empty_store: ResultsStore) -> None:
    messages = [m for m in large()[1] if m.delivery_status == "delivered"][:3]
    found = figures(empty_store, stored(empty_store, messages, submitted=5))
    assert (found.submitted, found.delivered, found.pending) == (5, 3, 2)
    assert (found.delivered_rate, found.pending_rate) == (60.0, 40.0)


def test_without_ovhs_answer_the_messages_themselves_are_what_was_submitted(
    empty_store: ResultsStore,
) -> None:
    found = figures(empty_store, stored(empty_store, large()[1][:4]))
    assert found.submitted == 4


def test_messages_without_dates_and_with_impossible_ones_are_counted_and_not_timed(
    empty_store: ResultsStore,
) -> None:
    delivered = [m for m in large()[1] if m.delivery_status == "delivered"][:3]
    messages = [
        dataclasses.replace(delivered[0], sent_at=None, delivered_at=None),
        dataclasses.replace(delivered[1], sent_at=SENT_AT, delivered_at=SENT_AT - timedelta(seconds=5)),
        dataclasses.replace(delivered[2], sent_at=SENT_AT, delivered_at=SENT_AT + timedelta(seconds=30)),
    ]
    found = figures(empty_store, stored(empty_store, messages))
    assert found.delivered == 3
    assert (found.delay_p50, found.delay_p99) == (30.0, 30.0)
    assert sum(number for _, number in found.deliveries) == 2


def test_the_figures_are_plain_json(filled_store: ResultsStore) -> None:
    for run in filled_store.campaigns():
        values = json.loads(json.dumps(figures(filled_store, run.tag).to_dict(), allow_nan=False))
        assert values["tag"] == run.tag
        assert values["sent_at"] == SENT_AT.isoformat()
        assert len(values["delay_curve"]) == 101


def test_an_unknown_sending_is_named(empty_store: ResultsStore) -> None:
    with pytest.raises(ConfigurationError, match="tag 'nothing'"):
        figures(empty_store, "nothing")


def test_receivers_that_ovh_refused_are_accounted_for(empty_store: ResultsStore) -> None:
    messages = [m for m in large()[1] if m.delivery_status == "delivered"][:60]
    about = {"rows": 100, "accepted": 100, "rejected": {}, "submitted": 60, "invalid": 40}
    found = figures(empty_store, stored(empty_store, messages, **about))
    assert (found.accepted, found.submitted, found.invalid, found.unaccounted) == (100, 60, 40, 0)
    found = figures(empty_store, stored(empty_store, messages, **about | {"invalid": 30}))
    assert (found.invalid, found.unaccounted, found.to_dict()["unaccounted"]) == (30, 10, 10)


def test_without_an_estimate_nothing_is_compared(empty_store: ResultsStore) -> None:
    tag = stored(empty_store, large()[1][:4], credits_estimated=None, credits_spent=4.0)
    found = figures(empty_store, tag)
    assert (found.credits_estimated, found.credits_spent, found.credits_difference) == (None, 4.0, None)


def test_the_figures_of_several_sendings_are_those_of_all_their_messages(empty_store: ResultsStore) -> None:
    """A long list is sent in pieces; their report is one, as if it had been one sending."""
    run, messages = large()
    renamed = [dataclasses.replace(message, tag="whole") for message in messages]
    whole = figures(empty_store, stored(empty_store, renamed, tag="whole"))
    cut = [(0, 3_000), (3_000, 3_100), (3_100, len(messages))]
    left = 10_000 - run.accepted
    for at, (start, end) in enumerate(cut):
        mine = [dataclasses.replace(message, tag=f"piece{at}") for message in messages[start:end]]
        stored(
            empty_store,
            mine,
            tag=f"piece{at}",
            rows=len(mine) + (left if at == 0 else 0),
            accepted=len(mine),
            rejected=REJECTED if at == 0 else {},
            submitted=len(mine),
            credits_estimated=float(len(mine)),
            credits_spent=float(len(mine)),
        )
    found = figures(empty_store, "piece0", "piece1", "piece2")
    differ = {"tag", "credits_estimated", "credits_spent", "credits_difference", "stops", "stop_rate"}
    for name in {field.name for field in dataclasses.fields(found)} - differ:
        assert getattr(found, name) == getattr(whole, name), name
    assert found.tag == "3 sendings, piece0 …"
    assert (found.credits_spent, found.credits_difference) == (float(len(messages)), 0)


def test_a_sum_is_unknown_where_one_of_its_parts_is(empty_store: ResultsStore) -> None:
    for tag, spent in (("a", 3.0), ("b", None)):
        stored(empty_store, [], tag=tag, rows=0, accepted=0, rejected={}, submitted=0, credits_spent=spent)
    assert figures(empty_store, "a", "b").credits_spent is None
