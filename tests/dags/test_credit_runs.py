"""Real runs of the DAGs of credits: one order for each need, within the limits of the account file."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.airflow_task import connection
from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess

ACCOUNT = "threshold: 1000\nquantity: 1000\nmax_price: 500\nmax_per_month: 1500\n"
BEGIN = """
from support.credit_runs import asset_events, meanwhile, run, xcom
from support.sandbox import SandboxProcess
sandbox = SandboxProcess("unused")
sandbox.control, sandbox.account_name = sys.argv[2], {account!r}
"""


def airflow(code: str, folder: Path, sandbox: SandboxProcess, accounts: dict[str, str], **env: str) -> Any:
    """Run code beside an Airflow that reads these account files."""
    for name in ("dags", "include/accounts", "include/campaigns"):
        (folder / name).mkdir(parents=True)
    for dag in ("sms_credits_topup", "sms_credits_balance"):
        (folder / "dags" / f"{dag}.py").write_text((ROOT / "dags" / f"{dag}.py").read_text(), encoding="utf-8")
    for name, text in accounts.items():
        (folder / "include" / "accounts" / f"{name}.yaml").write_text(text, encoding="utf-8")
    begin = BEGIN.format(account=sandbox.account_name)
    env["AIRFLOW_CONN_CENTRAL"] = connection(sandbox, account=f"{sandbox.account_name}9")
    return json.loads(run_in_airflow(begin + code, folder, sandbox, **env))


ONE_ORDER_FOR_EACH_NEED = """
found = {"enough": run(bag)["tasks"]}
sandbox.account(creditsLeft=900)
found["crossing"] = first = run(bag)
found["check"] = xcom(first["run_id"], "main.check")
found["order"] = xcom(first["run_id"], "main.order")
found["orders"] = [len(sandbox.orders())]
found["unpaid"] = [run(bag) for _ in range(10)]
found["orders"].append(len(sandbox.orders()))
sandbox.pay_order(sandbox.orders()[0]["id"])
sandbox.clock(advance=600)
found["paid"] = run(bag)["tasks"]
sandbox.account(creditsLeft=10)
def settle(orders):
    sandbox.pay_order(orders[0]["id"])
    sandbox.clock(advance=600)
