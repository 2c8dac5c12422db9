"""Counting of breaches, from the messages and orders that exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from faults.by_attempt import decidable
from faults.count import STRANGE, Counts, count_runs
from ovh_sms.store.models import NOT_EXECUTED, PENDING, SUCCEEDED, UNKNOWN, Attempt

FAILED = {("send", -1): {"error": "DuplicateSubmission", "clear": True}}
HERE, THERE = "+33639980001", "+33639980002"


@dataclass
class Sent:
    """A run that ended in success."""

    marker: str = "[1.1.0]"
    receivers: set[str] = field(default_factory=lambda: {HERE, THERE})
    tags: set[str] = field(default_factory=lambda: {"ours"})
    resolved: dict[str, str] = field(default_factory=dict)
    errors: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    sent: bool = True
    cancelled: bool = False
    noticed_repeat: bool = False
    named: set[str] = field(default_factory=set)
    names: tuple[str, ...] = ("",)
    dag_id: str = "sms_campaign_c"
    run_id: str = "run_0"

    @property
    def texts(self) -> set[tuple[str, str]]:
        return {(receiver, self.marker + name) for receiver in self.receivers for name in self.names}

    def not_found(self) -> set[tuple[str, str]]:
        return {(receiver, self.marker + name) for receiver in self.named for name in self.names}


@dataclass
class Ordered:
    """A run that ordered so many credits, or failed to."""

    quantity: int
    sent: bool = True
    order_id: int | None = None
    covered_by: str = ""
    resolved: dict[str, str] = field(default_factory=dict)
    errors: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)


def messages(tag: str, *receivers: str, marker: str = "[1.1.0]", leaves: timedelta | None = None) -> Any:
    sent_at = (datetime.now(UTC) + (leaves or timedelta(0))).isoformat()
    return [{"tag": tag, "receiver": each, "message": marker, "sent_at": sent_at} for each in receivers]


def orders(quantities: Iterable[int], status: str = "notPaid") -> Any:
    return [{"quantity": each, "status": status} for each in quantities]


def attempt(
    tag: str = "ours", *, number: int = 1, state: str = SUCCEEDED, run_id: str = "run_0", **more: Any
) -> Attempt:
    about = {"kind": "batch", "holder": "a", "campaign": "c", "dag_id": "sms_campaign_c", "account": "sms-1"}
    digests = {"list_digest": "l", "message_digest": "m"}
    answer = {"messages": more.pop("messages", 2)} if state == SUCCEEDED else None
    given = {"answer": answer, "snapshot": {"expected": 2}, **more}
    return Attempt(tag=tag, attempt=number, state=state, run_id=run_id, **about, **digests, **given)


def breaches(messages: Any, orders: Any, runs: Any, ordering: Any, attempts: Any = None) -> dict[str, int]:
    found = Counter(each["tag"] for each in messages)
    known = {tag: run.run_id for run in runs for tag in run.tags}
    made = [attempt(tag, run_id=known[tag], messages=found[tag]) for tag in found if tag in known]
    return count_runs(messages, orders, runs, ordering, made if attempts is None else attempts).breaches


def test_each_receiver_once_is_no_breach() -> None:
    assert breaches(messages("ours", HERE, THERE), [], [Sent()], []) == {}


def test_two_texts_of_one_receiver_are_counted_each() -> None:
    run = Sent(names=(" Lea", " Tom"), tags={"ours", "second"})
    lea, tom = ("[1.1.0] Lea", "[1.1.0] Tom")
    first, second = messages("ours", HERE, THERE, marker=lea), messages("second", HERE, THERE, marker=tom)
    assert breaches(first + second, [], [run], []) == {}
    assert breaches(first, [], [run], []) == {"lost": 2}
    again = messages("second", HERE, marker=lea)
    assert breaches(first + second + again, [], [run], []) == {"double_sent": 1}
    assert breaches(first + second + messages("ours", HERE, marker="[1.1.0] Zoe"), [], [run], []) == {"wrong_list": 1}


def test_two_runs_of_one_campaign_that_share_one_set_of_messages_have_lost_the_other() -> None:
    runs = [Sent(), Sent(tags={"theirs"}, run_id="run_1")]
    assert breaches(messages("ours", HERE, THERE), [], runs, []) == {"lost": 2}


def test_two_runs_of_one_campaign_that_both_send_have_sent_twice() -> None:
    runs = [Sent(), Sent(tags={"theirs"}, run_id="run_1")]
    both = messages("ours", HERE, THERE) + messages("theirs", HERE, THERE)
    assert breaches(both, [], runs, []) == {"double_sent": 2}


def test_a_resolution_excuses_only_receivers_that_the_error_named() -> None:
    run = Sent(resolved={"ours": "sent"}, named={THERE})
    counts = count_runs([], [], [run], [], [])
    assert (counts.lost, counts.missing_by_word) == (1, 1)


def test_a_message_with_another_tag_is_nobodys() -> None:
    found = breaches(messages("foreign", HERE, THERE), [], [Sent()], [])
    assert found == {"lost": 2, "wrong_list": 2, "without_attempt": 2}


def test_a_message_of_another_program_is_not_counted() -> None:
    assert breaches(messages(STRANGE, HERE, THERE, marker="Hello"), [], [Sent(sent=False, errors=FAILED)], []) == {}


def test_an_attempt_that_adopts_messages_of_another_run_is_without_a_message() -> None:
    mine, theirs = Sent(), Sent(marker="[1.1.1]", tags={"theirs"}, run_id="run_1", receivers=set())
    made = [attempt(), attempt("theirs", run_id="run_1")]
    assert breaches(messages("ours", HERE, THERE), [], [mine, theirs], [], made) == {"without_message": 2}


@pytest.mark.parametrize(
    "attempts",
    [
        [],
        [attempt(run_id="run_1")],
        [attempt(state=NOT_EXECUTED)],
        [attempt(state=PENDING)],
        [attempt(), attempt(number=2)],
    ],
)
def test_messages_without_one_succeeded_attempt_of_their_own_run_are_a_breach(attempts: list[Attempt]) -> None:
    found = breaches(messages("ours", HERE, THERE), [], [Sent()], [], attempts)
    assert found["without_attempt"] == 2


def test_messages_beyond_those_that_the_attempt_has_recorded_are_without_an_attempt() -> None:
    assert breaches(messages("ours", HERE, THERE), [], [Sent()], [], [attempt(messages=1)]) == {"without_attempt": 1}


def test_a_repetition_is_a_breach_unless_it_was_reported() -> None:
    twice = messages("ours", HERE, THERE, HERE, THERE)
    made = [attempt(messages=2)]
    assert breaches(twice, [], [Sent()], [], made) == {"double_sent": 2, "without_attempt": 2}
    assert breaches(twice, [], [Sent(noticed_repeat=True)], [], made) == {}


def test_an_attempt_resolved_by_a_person_needs_no_messages() -> None:
    run = Sent(resolved={"ours": "sent"}, named={HERE, THERE})
    made = [attempt(answer={"messages": 2, "resolution": "sent"})]
    assert breaches([], [], [run], [], made) == {}


def decided(attempts: list[Attempt], messages: int, late: float = 0.0) -> list[bool]:
    listed = {("sms_campaign_c", "run_0"): late}
    tags = Counter({"ours": messages})
    found = decidable(tags, attempts, listed_after=listed, quiet_period=1.0, reconcile_timeout=6.0)
    return [each.asked for each in found]


def observed(*seconds: int, **about: Any) -> Attempt:
    at = [{"at": f"2026-03-03T10:00:{each:02d}+00:00"} for each in seconds]
    return attempt(observations=at, **about)


def test_a_lost_answer_is_decidable_if_ovh_executed_it_whole_or_not_at_all() -> None:
    asked = observed(1, 4, state=UNKNOWN, question={"code": "abc123"})
    assert decided([observed(1, 4)], messages=2) == [False]
    assert decided([asked], messages=0) == [True]
    assert decided([asked], messages=1) == []
    assert decided([attempt()], messages=2) == []


def test_a_lost_answer_listed_after_the_time_is_over_is_not_decidable() -> None:
    assert decided([observed(1, 4)], messages=2, late=4.0) == [False]
    assert decided([observed(1, 4)], messages=2, late=4.1) == []


def test_a_person_who_is_asked_about_an_ovh_batch_is_a_breach() -> None:
    asked = observed(1, 4, state=UNKNOWN, question={"code": "abc123"})
    found = decidable(Counter(), [asked], listed_after={}, quiet_period=1.0, reconcile_timeout=6.0)
    for is_named, breach in {False: {}, True: {"asked_needlessly": 1}}.items():
        counts = Counts()
        counts.add_decided(found, is_named=is_named)
        assert counts.breaches == breach
    assert found[0].evidence == "ours, unknown: balance before inexact; 2 observations, 0 exact, 0 explained in 3.0 s"


def test_seconds_to_decide_are_those_between_the_first_and_the_last_observation() -> None:
    (found,) = decidable(Counter(ours=2), [observed(1, 2, 5)], listed_after={}, quiet_period=1.0, reconcile_timeout=6.0)
    assert found.seconds == 4.0


def test_a_receiver_of_nobodys_list_is_on_the_wrong_list() -> None:
    sent = messages("ours", HERE, THERE, "+33639980003")
    assert breaches(sent, [], [Sent()], []) == {"wrong_list": 1}


def test_messages_of_a_cancelled_run_are_a_breach_only_while_they_wait() -> None:
    run = Sent(cancelled=True)
    waits = messages("ours", HERE, leaves=timedelta(minutes=5))
    assert breaches(messages("ours", HERE, leaves=-timedelta(seconds=1)), [], [run], []) == {}
    assert breaches(waits, [], [run], []) == {"after_cancel": 1}


def test_an_order_that_failed_does_not_excuse_a_second_one_of_another_run() -> None:
    failed = Ordered(100, sent=False, errors={("order", -1): {"error": "OpenOrderExists", "clear": True}})
    both = orders([101, 101], status="delivered")
    assert breaches([], both, [], [failed, Ordered(101)]) == {"double_orders": 1}


def test_an_order_beside_one_that_is_unpaid_is_a_second_one() -> None:
    runs = [Ordered(100), Ordered(101)]
    assert breaches([], orders([100, 101]), [], runs) == {"double_orders": 1}
    assert breaches([], orders([100]) + orders([101], "delivered"), [], runs) == {}


def test_an_order_that_does_not_exist_is_lost() -> None:
    assert breaches([], orders([100]), [], [Ordered(100), Ordered(101)]) == {"lost": 1}
