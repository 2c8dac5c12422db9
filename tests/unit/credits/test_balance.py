"""Transfers that level accounts: a need is covered whole, and no source gives what it needs itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ovh_sms.credits.balance import PlannedTransfer, ShortAccount, UndecidedTransfer, plan_transfers
from ovh_sms.credits.levels import AccountLevel
from ovh_sms.credits.needs import Deposit, Need
from ovh_sms.forecast.forecast import Forecast
from ovh_sms.forecast.need import CreditsNeeded
from ovh_sms.store.reservation_records import OtherReservation

AT = datetime(2026, 3, 3, 10, tzinfo=UTC)


def level(account: str, left: float, *, reserved: float = 0, wanted: float | None = None) -> AccountLevel:
    needed = None
    if wanted is not None:
        stock = left - reserved
        missing = max(0, int(wanted - stock))
        amounts = {"credits": missing, "at_most": missing * 2, "asked": wanted, "order_below": wanted}
        needed = CreditsNeeded(**amounts, stock=stock, planned=0)  # type: ignore[arg-type]
    found = Forecast(made_at=AT, credits_left=left, reserved=reserved)
    return AccountLevel(
        account=account, credits_left=left, reserved=reserved, is_recredited=False, needed=needed, forecast=found
    )


def short(name: str, left: float, wanted: float, **more: Any) -> ShortAccount:
    keep, sizes, deposit = more.pop("keep", 0), more.pop("sizes", ()), more.pop("deposit", None)
    need = Need(key=f"need of {name}", account=f"sms-{name}-1", number=0, deposit=deposit)
    it = level(f"sms-{name}-1", left, wanted=wanted, **more)
    return ShortAccount(name=name, source="central", keep=keep, level=it, need=need, sizes=sizes)


def plan(accounts: list[ShortAccount], central: AccountLevel) -> list[PlannedTransfer]:
    return list(plan_transfers(accounts, {"central": central}))


def amounts(accounts: list[ShortAccount], central: AccountLevel) -> dict[str, int]:
    return {each.target: each.credits for each in plan(accounts, central)}


def test_a_need_is_covered_whole_and_brings_the_account_to_its_level() -> None:
    (only,) = plan([short("shop", 200, 1000, reserved=50)], level("sms-central-1", 5000))
    assert (only.credits, only.source_account, only.target_account) == (850, "sms-central-1", "sms-shop-1")
    assert only.enough == 1050
    assert only.need["key"] == "need of shop"
    assert PlannedTransfer.from_xcom(only.to_xcom()) == only


def test_a_source_keeps_what_it_must() -> None:
    shop = short("shop", 200, 1000, keep=300)
    assert amounts([shop], level("sms-central-1", 1100)) == {"shop": 800}
    assert amounts([shop], level("sms-central-1", 1099)) == {}
    assert amounts([shop], level("sms-central-1", 1200, reserved=101)) == {}, "its reservations"
    assert amounts([shop], level("sms-central-1", 5000, wanted=4300)) == {}, "its own need is more than `keep`"
    (only,) = plan([shop], level("sms-central-1", 5000, reserved=100, wanted=3000))
    assert only.keep == 3000, "what is reserved is read again once it is transferred"


def test_a_source_keeps_what_its_own_runs_wait_for() -> None:
    shop, waits = short("shop", 200, 1000), (OtherReservation("sms_campaign_spring", "run_1", 400.0),)
    assert amounts([shop], replace(level("sms-central-1", 1200), waiting=waits)) == {"shop": 800}
    assert amounts([shop], replace(level("sms-central-1", 1199), waiting=waits)) == {}


def test_several_accounts_share_what_a_source_can_spare_the_smallest_need_first() -> None:
    accounts = [short("big", 0, 1000), short("small", 900, 1000), short("tiny", 950, 1000)]
    assert amounts(accounts, level("sms-central-1", 160)) == {"tiny": 50, "small": 100}
    assert amounts(accounts, level("sms-central-1", 1150)) == {"tiny": 50, "small": 100, "big": 1000}
    assert amounts(accounts, level("sms-central-1", 1149)) == {"tiny": 50, "small": 100}


def test_a_transfer_brings_a_whole_order_if_the_source_can_spare_it() -> None:
    shop = short("shop", 990, 1000, sizes=(500, 100))
    assert amounts([shop], level("sms-central-1", 5000)) == {"shop": 100}
    assert amounts([shop], level("sms-central-1", 60)) == {"shop": 10}


def test_an_account_that_lacks_nothing_gets_nothing() -> None:
    assert amounts([short("shop", 1000, 1000)], level("sms-central-1", 5000)) == {}


def test_a_need_that_an_order_or_a_transfer_covers_gets_no_other() -> None:
    for kind in ("order", "transfer"):
        made = Deposit(kind=kind, state="succeeded", tag="a-tag")
        assert amounts([short("shop", 0, 1000, deposit=made)], level("sms-central-1", 5000)) == {}
    pending = Deposit(kind="order", state="pending", tag="a-tag")
    assert amounts([short("shop", 0, 1000, deposit=pending)], level("sms-central-1", 5000)) == {}


MAYBE = Deposit(kind="transfer", state="unknown", tag="a-tag", quantity=700, source="sms-central-1")


def undecided(source: str = "central", deposit: Deposit = MAYBE) -> UndecidedTransfer:
    need = Need(key="need of shop", account="sms-shop-1", number=0, deposit=deposit)
    return UndecidedTransfer(name="shop", source=source, need=need)


def test_a_transfer_that_may_have_been_made_is_planned_once_and_made_again_only_if_it_can_be() -> None:
    shop, sources = short("shop", 0, 1000, deposit=MAYBE), {"central": level("sms-central-1", 5000)}
    (only,) = plan_transfers([shop], sources, [undecided()])
    assert (only.credits, only.enough) == (1000, 1000)


def test_a_transfer_that_may_have_been_made_is_reconciled_from_its_own_source_though_it_can_spare_nothing() -> None:
    poor, rich = level("sms-central-1", 10), level("sms-other-1", 5000)
    shop = short("shop", 0, 1000, deposit=MAYBE)
    plans = {
        "the source can spare nothing": plan_transfers([shop], {"central": poor}, [undecided()]),
        "the account holds enough": plan_transfers([], {}, [undecided()]),
        "another source is named": plan_transfers([shop], {"central": rich}, [undecided("")]),
    }
    for why, planned in plans.items():
        (only,) = planned
        assert (only.source_account, only.target_account) == ("sms-central-1", "sms-shop-1"), why
        assert (only.credits, only.enough) == (700, 0), f"nothing more is transferred: {why}"
