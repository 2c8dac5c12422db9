"""While it is not known whether a transfer covers a need, its check asks nobody about an order, and says why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ovh_sms.credits.check_records import recorded_check
from ovh_sms.credits.topup import CreditsCheck, TopupRules
from ovh_sms.errors import OutcomeUnknown, ResolutionRequired
from ovh_sms.idempotency.remote_write import ReconcilePolicy
from ovh_sms.report.account_view import account_view
from ovh_sms.report.credit_needs import credit_needs
from ovh_sms.report.language import translator
from unit.credits.desk import TRANSFER, Desk

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")

RULES = TopupRules(threshold=100, sizes=(1000,), max_price=500, approve_above=1)


def check(desk: Desk, rules: TopupRules = RULES) -> CreditsCheck:
    return recorded_check("shop", rules, client=desk.client(), store=desk.store)


def shown(desk: Desk) -> list[str]:
    """The needs of the account on its page, with their reasons."""
    view = account_view(desk.store, desk.account, desk.store.clock.now())
    return [f"{each.title}: {' '.join(each.lines)}" for each in credit_needs(view, translator("en"))]


def test_no_order_is_chosen_while_a_lost_transfer_may_cover_the_need(desk: Desk) -> None:
    desk.lost("reset_after", TRANSFER, desk.transfer)
    desk.sandbox.account(creditsLeft=50)  # its credits are spent at once
    tag = desk.attempts()[0]["tag"]
    with pytest.raises(OutcomeUnknown, match=rf"It is not known whether credits were transferred .* \(tag {tag}\)"):
        check(desk)
    (reason,) = [each for each in shown(desk) if each.startswith("No credits are ordered for ")]
    assert f"(tag {tag})" in reason
    assert "Nothing was ordered. Start sms_credits_balance" in reason


def test_only_a_persons_decision_about_the_transfer_lets_the_check_choose_an_order(desk: Desk) -> None:
    desk.policy = ReconcilePolicy(quiet_period=timedelta(seconds=2), reconcile_timeout=timedelta(seconds=6))
    desk.lost("reset_before", TRANSFER, desk.transfer)
    desk.client(desk.central).account.set_recredit(10, 1000)  # an unchanged balance proves nothing
    with pytest.raises(OutcomeUnknown):
        desk.transfer()
    desk.client(desk.central).account.set_recredit(0, None)
    with pytest.raises(ResolutionRequired, match="It is not known whether credits were transferred"):
        check(desk)
    (reason,) = [each for each in shown(desk) if each.startswith("No credits are ordered for ")]
    assert "prints the commands" in reason
    desk.resolve("sent")
    desk.transfer()  # as the next run does
    assert check(desk).decision == "order", "of the next need: these credits have not come"


def test_an_account_with_enough_credits_is_checked_as_ever(desk: Desk) -> None:
    desk.lost("reset_before", TRANSFER, desk.transfer)
    desk.sandbox.account(creditsLeft=5000)
    assert check(desk).decision == "enough"