waits = lambda: [each for each in sandbox.orders() if each["status"] == "notPaid"]
paying = meanwhile(waits, settle)
found["again"] = again = run(bag, leave_wait=False)
found["arrived"] = xcom(again["run_id"], "main.wait")
found["orders"].append(len(sandbox.orders()))
print(json.dumps(found))
"""


def test_a_crossing_makes_one_order_and_the_next_one_another(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        kept = {"path": str(tmp_path / "notices.jsonl")}
        notify = f"notify: [{{notifier: support.notifiers.FileNotifier, arguments: {json.dumps(kept)}}}]\n"
        sandbox.account(creditsLeft=5000)
        found = airflow(ONE_ORDER_FOR_EACH_NEED, tmp_path, sandbox, {"main": ACCOUNT + notify})
    skipped = {"main.check": "success", **dict.fromkeys(("main.approve", "main.order", "main.wait"), "skipped")}
    assert found["enough"] == skipped
    assert set(found["crossing"]["tasks"].values()) == {"success"}
    assert found["check"]["decision"] == "order"
    order = found["order"]
    assert (order["ordered"], order["quantity"]) == (True, 1000)
    assert 0 < order["price_without_tax"] < order["price_with_tax"] <= 500
    assert [each["tasks"] for each in found["unpaid"]] == [skipped] * 10
    assert {each["state"] for each in found["unpaid"]} == {"success"}, "green while a person must pay"
    assert found["paid"] == skipped
    assert set(found["again"]["tasks"].values()) == {"success"}
    assert found["arrived"]["credits_left"] == 1010
    assert found["orders"] == [1, 1, 2]
    titles = [json.loads(line)["subject"] for line in (tmp_path / "notices.jsonl").read_text().splitlines()]
    first, reminder, second = titles
    assert (first, second) == (f"1,000 credits ordered for {sandbox.account_name}",) * 2
    assert reminder == f"Order {order['order_id']} for {sandbox.account_name} is not paid yet", "once a day"
    # OVH's link carries a password: it is in the results alone.
    with closing(sqlite3.connect(tmp_path / "data" / "results.sqlite")) as results:
        links = [url for (url,) in results.execute("SELECT url FROM ovh_sms_orders")]
    assert len(links) == 2
    assert all("orderPassword=" in link for link in links)
    for path in (tmp_path / "process.log", tmp_path / "airflow.db", tmp_path / "notices.jsonl"):
        assert b"orderPassword" not in path.read_bytes(), path


OVER_THE_CAP = """
from ovh_sms.hooks.sms import OvhSmsHook
sandbox.account(creditsLeft=900)
made = OvhSmsHook().client.orders.create(1000)
sandbox.settle_order(made.order_id)
sandbox.account(creditsLeft=900)
found = run(bag)
print(json.dumps({**found, "orders": len(sandbox.orders()), "price": made.price_with_tax}))
"""


def test_an_order_over_the_months_cap_is_refused_with_figures(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        capped = ACCOUNT.replace("max_price: 500", "max_price: 100").replace("1500", "100")
        found = airflow(OVER_THE_CAP, tmp_path, sandbox, {"main": capped})
    assert found["tasks"]["main.check"] == "failed"
    assert {found["tasks"][f"main.{each}"] for each in ("approve", "order", "wait")} == {"upstream_failed"}
    assert found["orders"] == 1
    logs = (tmp_path / "process.log").read_text(encoding="utf-8")
    assert "The order costs" in logs
    assert f"cost {found['price']:.2f} already, and the maximum for a month is 100.00" in logs


APPROVED_BY_NOBODY = """
sandbox.account(creditsLeft=900)
found = run(bag, by_hand=r".*\\.approve")
print(json.dumps({**found, "orders": len(sandbox.orders())}))
"""


def test_an_approval_that_is_marked_as_successful_by_hand_orders_nothing(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        found = airflow(APPROVED_BY_NOBODY, tmp_path, sandbox, {"main": ACCOUNT + "approval: {above: 1}\n"})
    assert (found["tasks"]["main.approve"], found["tasks"]["main.order"]) == ("success", "failed")
    assert found["orders"] == 0
    assert "Nobody has approved it" in (tmp_path / "process.log").read_text(encoding="utf-8")


LATE_CREDITS = """
from datetime import timedelta
from ovh_sms.credits import arrival
arrival.ARRIVE_WITHIN = timedelta(0)
found = {}
for name, late in (("seen", 0), ("unseen", 36_000)):
    sandbox.account(creditsLeft=900)
    sandbox.features(credit_seconds=late)
    def settle(orders):
        sandbox.settle_order(orders[0]["id"])
    meanwhile(lambda: [each for each in sandbox.orders() if each["status"] == "notPaid"], settle)
    done = run(bag, leave_wait=False)
    found[name] = {**xcom(done["run_id"], "main.wait"), "state": done["state"]}
    found[name]["events"] = [each["order_id"] for each in asset_events("ovh_sms_credits_arrived")]
print(json.dumps(found))
"""


def test_credits_that_nobody_has_seen_update_no_asset(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        found = airflow(LATE_CREDITS, tmp_path, sandbox, {"main": ACCOUNT})
    assert (found["seen"]["arrived"], found["unseen"]["arrived"]) == (True, False)
    assert {each["state"] for each in found.values()} == {"success"}
    assert found["seen"]["events"] == found["unseen"]["events"] == [found["seen"]["order_id"]]


WAITS = """
from datetime import timedelta
dag = bag.dags["sms_campaign_spring"]
dag.get_task("preflight").poll_interval = timedelta(seconds=2)
print(json.dumps({"state": str(dag.test().state)}))
"""
TOPS_UP = """
found = run(bag)
found["check"] = xcom(found["run_id"], "main.check")
sandbox.settle_order(sandbox.orders()[0]["id"])
found["orders"] = [each["quantity"] for each in sandbox.orders()]
print(json.dumps(found))
"""
SPRING = """
kind: transactional
night: send
sender: MYSHOP
message: Bonjour
contacts: {file: contacts/spring.csv}
budget: 10
wait_for_credits: 1
"""


@pytest.mark.timeout(600)
def test_a_campaign_that_waits_for_credits_has_them_ordered_and_goes_on(tmp_path: Path) -> None:
    campaign, topup = tmp_path / "campaign", tmp_path / "topup"
    numbers = "".join(f"063998000{at}\n" for at in range(4))
    for name, text in (("campaigns/spring.yaml", SPRING), ("contacts/spring.csv", f"numero\n{numbers}")):
        (campaign / "include" / name).parent.mkdir(parents=True)
        (campaign / "include" / name).write_text(text, encoding="utf-8")
    (campaign / "dags").mkdir()
    (campaign / "dags" / "sms_campaigns.py").write_text((ROOT / "dags" / "sms_campaigns.py").read_text())
    results = campaign / "data" / "results.sqlite"
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox, ThreadPoolExecutor(1) as pool:
        sandbox.account(creditsLeft=3)
        sends = pool.submit(run_in_airflow, WAITS, campaign, sandbox)
        try:
            until(lambda: sends.done() or waiting(results))
            assert not sends.done(), sends.result()
            level = {"main": "threshold: 1\nquantity: 100\nmax_price: 500\n"}
            found = airflow(TOPS_UP, topup, sandbox, level, OVH_SMS_DATA=str(campaign / "data"))
            assert json.loads(sends.result(300))["state"] == "success"
            assert len(sandbox.messages()) == 4
        finally:
            sandbox.account(creditsLeft=100)  # a test that fails leaves no run that waits
    known = found["check"]["level"]
    assert (found["check"]["decision"], known["credits_left"], known["enough"]) == ("order", 3, 5)
    assert [(each["dag_id"], each["credits"]) for each in known["waiting"]] == [("sms_campaign_spring", 4)]
    assert found["orders"] == [100]


def waiting(results: Path) -> bool:
    """Whether a run waits for credits."""
    try:
        with closing(sqlite3.connect(f"file:{results}?mode=ro", uri=True)) as kept:
            return bool(kept.execute("SELECT 1 FROM ovh_sms_reservations WHERE waits_until IS NOT NULL").fetchall())
    except sqlite3.OperationalError:  # the file, or the table, is not there yet
        return False


def until(check: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    end = time.monotonic() + 300
    while not check():
        assert time.monotonic() < end
        time.sleep(0.2)


UNKNOWN_TRANSFER = """
from datetime import timedelta
from ovh_sms.errors import OutcomeUnknown
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.idempotency.remote_write import ReconcilePolicy
from unit.credits.desk import TRANSFER, Desk
desk = Desk(sandbox, ResultsHook().store, sandbox.account_name + "9")
desk.policy = ReconcilePolicy(quiet_period=timedelta(seconds=2), reconcile_timeout=timedelta(seconds=6))
sandbox.add_account(desk.central, creditsLeft=9000)
sandbox.account(creditsLeft=50)
desk.lost("reset_before", TRANSFER, desk.transfer)
desk.client(desk.central).account.set_recredit(10, 1000)  # an unchanged balance proves nothing
try:
    desk.transfer()
