"""The figures equal what plain Python counts in the same messages."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from math import floor

import pytest
from sqlalchemy import insert

from ovh_sms.errors import ConfigurationError
from ovh_sms.report.figures import of_run, of_submission
from ovh_sms.report.models import Figures
from ovh_sms.store import tables
from ovh_sms.store.message_figures import MessageFigures, StatusCount
from ovh_sms.store.models import Message, OptOut, Resolution
from ovh_sms.store.store import Store
from support.journal_rows import journal_row
from unit.report.report_sample import OPT_OUTS, REJECTED, SENT_AT, SUBMITTED, collect, large, small

# The operator codes of the sample, in words.
WORDS = {
    ("failed", 23): "invalid, opted-out or barred number",
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


def collected(store: Store, messages: list[Message], /, **about: object) -> Figures:
    record = dataclasses.replace(large()[0], **about)  # type: ignore[arg-type]
    collect(store, record, messages)
    return figures(store, record.tag)


def figures(store: Store, tag: str) -> Figures:
    return of_submission(store, store.submissions.get(tag))


def test_the_figures_of_ten_thousand_rows(filled_store: Store) -> None:
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

    lost = Counter((m.delivery_status, m.operator_code) for m in messages if m.delivery_status in {"failed", "expired"})
    assert found.errors == {WORDS[key]: number for key, number in lost.items()}
    assert list(found.errors.values()) == sorted(found.errors.values(), reverse=True)

    assert (found.opt_outs, found.opt_out_rate) == (OPT_OUTS, pytest.approx(100 * OPT_OUTS / counts["delivered"]))
    segments = sum(message.segments for message in messages)
    assert (found.credits_estimated, found.credits_spent) == (SUBMITTED + 412, segments)
    assert found.credits_difference == segments - SUBMITTED - 412


def test_the_times_of_ten_thousand_rows(filled_store: Store) -> None:
    run, messages = large()
    found = figures(filled_store, run.tag)
    arrived = [m for m in messages if m.delivery_status == "delivered" and m.delivered_at and m.sent_at]
    delays = sorted((m.delivered_at - m.sent_at).total_seconds() for m in arrived)
    for share in (50, 90, 99):
        assert getattr(found, f"delay_p{share}") == pytest.approx(quantile(delays, share / 100), rel=0.01)
    assert len(found.delay_curve) == 101
    for percent, seconds in found.delay_curve:
        assert seconds == pytest.approx(quantile(delays, percent / 100), rel=0.01)

    per_minute = Counter(m.delivered_at.replace(second=0, microsecond=0) for m in arrived)
    assert found.deliveries == tuple(sorted(per_minute.items()))


def test_the_figures_of_two_messages(filled_store: Store) -> None:
    found = figures(filled_store, small()[0].tag)
    assert (found.rows, found.accepted, found.submitted, found.delivered) == (2, 2, 2, 2)
    assert (found.delivered_rate, found.failed_rate, found.opt_out_rate) == (100.0, 0.0, 0.0)
    assert (found.rejected, found.errors) == ({}, {})
    # 4 s and 9 s
    assert (found.delay_p50, found.delay_p90, found.delay_p99) == (6.5, 8.5, 8.95)
    assert found.deliveries == ((SENT_AT.replace(second=0), 2),)
    assert (found.credits_spent, found.credits_difference) == (2.0, 0.0)


def test_nothing_sent_divides_nothing(empty_store: Store) -> None:
    found = collected(empty_store, [], rows=0, accepted=0, rejected={})
    assert (found.submitted, found.delivered, found.pending) == (0, 0, 0)
    rates = (found.delivered_rate, found.failed_rate, found.expired_rate, found.pending_rate, found.opt_out_rate)
    assert rates == (None,) * 5
    assert (found.delay_p50, found.delay_curve, found.deliveries) == (None, (), ())
    assert (found.credits_spent, found.credits_difference) == (None, None)


def test_a_message_that_was_submitted_and_is_not_listed_is_pending(empty_store: Store) -> None:
    messages = [m for m in large()[1] if m.delivery_status == "delivered"][:3]
    found = collected(empty_store, messages, submitted=5)
    assert (found.submitted, found.delivered, found.pending) == (5, 3, 2)
    assert (found.delivered_rate, found.pending_rate) == (60.0, 40.0)


def test_without_ovhs_answer_the_messages_themselves_are_what_was_submitted(empty_store: Store) -> None:
    found = collected(empty_store, large()[1][:4])
    assert found.submitted == 4


def test_messages_without_dates_and_with_impossible_ones_are_counted_and_not_timed(empty_store: Store) -> None:
    delivered = [m for m in large()[1] if m.delivery_status == "delivered"][:3]
    messages = [
        dataclasses.replace(delivered[0], sent_at=None, delivered_at=None),
        dataclasses.replace(delivered[1], sent_at=SENT_AT, delivered_at=SENT_AT - timedelta(seconds=5)),
        dataclasses.replace(delivered[2], sent_at=SENT_AT, delivered_at=SENT_AT + timedelta(seconds=30)),
    ]
    found = collected(empty_store, messages)
    assert found.delivered == 3
    assert (found.delay_p50, found.delay_p99) == (30.0, 30.0)
    assert sum(number for _, number in found.deliveries) == 2


def test_the_figures_are_plain_json(filled_store: Store) -> None:
    for run in filled_store.submissions.latest():
        values = json.loads(json.dumps(figures(filled_store, run.tag).to_dict(), allow_nan=False))
        assert values["tag"] == run.tag
        assert values["sent_at"] == SENT_AT.isoformat()
        assert len(values["delay_curve"]) == 101


def test_an_unknown_sending_is_named(empty_store: Store) -> None:
    with pytest.raises(ConfigurationError, match="tag 'nothing'"):
        figures(empty_store, "nothing")


def test_receivers_that_ovh_refused_are_accounted_for(empty_store: Store) -> None:
    messages = [m for m in large()[1] if m.delivery_status == "delivered"][:60]
    about = {"rows": 100, "accepted": 100, "rejected": {}, "submitted": 60, "refused": 40}
    found = collected(empty_store, messages, **about)
    assert (found.accepted, found.submitted, found.refused, found.unaccounted) == (100, 60, 40, 0)
    found = collected(empty_store, messages, **about | {"refused": 30})
    assert (found.refused, found.unaccounted, found.to_dict()["unaccounted"]) == (30, 10, 10)


def test_messages_beyond_ovhs_answer_are_surplus_and_not_negative(empty_store: Store) -> None:
    messages = [m for m in large()[1] if m.delivery_status == "delivered"][:60]
    about = {"rows": 55, "accepted": 55, "rejected": {}, "submitted": 55, "refused": 0, "messages": 55}
    found = collected(empty_store, messages, **about)
    assert (found.submitted, found.surplus, found.unaccounted, found.to_dict()["surplus"]) == (60, 5, 0, 5)
    found = collected(empty_store, messages, **about | {"messages": 60})  # OVH's answer itself named 60 messages
    assert (found.surplus, found.unaccounted) == (0, -5)


def test_a_resolution_by_a_person_is_among_the_figures(empty_store: Store) -> None:
    tag = "resolved"
    row = journal_row(tag, 1, "unknown", datetime.now(UTC)) | {"kind": "batch"}
    row |= {"question": {"code": "abcdef", "credits_missing": False}}
    with empty_store.database.writing() as connection:
        connection.execute(insert(tables.attempts), row)
    made = Resolution(way="sent", by="anna", at="2026-03-12T09:05:00+00:00")
    empty_store.attempts.resolve(tag, "abcdef", made)
    found = collected(empty_store, [], tag=tag)
    assert found.resolutions == ((tag, made),)
    assert found.to_dict()["resolutions"] == [{"tag": tag, **dataclasses.asdict(made)}]


def test_without_an_estimate_nothing_is_compared(empty_store: Store) -> None:
    found = collected(empty_store, large()[1][:4], credits_estimated=None, credits_spent=4.0)
    assert (found.credits_estimated, found.credits_spent, found.credits_difference) == (None, 4.0, None)


def batches_of(store: Store, cut: list[tuple[int, int]]) -> None:
    """Record the large sample as several batches of one run; collect none."""
    record, messages = large()
    for number, (start, end) in enumerate(cut):
        count, first = end - start, number == 0
        batch = dataclasses.replace(
            record,
            tag=f"batch{number}",
            batches=len(cut),
            rows=count + (10_000 - len(messages) if first else 0),
            accepted=count,
            rejected=REJECTED if first else {},
            submitted=count,
            credits_estimated=float(count),
            credits_spent=float(count),
            sent_at=SENT_AT,
        )
        store.submissions.start(batch)


def collect_batch(store: Store, number: int, cut: list[tuple[int, int]]) -> None:
    mine = [dataclasses.replace(m, tag=f"batch{number}") for m in large()[1][slice(*cut[number])]]
    collect(store, store.submissions.get(f"batch{number}"), mine)


def run_of(store: Store) -> Figures:
    record = large()[0]
    return of_run(store, store.submissions.of_run(record.dag_id, record.run_id))


def test_the_figures_of_a_run_are_those_of_all_its_messages(empty_store: Store) -> None:
    messages = large()[1]
    cut = [(0, 3_000), (3_000, 3_100), (3_100, len(messages))]
    batches_of(empty_store, cut)
    for number in range(3):
        collect_batch(empty_store, number, cut)
    found = run_of(empty_store)
    renamed = [dataclasses.replace(m, tag="whole", outgoing_id=m.outgoing_id + 20_000) for m in messages]
    whole = collected(empty_store, renamed, tag="whole", run_id="another", sent_at=SENT_AT)
    differ = {"tag", "run_id", "batches", "batches_collected", "collected_at", "credits_estimated", "credits_spent"}
    for name in {field.name for field in dataclasses.fields(found)} - {*differ, "credits_difference"}:
        assert getattr(found, name) == getattr(whole, name), name
    assert (found.tag, found.batches, found.is_partial) == ("3 batches, batch0 …", 3, False)
    assert (found.credits_spent, found.credits_difference) == (float(len(messages)), 0)


def test_a_run_that_is_half_collected_is_no_whole(empty_store: Store) -> None:
    cut = [(0, 4_000), (4_000, 9_000)]
    batches_of(empty_store, cut)
    assert run_of(empty_store).delivered_rate == 0
    collect_batch(empty_store, 0, cut)
    found = run_of(empty_store)
    assert (found.batches_collected, found.batches, found.is_partial) == (1, 2, True)
    assert (found.submitted, found.complete, found.collected_at) == (9_000, None, None)
    assert 5_000 < found.pending < 5_100
    assert found.delivered_rate == pytest.approx(100 * found.delivered / 9_000)


def test_a_run_with_a_batch_still_to_come_has_no_rates(empty_store: Store) -> None:
    found = collected(empty_store, large()[1][:60], batches=2, submitted=60)
    assert (found.is_partial, found.complete) == (False, True)
    found = run_of(empty_store)
    assert (found.batches_collected, found.batches, found.is_partial) == (1, 2, True)
    assert (found.delivered_rate, found.pending_rate, found.complete) == (None, None, None)


def test_an_opt_out_that_moves_to_a_later_submission_corrects_the_earlier_one(empty_store: Store) -> None:
    one = next(m for m in large()[1] if m.delivery_status == "delivered")
    opt_out = OptOut(receiver=one.receiver, opted_out_at=SENT_AT)
    for tag, outgoing_id, expected in (("first", 1, [1]), ("second", 2, [0, 1])):
        collected(empty_store, [dataclasses.replace(one, tag=tag, outgoing_id=outgoing_id)], tag=tag)
        empty_store.opt_outs.save(tag, [opt_out])
        found = [figures(empty_store, tag) for tag in ("first", "second")[: len(expected)]]
        assert [each.opt_outs for each in found] == expected


def test_withdrawn_messages_are_not_pending_and_their_credits_not_spent(empty_store: Store) -> None:
    collected(empty_store, [], submitted=3, credits_spent=3.0)
    tag = large()[0].tag
    moments = {"created_at": SENT_AT, "at": SENT_AT}
    empty_store.withdrawals.record(tag, account="sms-sb00001-1", message_id=1, refunded=1.0, **moments)
    found = figures(empty_store, tag)
    assert (found.submitted, found.withdrawn, found.pending, found.credits_spent) == (3, 1, 2, 2.0)


def test_figures_are_read_without_the_messages(empty_store: Store) -> None:
    record = dataclasses.replace(large()[0], submitted=4)
    empty_store.submissions.start(record)
    saved = MessageFigures(
        statuses=(StatusCount("delivered", 4, None, 3),), delays=((2.0, 1), (4.0, 1)), deliveries=((SENT_AT, 3),)
    )
    empty_store.submissions.finish(record.tag, saved, complete=True)
    found = figures(empty_store, record.tag)
    assert (found.delivered, found.pending, found.delay_p50) == (3, 1, 3.0)


def test_a_sum_is_unknown_if_one_of_its_summands_is(empty_store: Store) -> None:
    for tag, spent in (("a", 3.0), ("b", None)):
        collected(empty_store, [], tag=tag, rows=0, accepted=0, rejected={}, submitted=0, credits_spent=spent)
    assert run_of(empty_store).credits_spent is None
