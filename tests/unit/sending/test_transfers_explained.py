"""Transfers among the events of an account, and what the balances say of one whose answer was lost."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from ovh_sms.sending.account_balance import Presence, Transferred, Unexplained, explained, unexplained
from unit.sending.balances import LEAST, at, message, reading

BEFORE = reading(0, 100.0)


def moved(amount: float, after: float = 10, before: float = 12) -> Transferred:
    return Transferred(credits=amount, after=at(after), before=at(before))


@pytest.mark.parametrize("amount", [50.0, -50.0])
def test_a_transfer_of_the_journal_explains_its_credits(amount: float) -> None:
    left = 100.0 + amount
    assert explained(BEFORE, reading(60, left), messages=[], transfers=[moved(amount)], least=LEAST)
    assert explained(BEFORE, reading(60, left - 2), messages=[message(5, 2.0)], transfers=[moved(amount)], least=LEAST)
    for wrong in (left - 1, left + 1, 100.0):
        assert not explained(BEFORE, reading(60, wrong), messages=[], transfers=[moved(amount)], least=LEAST)


@pytest.mark.parametrize("amount", [50.0, -50.0])
@pytest.mark.parametrize("left", [100.0, 150.0, 50.0])
def test_a_transfer_at_the_moment_of_a_reading_leaves_it_open(amount: float, left: float) -> None:
    at_the_turn = moved(amount, after=59, before=61)
    assert not explained(BEFORE, reading(60, left), messages=[], transfers=[at_the_turn], least=LEAST)


@pytest.mark.parametrize("amount", [50.0, -50.0])
def test_transfers_before_and_after_the_readings_do_not_count(amount: float) -> None:
    outside = [moved(amount, -10, -8), moved(amount, 70, 72)]
    assert explained(BEFORE, reading(60, 100.0), messages=[], transfers=outside, least=LEAST)


def gone(left: float, **events: object) -> Unexplained:
    given = {"messages": [], **events}
    found = unexplained(BEFORE, reading(60, left), **given)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_exactly_the_amount_is_gone_or_nothing_is() -> None:
    assert gone(70.0).presence(30.0) is Presence.FOUND
    assert gone(100.0).presence(30.0) is Presence.ABSENT
    assert gone(130.0).presence(-30.0) is Presence.FOUND
    for other in (71.0, 69.0, 130.0, 40.0):
        assert gone(other).presence(30.0) is Presence.UNCLEAR


def test_messages_beside_it_are_taken_off() -> None:
    sent = [message(5, 3.0), message(40, 2.0)]
    assert gone(65.0, messages=sent).presence(30.0) is Presence.FOUND
    assert gone(95.0, messages=sent).presence(30.0) is Presence.ABSENT


def test_a_message_at_the_turn_of_a_reading_is_no_obstacle_unless_it_costs_as_much() -> None:
    inexact = replace(reading(60, 70.0), second_after=at(61))
    at_the_turn = [message(60, 3.0)]
    found = unexplained(BEFORE, inexact, messages=at_the_turn)
    assert found is not None
    assert found.presence(30.0) is Presence.FOUND
    as_much = unexplained(BEFORE, inexact, messages=[message(60, 30.0)])
    assert as_much is not None
    assert as_much.presence(30.0) is Presence.UNCLEAR


def test_a_refund_of_unknown_size_leaves_it_open() -> None:
    assert gone(100.0, unbilled=math.inf).presence(30.0) is Presence.UNCLEAR


@pytest.mark.parametrize("which", ["before", "after", "overlapping"])
def test_balances_that_prove_nothing(which: str) -> None:
    before, after = BEFORE, reading(60, 100.0)
    if which == "before":
        before = replace(before, recredited=True)
    elif which == "after":
        after = replace(after, recredited=True)
    else:
        before = reading(0, 100.0, until=61)
    assert unexplained(before, after, messages=[]) is None
