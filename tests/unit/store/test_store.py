"""Stored rows come back once, if a write is repeated or interrupted too."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import text

from ovh_sms.errors import ConfigurationError
from ovh_sms.store.message_figures import Group, MessageDeliveries, MessageFigures, StatusCount
from ovh_sms.store.models import MESSAGE_FIELDS, Message, OptOut, SubmissionRecord
from ovh_sms.store.store import Store
from ovh_sms.store.withdrawals import Withdrawal
from support.fake_clock import FakeClock
from support.stores import new_store

NOON = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)


def a_submission(tag: str = "t1", **changes: object) -> SubmissionRecord:
    record = SubmissionRecord(
        tag=tag,
        campaign="spring",
        dag_id="sms_campaign_spring",
        run_id="manual__1",
        account="sms-sb00001-1",
        sender="MYSHOP",
        marketing=True,
        message_digest="ab" * 32,
        list_digest="cd" * 32,
        rows=10,
        accepted=8,
        rejected={"duplicate": 2},
        credits_estimated=8.0,
        recorded_at=NOON,
    )
    return dataclasses.replace(record, **changes)  # type: ignore[arg-type]


def a_message(outgoing_id: int, tag: str = "t1", **changes: object) -> Message:
    row = Message(
        outgoing_id=outgoing_id,
        tag=tag,
        receiver=f"+336399800{outgoing_id % 100:02d}",
        sender="MYSHOP",
        created_at=NOON,
        sent_at=NOON + timedelta(seconds=1),
        delivered_at=None,
        delivery_receipt=None,
        operator_code=3,
        operator="20801",
        delivery_status="pending",
        segments=1,
    )
    return dataclasses.replace(row, **changes)  # type: ignore[arg-type]


FIGURES = MessageFigures(
    statuses=(StatusCount("delivered", 4, "Success", 6), StatusCount("failed", None, None, 1)),
    delays=((2.0, 5), (3.5, 1)),
    deliveries=((NOON.replace(second=0), 4), (NOON.replace(second=0) + timedelta(minutes=7), 2)),
    groups={"operator": (Group("20801", 7, 6, 1, 9),)},
    credit_price=0.041,
    currency="EUR",
    stop_threshold=5.0,
)


def test_a_submission_comes_back_as_it_was_stored(store: Store) -> None:
    unknown = a_submission("t2", credits_estimated=None)
    for record in (a_submission(), unknown):
        store.submissions.start(record)
        assert store.submissions.get(record.tag) == record


def test_answer_and_collection_are_added_and_a_repeated_start_keeps_them(tmp_path: Path) -> None:
    clock = FakeClock()
    store = new_store(tmp_path / "results.sqlite", clock=clock)
    store.submissions.start(a_submission(recorded_at=None))
    recorded = clock.now()
    clock.advance(3600)
    store.submissions.start(a_submission(sent_at=NOON, submitted=7, credits_spent=7.0, messages=7, refused=1))
    store.submissions.finish("t1", FIGURES, complete=True)
    store.submissions.start(a_submission(rows=11, rejected={"duplicate": 3}, recorded_at=None))
    assert store.submissions.get("t1") == a_submission(
        rows=11,
        rejected={"duplicate": 3},
        submitted=7,
        refused=1,
        messages=7,
        credits_spent=7.0,
        recorded_at=NOON,
        sent_at=NOON,
        collected_at=recorded + timedelta(hours=1),
        complete=True,
        delivered=6,
        failed=1,
        expired=0,
        counted=7,
    )
    store.close()


def test_figures_are_replaced_when_a_submission_is_collected_again(store: Store) -> None:
    store.submissions.start(a_submission())
    assert store.figures.of("t1", "t2") == {}
    store.submissions.finish("t1", MessageFigures(), complete=False)
    store.submissions.finish("t1", FIGURES, complete=True)
    assert store.figures.of("t1", "t2") == {"t1": FIGURES}


def test_moments_come_back_in_utc(store: Store) -> None:
    store.submissions.start(a_submission(sent_at=NOON.astimezone(timezone(timedelta(hours=2)))))
    found = store.submissions.get("t1").sent_at
    assert found is not None
    assert (found, found.tzinfo) == (NOON, UTC)


def test_the_newest_submission_comes_first_page_by_page(store: Store) -> None:
    for number in range(5):
        store.submissions.start(a_submission(f"t{number}", recorded_at=NOON + timedelta(minutes=number)))
    assert [each.tag for each in store.submissions.latest()] == ["t4", "t3", "t2", "t1", "t0"]
    assert [each.tag for each in store.submissions.latest(2, 1)] == ["t3", "t2"]


def test_only_submissions_of_given_dags_are_listed(store: Store) -> None:
    for number in range(6):
        moment = NOON + timedelta(minutes=number)
        store.submissions.start(a_submission(f"t{number}", dag_id=f"dag_{number % 3}", recorded_at=moment))
    # More DAGs than a statement takes values.
    known = {"dag_0", "dag_2", *(f"other_{n}" for n in range(70_000))}
    assert [each.tag for each in store.submissions.latest(3, dag_ids=known)] == ["t5", "t3", "t2"]
    assert store.submissions.latest(dag_ids=set()) == []


def test_a_message_is_stored_once_in_its_newest_state(store: Store) -> None:
    store.submissions.start(a_submission())
    assert store.messages.save("t1", [a_message(n) for n in range(7)], block_size=3) == 7
    delivered = a_message(2, delivery_status="delivered", operator_code=4, delivered_at=NOON + timedelta(seconds=9))
    # The same message twice in one block as well: PostgreSQL would refuse that.
    assert store.messages.save("t1", [a_message(2), a_message(7), delivered]) == 8
    assert list(store.messages.iter("t1")) == [*(delivered if n == 2 else a_message(n) for n in range(8))]


def test_messages_may_be_stored_as_columns(store: Store) -> None:
    store.submissions.start(a_submission())
    wanted = [a_message(n, operator=None if n % 2 else "20801") for n in range(5)]
    blocks = [
        {name: [getattr(each, name) for each in block] for name in MESSAGE_FIELDS}
        for block in (wanted[:2], [], wanted[1:])
    ]
    assert store.messages.save_columns("t1", blocks) == 5
    assert list(store.messages.iter("t1")) == wanted
    other = {**blocks[0], "tag": ["t1", "t2"]}
    with pytest.raises(ConfigurationError, match="Message 1 belongs to the submission 't2'"):
        store.messages.save_columns("t1", [other])


def test_figures_are_computed_without_the_last_digits_of_phone_numbers(store: Store) -> None:
    store.submissions.start(a_submission())
    store.messages.save("t1", [a_message(1)])
    (block,) = store.messages.deliveries("t1")
    sent_at, receiver = NOON + timedelta(seconds=1), f"{a_message(1).receiver[:-4]}0000"
    one = ("pending", 3, None, "20801", "MYSHOP", sent_at, None, 1, receiver)
    assert block == MessageDeliveries._make((value,) for value in one)


def test_two_accounts_may_use_the_same_id(store: Store) -> None:
    store.submissions.start(a_submission())
    store.submissions.start(a_submission("t2", account="sms-sb00001-2"))
    store.messages.save("t1", [a_message(1)])
    store.messages.save("t2", [a_message(1, "t2")])
    assert [store.messages.count("t1"), store.messages.count("t2")] == [1, 1]


def test_blocks_before_an_error_are_kept_and_repeating_completes_them(store: Store) -> None:
    def broken() -> Iterator[Message]:
        yield from (a_message(n) for n in range(5))
        raise RuntimeError("the line broke")

    store.submissions.start(a_submission())
    with pytest.raises(RuntimeError, match="the line broke"):
        store.messages.save("t1", broken(), block_size=2)
    assert store.messages.count("t1") == 4
    assert store.messages.save("t1", (a_message(n) for n in range(8)), block_size=2) == 8


def test_a_person_opts_out_once(store: Store) -> None:
    store.submissions.start(a_submission())
    one = OptOut(receiver="+33639980001", opted_out_at=NOON, outgoing_id=1)
    assert store.opt_outs.save("t1", [one]) == 1
    assert store.opt_outs.save("t1", [one, OptOut(receiver="+33639980002")]) == 2
    assert store.opt_outs.save("t1", []) == 2
    assert store.opt_outs.of("t1") == [one, OptOut(receiver="+33639980002")]


def test_one_report_run_claims_a_submission(store: Store) -> None:
    assert [store.report_runs.claim("t1", run) for run in ("a", "b", "a")] == [True, False, True]
    assert store.report_runs.claim("t2", "b")


def test_withdrawn_messages_are_counted_once_and_may_be_forgotten(store: Store) -> None:
    moments = {"created_at": NOON, "at": datetime.now(UTC)}
    for number in (1, 1, 2):
        store.withdrawals.record("t1", account="a1", message_id=number, refunded=2.0, **moments)
    store.withdrawals.record("t2", account="a1", message_id=3, refunded=1.0, **moments)
    assert [store.withdrawals.count("t1"), store.withdrawals.count("t1", "t2")] == [(2, 4.0), (3, 5.0)]
    store.withdrawals.forget(account="a1", message_id=2)
    assert store.withdrawals.count("t1") == (1, 2.0)


def test_withdrawn_messages_are_listed_with_the_moments_that_place_their_credits(store: Store) -> None:
    for account, number, at in (("a1", 1, NOON), ("a1", 2, NOON + timedelta(seconds=5)), ("a2", 3, NOON)):
        created = NOON - timedelta(minutes=number)
        store.withdrawals.record("t1", account=account, message_id=number, refunded=2.0, created_at=created, at=at)
    later = NOON + timedelta(minutes=1)
    store.withdrawals.record("t1", account="a1", message_id=1, refunded=2.0, created_at=later, at=later)  # repeated
    one = {"credits": 2.0, "tag": "t1"}
    first = Withdrawal(message_id=1, created_at=NOON - timedelta(minutes=1), at=NOON, **one)
    second = Withdrawal(message_id=2, created_at=NOON - timedelta(minutes=2), at=NOON + timedelta(seconds=5), **one)
    assert store.withdrawals.since("a1", NOON) == [first, second]
    assert store.withdrawals.since("a1", NOON + timedelta(seconds=1)) == [second]


def test_an_unknown_submission_is_named(store: Store) -> None:
    uses = [
        lambda: store.submissions.get("no"),
        lambda: store.submissions.finish("no", FIGURES, complete=True),
        lambda: store.messages.save("no", []),
        lambda: store.opt_outs.save("no", []),
    ]
    for use in uses:
        with pytest.raises(ConfigurationError, match="no submission with the tag 'no'"):
            use()


def test_another_submissions_message_is_refused(store: Store) -> None:
    store.submissions.start(a_submission())
    with pytest.raises(ConfigurationError, match="belongs to the submission 't2'"):
        store.messages.save("t1", [a_message(1, "t2")])
    assert store.messages.count("t1") == 0


@pytest.mark.parametrize("tag", ["", "x" * 21, "été"])
def test_a_tag_that_ovh_would_not_take_is_refused(tag: str) -> None:
    with pytest.raises(ConfigurationError, match="1 to 20 ASCII"):
        a_submission(tag)


def test_messages_are_saved_while_they_are_read(store: Store) -> None:
    def source() -> Iterator[Message]:
        for number in range(20):
            assert store.messages.count("t1") == number - number % 5
            yield a_message(number)

    store.submissions.start(a_submission())
    assert store.messages.save("t1", source(), block_size=5) == 20


def test_a_hundred_thousand_messages_are_read_in_little_memory(store: Store) -> None:
    store.submissions.start(a_submission())
    store.messages.save("t1", [a_message(0)])
    columns = [name for name in (*Message.__slots__, "account") if name != "outgoing_id"]
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)"
    copies = f"{numbers} SELECT i, {', '.join(columns)} FROM ovh_sms_messages, n"
    with store.database.writing() as connection:
        connection.execute(text(f"INSERT INTO ovh_sms_messages (outgoing_id, {', '.join(columns)}) {copies}"))
    Path("/proc/self/clear_refs").write_text("5")  # from here on the peak is counted anew
    before = peak_kib()
    assert sum(1 for _ in store.messages.iter("t1")) == 100_000
    assert peak_kib() - before < 40 * 1024


def peak_kib() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
