from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from ovh_sms.sending.account_balance import BalanceReading, DeliveredOrder, explained
from unit.sending.balances import LEAST, at, first_explained, message, reading, withdrawal

BEFORE, AFTER = reading(0, 100.0), reading(60, 100.0)


def test_a_reading_comes_back_from_json() -> None:
    for each in (BEFORE, reading(3, 0.25, until=5), replace(BEFORE, recredited=True)):
        assert BalanceReading.from_json(json.loads(json.dumps(each.to_json()))) == each


def test_an_unchanged_balance_needs_no_explanation() -> None:
    assert explained(BEFORE, AFTER, messages=[], least=LEAST)


@pytest.mark.parametrize("missing", [-100.0, -1.0, -0.25, 0.25, 1.0, 5.0])
def test_any_difference_without_an_event_stays_open(missing: float) -> None:
    assert not explained(BEFORE, reading(60, 100.0 - missing), messages=[], least=LEAST)


def test_messages_explain_their_credits_to_the_last_one() -> None:
    messages = [message(3), message(4, 2.5), message(59)]
    assert explained(BEFORE, reading(60, 95.5), messages=messages, least=LEAST)
    for other in (94.5, 95.0, 96.5):
        assert not explained(BEFORE, reading(60, other), messages=messages, least=LEAST)


def test_a_message_of_the_first_second_is_after_the_first_reading_and_one_of_the_last_after_the_last() -> None:
    edges = [message(-1), message(0), message(60)]
    assert explained(BEFORE, reading(60, 99.0), messages=edges, least=LEAST)
    assert not explained(BEFORE, reading(60, 98.0), messages=edges, least=LEAST)


def test_an_earlier_reading_decides_while_the_newest_messages_are_not_listed() -> None:
    readings = [reading(10, 98.0), reading(20, 96.0), reading(30, 90.0)]
    listed = [message(2), message(7), message(15)]  # one of the second 17 and those later than 20 are listed late
    assert first_explained(BEFORE, readings, messages=listed, least=LEAST) == readings[0]
    assert first_explained(BEFORE, readings[1:], messages=listed, least=LEAST) is None
    assert first_explained(BEFORE, readings[1:], messages=[*listed, message(17)], least=LEAST) == readings[1]


def test_messages_that_explain_less_than_is_gone_leave_the_batch_open() -> None:
    readings = [reading(10, 94.0), reading(20, 93.0)]  # five credits of a batch that is not listed
    assert first_explained(BEFORE, readings, messages=[message(2), message(15)], least=LEAST) is None


def test_an_order_explains_its_credits() -> None:
    delivered = DeliveredOrder(credits=50.0, after=at(5), before=at(40))
    assert explained(BEFORE, reading(60, 148.0), messages=[message(1, 2.0)], orders=[delivered], least=LEAST)
    assert not explained(BEFORE, reading(60, 98.0), messages=[message(1, 2.0)], orders=[delivered], least=LEAST)


def test_credits_bought_by_somebody_hide_nothing() -> None:
    assert not explained(BEFORE, reading(60, 145.0), messages=[], least=LEAST)


def test_an_order_that_hides_the_batch_is_counted() -> None:
    # 50 credits came and 50 are gone
    delivered = DeliveredOrder(credits=50.0, after=at(5), before=at(40))
    assert not explained(BEFORE, reading(60, 100.0), messages=[], orders=[delivered], least=LEAST)


@pytest.mark.parametrize(("after", "before"), [(-5, 5), (50, 70), (-5, 70)])
def test_an_order_delivered_near_a_reading_leaves_it_open(after: float, before: float) -> None:
    delivered = DeliveredOrder(credits=50.0, after=at(after), before=at(before))
    for left in (100.0, 150.0):
        assert not explained(BEFORE, reading(60, left), messages=[], orders=[delivered], least=LEAST)


@pytest.mark.parametrize(("after", "before"), [(-9, 0), (60, 70)])
def test_an_order_delivered_before_or_after_both_readings_does_not_count(after: float, before: float) -> None:
    delivered = DeliveredOrder(credits=50.0, after=at(after), before=at(before))
    assert explained(BEFORE, AFTER, messages=[], orders=[delivered], least=LEAST)


