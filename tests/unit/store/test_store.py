"""What is stored comes back, once, whatever is repeated or interrupted."""

from __future__ import annotations

import dataclasses
import resource
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ovh_sms.errors import ConfigurationError, OvhSmsError
from ovh_sms.store.models import Message, MessageDelivery, OptOut, Submission
from ovh_sms.store.store import ResultsStore

NOON = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)


def a_run(tag: str = "t1", **changes: object) -> Submission:
    run = Submission(
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
        prepared_at=NOON,
    )
    return dataclasses.replace(run, **changes)  # type: ignore[arg-type]


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
        parts=1,
    )
    return dataclasses.replace(row, **changes)  # type: ignore[arg-type]


def test_a_sending_comes_back_as_it_was_stored(store: ResultsStore) -> None:
    store.start_submission(a_run())
    assert store.campaign("t1") == a_run()
    assert store.campaign("t2") is None


def test_the_answer_and_the_end_are_added_and_a_repeated_start_keeps_them(store: ResultsStore) -> None:
    store.start_submission(a_run())
    store.start_submission(a_run(sent_at=NOON, submitted=7, credits_spent=7.0, jobs=7, invalid=1))
    store.finish_submission("t1", complete=True, collected_at=NOON + timedelta(hours=1))
    store.start_submission(a_run(rows=11, rejected={"duplicate": 3}, prepared_at=None))
    assert store.campaign("t1") == a_run(
        rows=11,
        rejected={"duplicate": 3},
        submitted=7,
        invalid=1,
        jobs=7,
        credits_spent=7.0,
        sent_at=NOON,
        collected_at=NOON + timedelta(hours=1),
        complete=True,
    )


def test_moments_come_back_in_utc(store: ResultsStore) -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=2)))
    store.start_submission(a_run(sent_at=elsewhere))
    found = store.campaign("t1")
    assert found is not None
    assert found.sent_at == NOON
    assert found.sent_at.tzinfo is UTC


def test_the_newest_sending_comes_first_page_by_page(store: ResultsStore) -> None:
    for number in range(5):
        store.start_submission(a_run(f"t{number}", prepared_at=NOON + timedelta(minutes=number)))
    assert [run.tag for run in store.campaigns()] == ["t4", "t3", "t2", "t1", "t0"]
    assert [run.tag for run in store.campaigns(2, 1)] == ["t3", "t2"]


def test_only_the_sendings_of_some_dags(store: ResultsStore) -> None:
    for number in range(6):
        moment = NOON + timedelta(minutes=number)
        store.start_submission(a_run(f"t{number}", dag_id=f"dag_{number % 3}", prepared_at=moment))
    # More DAGs than a statement takes values.
    known = {"dag_0", "dag_2", *(f"other_{n}" for n in range(70_000))}
    assert [run.tag for run in store.campaigns(3, dag_ids=known)] == ["t5", "t3", "t2"]
    assert store.campaigns(dag_ids=set()) == []


def test_an_unknown_estimate_stays_unknown(store: ResultsStore) -> None:
    store.start_submission(a_run(credits_estimated=None))
    found = store.campaign("t1")
    assert found is not None
    assert found.credits_estimated is None


def test_a_message_is_kept_once_in_its_newest_state(store: ResultsStore) -> None:
    store.start_submission(a_run())
    assert store.store_messages("t1", [a_message(n) for n in range(7)], batch=3) == 7
    delivered = a_message(
        2, delivery_status="delivered", operator_code=4, delivered_at=NOON + timedelta(seconds=9)
    )
    # The same message twice in one batch as well: PostgreSQL would refuse that.
    assert store.store_messages("t1", [a_message(2), a_message(7), delivered]) == 8
    stored = list(store.messages("t1"))
    assert stored == [*(delivered if n == 2 else a_message(n) for n in range(8))]


def test_figures_get_no_phone_number(store: ResultsStore) -> None:
    store.start_submission(a_run())
    store.store_messages("t1", [a_message(1)])
    (chunk,) = store.message_facts("t1")
    assert chunk == [MessageDelivery("pending", 3, NOON + timedelta(seconds=1), None)]


def test_two_accounts_may_use_the_same_id(store: ResultsStore) -> None:
    store.start_submission(a_run())
    store.start_submission(a_run("t2", account="sms-sb00001-2"))
    store.store_messages("t1", [a_message(1)])
    store.store_messages("t2", [a_message(1, "t2")])
    assert [store.message_count("t1"), store.message_count("t2")] == [1, 1]


def test_what_came_before_an_error_is_kept_and_repeating_completes_it(store: ResultsStore) -> None:
    def broken() -> Iterator[Message]:
        yield from (a_message(n) for n in range(5))
        raise RuntimeError("the line broke")

    store.start_submission(a_run())
    with pytest.raises(RuntimeError, match="the line broke"):
        store.store_messages("t1", broken(), batch=2)
    assert store.message_count("t1") == 4
    assert store.store_messages("t1", (a_message(n) for n in range(8)), batch=2) == 8


def test_a_person_stops_once(store: ResultsStore) -> None:
    store.start_submission(a_run())
    one = OptOut(receiver="+33639980001", stopped_at=NOON, outgoing_id=1)
    assert store.store_opt_outs("t1", [one]) == 1
    assert store.store_opt_outs("t1", [one, OptOut(receiver="+33639980002")]) == 2
    assert store.store_opt_outs("t1", []) == 2
    assert store.stops("t1") == [one, OptOut(receiver="+33639980002")]


def test_an_unknown_sending_is_named(store: ResultsStore) -> None:
    attempts = [
        lambda: store.finish_submission("no", complete=True, collected_at=NOON),
        lambda: store.store_messages("no", []),
        lambda: store.store_opt_outs("no", []),
    ]
    for attempt in attempts:
        with pytest.raises(ConfigurationError, match="no sending with the tag 'no'"):
            attempt()


def test_another_sendings_message_is_refused(store: ResultsStore) -> None:
    store.start_submission(a_run())
    with pytest.raises(ConfigurationError, match="belongs to the sending 't2'"):
        store.store_messages("t1", [a_message(1, "t2")])
    assert store.message_count("t1") == 0


def test_errors_of_the_database_show_no_number(store: ResultsStore) -> None:
    store.start_submission(a_run())
    with pytest.raises(OvhSmsError, match="refused 1 rows") as caught:
        store.store_messages("t1", [a_message(1, parts=None)])
    assert caught.value.__suppress_context__
    assert "+33639980001" not in str(caught.value)


@pytest.mark.parametrize("tag", ["", "x" * 21, "été"])
def test_a_tag_that_ovh_would_not_take_is_refused(tag: str) -> None:
    with pytest.raises(ConfigurationError, match="1 to 20 ASCII"):
        a_run(tag)


def test_a_hundred_thousand_messages_take_little_memory(store: ResultsStore) -> None:
    store.start_submission(a_run())
    one = {name: getattr(a_message(1), name) for name in Message.__slots__} | {"delivered_at": NOON}
    source = (Message(**one | {"outgoing_id": number}) for number in range(100_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert store.store_messages("t1", source) == 100_000
    assert sum(1 for _ in store.messages("t1")) == 100_000
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 80 * 1024, f"{grown} KiB more"
