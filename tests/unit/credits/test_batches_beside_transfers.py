"""A batch whose answer was lost, while credits are transferred from or to its account."""

from __future__ import annotations

import pytest

from ovh_sms.errors import OutcomeUnknown
from support.leaping_time import LeapingTime
from support.tries import SUBMIT_CALL, asked, once, send
from unit.credits.desk import TRANSFER, Desk

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")


def transfer(desk: Desk, way: str, credits_moved: float = 5.0) -> None:
    """As many credits as the batch takes."""
    central, account = (desk.central, desk.account) if way == "in" else (desk.account, desk.central)
    assert desk.transfer(source=central, target=account, credits=credits_moved, keep=0, enough=10**6).transferred


@pytest.mark.parametrize("way", ["in", "out"])
def test_a_transfer_does_not_keep_a_batch_from_being_decided(desk: Desk, leaping: LeapingTime, way: str) -> None:
    desk.sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    leaping.sleep(2)
    transfer(desk, way)
    assert send()["submitted"] == 5
    assert once(desk.sandbox) == 5


@pytest.mark.parametrize("way", ["in", "out"])
def test_a_transfer_does_not_explain_the_credits_of_a_batch_that_ovh_lists_late(
    desk: Desk, leaping: LeapingTime, way: str
) -> None:
    desk.sandbox.fault("late_listing", seconds=3000, answer="lost", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    leaping.sleep(2)
    transfer(desk, way)
    asked(lambda: send())
    assert once(desk.sandbox) == 5


def test_a_transfer_whose_answer_is_not_known_explains_nothing(desk: Desk, leaping: LeapingTime) -> None:
    # it has taken from the account as many credits as the batch would take
    desk.sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    leaping.sleep(2)
    need = desk.need(desk.central)
    given = {"source": desk.account, "target": desk.central, "credits": 5.0, "keep": 0.0, "enough": 10.0**6}
    desk.lost("lost_answer", TRANSFER, lambda: desk.transfer(need=need, **given))
    question = asked(lambda: send())
    assert once(desk.sandbox) == 0
    assert desk.transfer(need=need, **given).transferred
    question.decide("send", although_credits_are_gone=True)
    assert send()["submitted"] == 5
    assert once(desk.sandbox) == 5
