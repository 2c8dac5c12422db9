"""The check of an account's credits: enough, covered, or an order of the right size at an allowed price."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.credits.levels import read_level, rule_of
from ovh_sms.errors import AccountRecredited, BudgetExceeded
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.check_credits import CheckCreditsOperator, campaigns_of
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.store.reservation_records import WantedCredits
from support.airflow_task import context
from support.logs import Log, log
from support.notifiers import KeepingNotifier
from support.sandbox import SandboxProcess

__all__ = ["log"]

pytestmark = pytest.mark.usefixtures("leaping")

NOTIFY = [{"notifier": "support.notifiers.KeepingNotifier", "arguments": {}, "language": "en"}]


@pytest.fixture(autouse=True)
def kept() -> list[dict[str, str]]:
    KeepingNotifier.kept.clear()
    return KeepingNotifier.kept


def check(run_id: str = "run_1", **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"threshold": 500, "sizes": [1000], "max_price": 500, "notify": NOTIFY, **changes}
    return CheckCreditsOperator(task_id="check", **given).execute(context(task_id="check", run_id=run_id))


def order(found: dict[str, Any], run_id: str = "run_1") -> dict[str, Any]:
    quick = {"quiet_period": timedelta(seconds=3), "reconcile_timeout": timedelta(seconds=9), "deferrable": False}
    task = OrderCreditsOperator(task_id="order", check=found, **quick)
    return task.execute(context(task_id="order", run_id=run_id))


def made(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    return [each for each in sandbox.orders() if sandbox.account_name in str(each)]


def test_an_account_that_holds_enough_needs_nothing(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=500)
    found = check()
    assert found["decision"] == "enough"
    assert (found["level"]["credits_left"], found["level"]["enough"], found["level"]["missing"]) == (500, 500, 0)
    assert found["quote"] is None


def test_an_account_that_falls_short_gets_an_order_at_its_price(sandbox: SandboxProcess, log: Log) -> None:
    sandbox.account(creditsLeft=499)
    found = check()
    quote = OvhSmsHook().client.orders.quote(1000)
    assert found["decision"] == "order"
    assert found["quote"]["quantity"] == 1000
    assert found["quote"]["price_with_tax"] == quote.price_with_tax
    assert (found["needs_approval"], found["price_limit"]) == (False, 500)
    assert f"quoted credits=1000 price={quote.price_with_tax:.2f} EUR with tax (chosen)" in log.text
    assert made(sandbox) == []
    assert order(found)["ordered"]


def test_reserved_credits_are_not_there(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=700)
    assert check()["decision"] == "enough"
    reserve(sandbox.account_name, 250)
    found = check()
    assert found["decision"] == "order"
    assert (found["level"]["reserved"], found["level"]["enough"]) == (250, 750)
    sandbox.account(creditsLeft=750)
    assert check()["decision"] == "enough"


def test_credits_that_a_run_waits_for_are_needed(sandbox: SandboxProcess, log: Log) -> None:
    sandbox.account(creditsLeft=700)
    store = ResultsHook().store
    reserve(sandbox.account_name, 1_200, credits_left=700)
    assert check()["decision"] == "enough", "that run was refused, and does not wait"
    now = store.clock.now()
    store.reservations.await_credits("a-list", since=now, until=now + timedelta(hours=2))
    found = check()
    assert found["decision"] == "order"
    level = found["level"]
    assert (level["reserved"], level["awaited"], level["enough"], level["missing"]) == (0, 1200, 1700, 1000)
    assert "awaited credits=1200 dag=a_campaign run=run_1" in log.text
    said = str(read_level(OvhSmsHook().client, store, rule_of(500, None)))
    assert "0 of them reserved. 1,200 more are waited for: run run_1 of a_campaign (1,200)." in said
    assert order(found)["ordered"], "although the account holds more than its threshold"


def reserve(account: str, amount: float, *, credits_left: float = 10_000) -> None:
    """Reserve credits for a run on its way."""
    wanted = WantedCredits(
        list_tag="a-list",
        dag_id="a_campaign",
        run_id="run_1",
        account=account,
        batches={"a-digest": amount},
        lasts=timedelta(days=1),
    )
    store = ResultsHook().store
    store.reservations.reserve(wanted, store.reservations.read(account), credits_left=credits_left)


def test_the_cheapest_size_within_the_price_is_chosen(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=499)
    prices = {size: OvhSmsHook().client.orders.quote(size).price_with_tax for size in (1000, 5000)}
    found = check(sizes=[1000, 5000], threshold=20_000)
    assert found["quote"]["quantity"] == 5000
    assert prices[5000] / 5000 < prices[1000] / 1000
    assert check(sizes=[1000, 5000], threshold=20_000, max_price=prices[1000])["quote"]["quantity"] == 1000


def test_a_price_above_the_limit_needs_an_approval_of_that_very_price(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=499)
    price = check()["quote"]["price_with_tax"]
    found = check(approve_above=price - 1)
    assert (found["needs_approval"], found["price_limit"]) == (True, price)
    found = check(approve_above=price)
    assert (found["needs_approval"], found["price_limit"]) == (False, price)


def test_an_order_over_the_highest_price_is_refused_with_its_quotes(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=499)
    with pytest.raises(BudgetExceeded, match=r"1,000 credits for .* EUR with tax. The maximum is 1\.00 EUR"):
        check(max_price=1)


def test_the_orders_of_a_month_have_a_cap(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=499)
    price = check()["quote"]["price_with_tax"]
    found = check(max_per_month=2 * price)
    assert found["spent_in_month"] == 0
    done = order(found)
    sandbox.settle_order(done["order_id"])
    assert check()["decision"] == "enough", "its credits are seen"
    sandbox.account(creditsLeft=499)
    found = check(max_per_month=2 * price)
    assert found["spent_in_month"] == price
    with pytest.raises(BudgetExceeded, match=rf"cost {price:.2f} already, and the maximum for a month is"):
        check(max_per_month=2 * price - 0.02)


def test_a_smaller_order_fits_what_the_month_leaves(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=499)
    large = check(sizes=[5000])["quote"]["price_with_tax"]
    found = check(sizes=[100, 5000], threshold=4000, max_per_month=large - 1)
    assert found["quote"]["quantity"] == 100


def test_an_open_order_is_reported_once_a_day_and_no_other_is_made(
    sandbox: SandboxProcess, kept: list[dict[str, str]], leaping: Any
) -> None:
    sandbox.account(creditsLeft=499)
    done = order(check())
    for run in range(3):
        found = check(run_id=f"run_{run}")
        assert found["decision"] == "covered"
        assert found["open_deposit"]["order_id"] == done["order_id"]
        assert found["open_deposit"]["waits_for_a_person"]
    assert [each["subject"] for each in kept] == [
        f"Order {done['order_id']} for {sandbox.account_name} is not paid yet"
    ]
    assert "sms.ovh" not in kept[0]["text"]
    leaping.sleep(86_400)
    check(run_id="tomorrow")
    assert len(kept) == 2
    sandbox.settle_order(done["order_id"], "cancelled")
    assert check()["decision"] == "order"


def test_an_order_for_which_ovh_asks_for_documents_is_reported_once_a_day(
    sandbox: SandboxProcess, kept: list[dict[str, str]]
) -> None:
    sandbox.account(creditsLeft=499)
    done = order(check())
    sandbox.settle_order(done["order_id"], "documentsRequested")
    for run in range(2):
        found = check(run_id=f"run_{run}")
        assert (found["decision"], found["open_deposit"]["status"]) == ("covered", "documents requested")
    (reminder,) = kept
    assert reminder["subject"] == f"OVH asks for documents for the order {done['order_id']} of {sandbox.account_name}"
    assert "Send them in OVH's manager" in reminder["text"]


def test_an_order_of_a_person_is_open_too(sandbox: SandboxProcess, kept: list[dict[str, str]]) -> None:
    sandbox.account(creditsLeft=499)
    theirs = OvhSmsHook().client.orders.create(500)
    found = check()
    assert (found["decision"], found["open_deposit"]["order_id"]) == ("covered", theirs.order_id)
    check(run_id="run_2")
    (reminder,) = kept
    assert reminder["subject"] == f"Order {theirs.order_id} for {sandbox.account_name} is not paid yet", "once a day"
    assert f"500 credits for {theirs.price_with_tax:.2f} EUR with tax" in reminder["text"]
    assert "orderPassword" not in str(kept)
    sandbox.account(creditsLeft=5000)
    assert check()["decision"] == "enough"


def test_an_account_without_sizes_orders_nothing(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=499)
    assert check(sizes=[], max_price=None)["decision"] == "no_orders"


def test_an_account_that_ovh_recredits_is_refused(sandbox: SandboxProcess) -> None:
    OvhSmsHook().client.account.set_recredit(100, 500)
    with pytest.raises(AccountRecredited, match="recredit: off"):
        check()


def test_each_check_is_kept_with_its_forecast(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=700)
    check()
    reading = ResultsHook().store.credit_readings.newest(sandbox.account_name)
    assert reading is not None
    assert (reading.credits, reading.enough) == (700, 500)
    assert reading.forecast
    assert reading.forecast["credits_left"] == 700


CAMPAIGN = """
description: d
sender: MYSHOP
kind: transactional
message: Bonjour
contacts: {file: contacts/a.csv}
budget: 10
"""


def test_the_campaigns_of_an_account_are_those_that_spend_its_credits(sandbox: SandboxProcess, tmp_path: Path) -> None:
    files = {
        "own": "",
        "named": f"account: {sandbox.account_name}\n",
        "other": "account: sms-zz1-1\n",
        "elsewhere": "connection: another\n",
    }
    for name, more in files.items():
        (tmp_path / f"{name}.yaml").write_text(CAMPAIGN + more, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("kind: ?")
    found = campaigns_of(str(tmp_path), "ovh_sms_default", sandbox.account_name)
    assert {each.name for each in found} == {"own", "named"}
    assert campaigns_of(None, "ovh_sms_default", sandbox.account_name) == []