@pytest.mark.parametrize(("after", "before"), [(0, 1), (60, 61)])
def test_an_order_delivered_within_an_inexact_reading_leaves_it_open(after: float, before: float) -> None:
    delivered = DeliveredOrder(credits=50.0, after=at(after), before=at(before))
    for left in (100.0, 150.0):
        readings = reading(0, 100.0, until=1), reading(60, left, until=61)
        assert not explained(*readings, messages=[], orders=[delivered], least=LEAST)


def test_a_withdrawn_older_message_gave_its_credits_back() -> None:
    refund = withdrawal(-300, 30, 4.0)
    assert explained(BEFORE, reading(60, 104.0), messages=[], refunds=[refund], least=LEAST)
    # what was refunded hides just as much that is gone
    assert not explained(BEFORE, reading(60, 100.0), messages=[], refunds=[refund], least=LEAST)


def test_a_message_created_and_withdrawn_in_between_changes_nothing() -> None:
    assert explained(BEFORE, AFTER, messages=[], refunds=[withdrawal(10, 30, 4.0)], least=LEAST)


def test_a_message_withdrawn_after_the_last_reading_leaves_it_open_and_a_later_one_decides() -> None:
    early, late = reading(60, 96.0), reading(120, 100.0)
    refunds = [withdrawal(10, 90, 4.0)]
    assert not explained(BEFORE, early, messages=[], refunds=refunds, least=LEAST)
    assert first_explained(BEFORE, [early, late], messages=[], refunds=refunds, least=LEAST) == late


def test_a_deletion_on_its_way_at_the_first_reading_leaves_it_open() -> None:
    refund = withdrawal(-300, -10, 4.0)  # recorded before the reading, executed before or after it
    for left in (100.0, 104.0):
        assert not explained(BEFORE, reading(60, left), messages=[], refunds=[refund], least=LEAST)
    assert explained(BEFORE, AFTER, messages=[], refunds=[withdrawal(-300, -150, 4.0)], least=LEAST)


def test_an_inexact_reading_decides_if_nobody_sent_in_its_seconds() -> None:
    before = reading(0, 100.0, until=1)
    assert explained(before, reading(60, 98.0), messages=[message(-1), message(2), message(9)], least=LEAST)
    assert explained(BEFORE, reading(60, 98.0, until=61), messages=[message(2), message(59), message(62)], least=LEAST)


@pytest.mark.parametrize("second", [0, 1, 60, 61])
@pytest.mark.parametrize("left", [97.0, 98.0, 99.0])
def test_a_message_within_an_inexact_reading_leaves_it_open(second: int, left: float) -> None:
    # it may be in the reading or not, and one credit of the batch may hide behind it
    before, after = reading(0, 100.0, until=1), reading(60, left, until=61)
    assert not explained(before, after, messages=[message(second), message(30)], least=LEAST)


def test_less_than_the_cheapest_message_of_the_batch_hides_nothing() -> None:
    before, messages = reading(0, 100.0, until=1), [message(1, 0.5), message(30)]
    for left in (98.5, 99.0):
        assert explained(before, reading(60, left), messages=messages, least=LEAST)
    assert not explained(before, reading(60, 98.0), messages=messages, least=LEAST)
    assert not explained(before, reading(60, 98.5), messages=messages, least=0.5)


def test_readings_that_overlap_or_stand_the_wrong_way_round_decide_nothing() -> None:
    assert not explained(reading(0, 100.0, until=2), reading(2, 100.0), messages=[], least=LEAST)
    assert not explained(AFTER, BEFORE, messages=[], least=LEAST)


def test_credits_refunded_for_errors_hide_nothing() -> None:
    assert explained(BEFORE, reading(60, 101.0), messages=[message(5)], unbilled=2.0, least=LEAST)
    assert not explained(BEFORE, reading(60, 99.0), messages=[message(5)], unbilled=2.0, least=LEAST)
    assert not explained(BEFORE, AFTER, messages=[], unbilled=math.inf, least=LEAST)


def test_an_account_that_ovh_recredits_by_itself_proves_nothing() -> None:
    assert not explained(replace(BEFORE, recredited=True), AFTER, messages=[], least=LEAST)
    assert not explained(BEFORE, replace(AFTER, recredited=True), messages=[], least=LEAST)
