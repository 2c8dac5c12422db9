"""Counting of breaches, from the messages and orders that exist."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from faults.count import count_runs

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
    named: set[str] = field(default_factory=set)

    def not_found(self) -> set[str]:
        return self.named


@dataclass
class Ordered:
    """A run that ordered so many credits, or failed to."""

    quantity: int
    sent: bool = True
    resolved: dict[str, str] = field(default_factory=dict)
    errors: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)


def messages(tag: str, *receivers: str, marker: str = "[1.1.0]", leaves: timedelta | None = None) -> Any:
    sent_at = (datetime.now(UTC) + (leaves or timedelta(0))).isoformat()
    return [{"tag": tag, "receiver": each, "message": marker, "sent_at": sent_at} for each in receivers]


def orders(quantities: Iterable[int], status: str = "notPaid") -> Any:
    return [{"quantity": each, "status": status} for each in quantities]


def breaches(*given: Any) -> dict[str, int]:
    return count_runs(*given).breaches


def test_each_receiver_once_is_no_breach() -> None:
    assert breaches(messages("ours", HERE, THERE), [], [Sent()], []) == {}


def test_two_runs_of_one_campaign_that_share_one_set_of_messages_have_lost_the_other() -> None:
    runs = [Sent(), Sent(tags={"theirs"})]
    assert breaches(messages("ours", HERE, THERE), [], runs, []) == {"lost": 2}


def test_two_runs_of_one_campaign_that_both_send_have_sent_twice() -> None:
    runs = [Sent(), Sent(tags={"theirs"})]
    both = messages("ours", HERE, THERE) + messages("theirs", HERE, THERE)
    assert breaches(both, [], runs, []) == {"double_sent": 2}


def test_a_resolution_excuses_only_receivers_that_the_error_named() -> None:
    run = Sent(resolved={"ours": "sent"}, named={THERE})
    counts = count_runs([], [], [run], [])
    assert (counts.lost, counts.missing_by_word) == (1, 1)


def test_a_message_with_another_tag_is_nobodys() -> None:
    assert breaches(messages("foreign", HERE, THERE), [], [Sent()], []) == {"lost": 2, "wrong_list": 2}


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