except OutcomeUnknown:
    pass
desk.client(desk.central).account.set_recredit(0, None)
found = {"tag": desk.attempts()[0]["tag"], "short": run(bag)}
sandbox.account(creditsLeft=5000)
found["enough"] = run(bag)
print(json.dumps({**found, "orders": len(sandbox.orders()), "transfers": desk.transfers()}))
"""


def test_a_transfer_with_an_unknown_outcome_makes_each_run_red_until_it_is_resolved(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        name = sandbox.account_name
        files = {
            "central": f"connection: central\naccount: {name}9\nrecredit: off\n",
            "shop": f"account: {name}\n{ACCOUNT}transfer: {{from: central}}\n",
        }
        found = airflow(UNKNOWN_TRANSFER, tmp_path, sandbox, files)
    for each in (found["short"], found["enough"]):
        assert each["state"] == "failed"
        assert (each["tasks"]["transfer[0]"], each["tasks"]["transfers_done"]) == ("failed", "upstream_failed")
    short, enough = (found[each]["tasks"] for each in ("short", "enough"))
    assert short["shop.check"] == "failed", "not green as if the need were covered"
    assert short["shop.approve"] == "upstream_failed", "nobody is asked about an order that would be refused"
    assert (enough["shop.check"], enough["shop.order"]) == ("success", "skipped")
    assert (found["orders"], found["transfers"]) == (0, [])
    logs = (tmp_path / "process.log").read_text(encoding="utf-8")
    assert f"transferred to {name} for this need (tag {found['tag']})" in logs


RECREDIT_OFF = """
from ovh_sms.hooks.sms import OvhSmsHook
central = sandbox.account_name + "9"
sandbox.add_account(central, creditsLeft=9000)
sandbox.account(creditsLeft=5000)
OvhSmsHook().client.account.set_recredit(100, 500)
found = run(bag)
print(json.dumps({**found, "is_recredited": OvhSmsHook().client.account.get().is_recredited}))
"""


def test_ovhs_recredit_is_switched_off_although_nothing_is_transferred(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path / "sandbox", start=None) as sandbox:
        name = sandbox.account_name
        shop = f"account: {name}\n{ACCOUNT}transfer: {{from: central}}\nrecredit: off\n"
        files = {"central": f"connection: central\naccount: {name}9\nrecredit: off\n", "shop": shop}
        found = airflow(RECREDIT_OFF, tmp_path, sandbox, files)
    assert found["tasks"]["plan_transfers"] == "success"
    assert found["tasks"]["transfer"] == "skipped"
    assert (found["tasks"]["shop.set_recredit"], found["tasks"]["shop.check"]) == ("success", "success")
    assert not found["is_recredited"]
