"""A quota explains the credits of the account: no batch is taken for it, and no campaign counts on its credits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ovh_sms.clock import SystemClock
from ovh_sms.idempotency.account_records import AccountRecords
from ovh_sms.sending.account_balance import Presence
from ovh_sms.sending.credit_witness import CreditWitness
from ovh_sms.store.reservation_records import WantedCredits
from unit.accounts.desk import CHANGE, UserDesk
from unit.accounts.test_apply_users import spend

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")


def presence(desk: UserDesk, before: dict[str, object], amount: float) -> Presence:
    """Whether an amount is gone that nothing in the journal has taken, by a reading a while later."""
    SystemClock().sleep(5)
    read = witness(desk)
    readings = [read.reading(before)]
    return read.presence(before, readings, amount, over=desk.client.time() - timedelta(seconds=3))


def witness(desk: UserDesk) -> CreditWitness:
    records = AccountRecords(desk.store, desk.account, SystemClock())
    return CreditWitness(client=desk.client, records=records, clock=SystemClock())


def test_a_quota_of_the_journal_explains_the_credits_that_are_gone(desk: UserDesk) -> None:
    before = witness(desk).snapshot()
    SystemClock().sleep(5)
    desk.apply({"desk": {"quota": 150}})
    assert presence(desk, before, 150) is Presence.ABSENT


def test_a_quota_that_somebody_else_gave_explains_nothing(desk: UserDesk) -> None:
    from ovh_sms.api.models_users import UserChanges

    desk.apply({"desk": {}})
    before = witness(desk).snapshot()
    SystemClock().sleep(5)
    desk.client.users.change("desk", UserChanges(quota_left=150))
    assert presence(desk, before, 150) is Presence.UNCLEAR


def test_a_quota_that_was_lowered_explains_the_credits_that_came(desk: UserDesk) -> None:
    desk.apply({"desk": {"quota": 150}})
    before = witness(desk).snapshot()
    SystemClock().sleep(5)
    desk.apply({"desk": {"quota": 100}})
    assert presence(desk, before, -50) is Presence.ABSENT
    ((*_, given), (*_, returned)) = (
        (each.login, each.credits, each.is_exact, each.more, each.credits)
        for each in desk.store.users.quota_changes(desk.account, desk.store.clock.now() - timedelta(hours=1))
    )
    assert (given, returned) == (150, -50)


def test_a_deleted_user_leaves_open_how_many_credits_came_back(desk: UserDesk) -> None:
    desk.apply({"desk": {"quota": 150}})
    spend(desk, "desk", 30)
    desk.apply({"desk": {"absent": True}})
    (_, deleted) = desk.store.users.quota_changes(desk.account, desk.store.clock.now() - timedelta(hours=1), "desk")
    assert (deleted.credits, deleted.is_exact) == (-120, False)
    assert desk.left() == 970


def test_credits_of_a_quota_without_an_answer_are_not_reserved_by_a_campaign(desk: UserDesk) -> None:
    kept = desk.store.reservations
    known = kept.read(desk.account)
    desk.lost("lost_answer", CHANGE, lambda: desk.apply({"desk": {"quota": 600}}))
    run = WantedCredits(
        list_tag="l1",
        dag_id="sms_campaign_spring",
        run_id="run_1",
        account=desk.account,
        batches={"b1": 500},
        lasts=timedelta(days=2),
    )
    found = kept.reserve(run, known, credits_left=1000)
    assert not found.is_reserved
    assert [(each.transfer_to, each.credits) for each in found.others] == [("desk", 600)]
