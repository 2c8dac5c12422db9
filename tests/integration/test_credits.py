"""Credits in a real Airflow: crossings start runs, people approve or reject, OVH refuses payments, one transfer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ovh_demo.local_airflow import ROOT, LocalAirflow
from support.airflow_task import connection
from support.sandbox import SandboxProcess

pytestmark = pytest.mark.timeout(1500)

TOPUP, BALANCE = "sms_credits_topup", "sms_credits_balance"
ENDED = {"success", "failed"}
#: Account files, by name: each has an SMS account of its own.
FILES = {
    "plain": "threshold: 1000\nquantity: 1000\nmax_price: 500\n",
    "asks": "threshold: 1000\nquantity: 1000\nmax_price: 500\napproval: {above: 1}\n",
    "late": "threshold: 1000\nquantity: 1000\nmax_price: 500\napproval: {above: 1, within_hours: 0.002}\n",
    "pays": "threshold: 1000\nquantity: 1000\nmax_price: 500\nmax_per_month: 1000\npay: default_method\n",
    "shop": "threshold: 1000\nquantity: 1000\nmax_price: 500\ntransfer: {from: central, keep: 2000}\n",
    "central": "recredit: off\n",
}


class PatientAirflow(LocalAirflow):
    """An Airflow on a machine that may be busy."""

    start_seconds = 400
    call_seconds = 120


@dataclass
class World:
    """An Airflow with both DAGs, and the sandbox with an account for each file."""

    airflow: LocalAirflow
    sandbox: SandboxProcess
    notices: Path

    def account(self, name: str) -> str:
        return f"sms-{name}-1"

    def hold(self, name: str, credits_left: float) -> None:
        self.sandbox.account(self.account(name), creditsLeft=credits_left)

    def orders(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.sandbox.orders() if each["account"] == self.account(name)]

    def states(self, run_id: str, name: str, dag_id: str = TOPUP) -> dict[str, str]:
        """States of the tasks of one account file, by their short names."""
        tasks = self.airflow.tasks(dag_id, run_id)
        return {task.partition(".")[2]: state for task, state in tasks.items() if task.startswith(f"{name}.")}

    def until(self, check: Callable[[], Any], seconds: float = 600) -> Any:
        end = time.monotonic() + seconds
        while not (found := check()):
            assert time.monotonic() < end, self._situation()
            time.sleep(0.5)
        return found

    def _situation(self) -> str:
        """The tasks of the newest runs, and what the parts of Airflow said last."""
        runs = [each["dag_run_id"] for each in self.airflow.runs(TOPUP)][:4]
        tasks = "\n".join(f"{run}: {self.airflow.tasks(TOPUP, run)}" for run in runs)
        said = self.airflow.log_file.read_text(encoding="utf-8", errors="replace")[-6_000:]
        return f"{tasks}\nsandbox calls: {self.sandbox.calls('GET /sms/{serviceName}')}\n{said}"

    def crossings(self) -> list[str]:
        """The runs that a crossing has started."""
        found = self.airflow.runs(TOPUP)
        return [each["dag_run_id"] for each in found if each["run_type"] == "asset_triggered"]

    def above(self, name: str) -> None:
        """Wait until the watch has read an account above its level, so that the next crossing counts."""
        before = self.sandbox.calls("GET /sms/{serviceName}")
        self.until(lambda: self.sandbox.calls("GET /sms/{serviceName}") >= before + 3 * len(FILES))

    def cross(self, name: str, credits_left: float) -> str:
        """Let an account fall below its level; returns the run that this starts."""
        known = set(self.crossings())
        self.hold(name, credits_left)
        return str(self.until(lambda: set(self.crossings()) - known).pop())

    def waiting(self, name: str) -> str | None:
        """The run that waits for the credits of an account."""
        runs = [each["dag_run_id"] for each in self.airflow.runs(TOPUP) if each["state"] == "running"]
        return next((run for run in runs if self.states(run, name).get("wait") == "deferred"), None)

    def balance(self, name: str) -> float:
        """Credits of an account, as the sandbox has them."""
        account = self.account(name)
        return float(self.sandbox.truth(account=account)["ledger"][account]["left"])

    def ended(self, run_id: str, dag_id: str = TOPUP) -> str:
        """Wait for the end of a run; returns its state."""

        def state() -> str | None:
            found = next(each["state"] for each in self.airflow.runs(dag_id) if each["dag_run_id"] == run_id)
            return found if found in ENDED else None

        return str(self.until(state))

    def answer(self, run_id: str, name: str, option: str) -> None:
        """Answer the question about an order as a person does, once Airflow has shown it for some time.

        Airflow 3.3 fails a task that is answered before its scheduler has seen that it waits: then it asks again.
        """

        def state() -> str | None:
            return self.states(run_id, name).get("approve")

        path = f"/dags/{TOPUP}/dagRuns/{run_id}/taskInstances/{name}.approve/-1/hitlDetails"
        ends = ("success", "up_for_retry")
        while True:
            self.until(lambda: state() == "awaiting_input")
            time.sleep(6)
            self.airflow.call("PATCH", path, chosen_options=[option], params_input={})
            if self.until(lambda: found if (found := state()) in ends else None) == "success":
                return

    def titles(self) -> list[str]:
        if not self.notices.exists():
            return []
        return [json.loads(line)["subject"] for line in self.notices.read_text(encoding="utf-8").splitlines()]

    def xcom(self, run_id: str, task_id: str, dag_id: str = TOPUP, map_index: int = -1) -> Any:
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/return_value"
        found = self.airflow.call("GET", f"{path}?map_index={map_index}&deserialize=false")["value"]
        return json.loads(found) if isinstance(found, str) else found

    def pay(self, name: str) -> None:
        """Pay the open order of an account as a person does; its credits come at once."""
        (unpaid,) = [each for each in self.orders(name) if each["status"] == "notPaid"]
        self.sandbox.pay_order(unpaid["id"])
        self.sandbox.clock(advance=600)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("credits")
    include, notices = folder / "include", folder / "notices.jsonl"
    (include / "accounts").mkdir(parents=True)
    path = json.dumps({"path": str(notices)})
    notify = f"notify: [{{notifier: support.notifiers.FileNotifier, arguments: {path}}}]\n"
    for name, text in FILES.items():
        more = f"account: sms-{name}-1\n{notify}"
        (include / "accounts" / f"{name}.yaml").write_text(text + more, encoding="utf-8")
    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        for name in FILES:
            sandbox.add_account(f"sms-{name}-1", creditsLeft=5000)
        env = {
            "AIRFLOW_CONN_OVH_SMS_DEFAULT": connection(sandbox),
            "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "tests" / "integration" / "credit_dags"),
            "PYTHONPATH": f"{ROOT / 'plugins'}:{ROOT / 'include'}:{ROOT / 'tests'}",
        }
        with PatientAirflow(folder / "airflow", include=include, env=env) as airflow:
            here = World(airflow, sandbox, notices)
            here.until(lambda: {TOPUP, BALANCE} <= airflow.dag_ids())
            for dag_id in (TOPUP, BALANCE):
                airflow.unpause(dag_id)
            yield here


@pytest.fixture(scope="module")
def first(world: World) -> str:
    """The account of the file ``plain`` falls below its level; returns the run that this starts."""
    # The planned run has found enough credits everywhere, and the watch has read the accounts above their levels.
    world.until(lambda: [each["state"] for each in world.airflow.runs(TOPUP)] == ["success"])
    world.until(lambda: world.sandbox.calls("GET /sms/{serviceName}") >= 15)
    assert world.crossings() == []
    assert world.sandbox.orders() == []
    return world.cross("plain", 900)


def test_a_crossing_starts_one_run_that_orders(world: World, first: str) -> None:
    world.until(lambda: world.states(first, "plain").get("wait") == "deferred")
    states = world.states(first, "plain")
    assert states == {"check": "success", "approve": "success", "order": "success", "wait": "deferred"}
    assert len(world.orders("plain")) == 1
    world.until(lambda: world.states(first, "pays").get("wait") == "skipped")
    skipped = dict.fromkeys(("approve", "order", "pay", "wait"), "skipped")
    assert world.states(first, "pays") == {"check": "success", **skipped}
    time.sleep(12)  # two reads more
    assert world.crossings() == [first], "one event for a crossing"
    assert world.titles() == [f"1,000 credits ordered for {world.account('plain')}"]


def test_runs_at_one_moment_make_one_order_and_one_transfer(world: World, first: str) -> None:
    world.hold("pays", 900)
    world.hold("shop", 300)
    runs = [world.airflow.trigger(TOPUP) for _ in range(2)]  # beside those that the crossings start
    owner = str(world.until(lambda: world.waiting("pays")))
    world.until(lambda: len(world.crossings()) > 1)
    for run in [*runs, *world.crossings()]:
        if run not in (first, owner):
            assert world.ended(run) == "success"
    assert len(world.orders("pays")) == 1
    assert len(world.orders("plain")) == 1, "its order is open"
    assert all(world.states(run, "plain")["order"] == "skipped" for run in runs)
    assert world.orders("shop") == [], "the transfer covers the need"
    assert (world.balance("shop"), world.balance("central")) == (1300, 4000), "one transfer, of a whole order"
    # No payment method is registered: a person must pay.
    assert world.xcom(owner, "pays.pay")["result"] == "no method"
    (order,) = world.orders("pays")
    assert f"Order {order['id']} for {world.account('pays')} could not be paid" in world.titles()
    world.pay("pays")
    assert world.ended(owner) == "success"


def test_a_payment_that_ovh_refuses_is_reported_and_left_to_a_person(world: World, first: str) -> None:
    world.sandbox.payment_method(pays="refused")
    run = world.cross("pays", 900)  # its credits came and went, perhaps between two readings of the watch
    world.until(lambda: world.states(run, "pays").get("wait") == "deferred")
    assert world.states(run, "pays")["pay"] == "success"
    paid = world.xcom(run, "pays.pay")
    assert paid["result"] == "refused"
    assert paid["reason"]
    newest = world.orders("pays")[-1]
    assert f"Order {newest['id']} for {world.account('pays')} could not be paid" in world.titles()
    world.pay("pays")
    assert world.ended(run) == "success"
    assert world.xcom(run, "pays.wait")["credits_left"] == 1900


@pytest.mark.parametrize("name", ["asks", "late"])
def test_an_order_that_nobody_approves_is_not_made(world: World, first: str, name: str) -> None:
    run = world.cross(name, 900)
    if name == "asks":
        world.answer(run, name, "Reject")
    assert world.ended(run) == "success"
    done = {"check": "success", "approve": "success", "order": "skipped", "wait": "skipped"}
    assert world.states(run, name) == done
    assert world.orders(name) == []
    answer = world.xcom(run, f"{name}.approve")
    assert answer["approved"] is False
    assert (answer["by"] is None) == (name == "late"), "nobody answered in time"
    assert f"The order for {world.account(name)} was not approved" in world.titles()
    world.hold(name, 5000)


def test_an_order_is_made_once_a_person_approves_it(world: World, first: str) -> None:
    world.above("asks")
    run = world.cross("asks", 900)
    world.until(lambda: world.states(run, "asks").get("approve") == "awaiting_input")
    again = world.airflow.trigger(TOPUP)
    world.until(lambda: world.states(again, "asks").get("order") == "skipped")
    assert world.states(again, "asks")["approve"] == "skipped", "nobody is asked twice for one need"
    assert any(each.endswith("with tax, waiting for approval") for each in world.titles())
    world.answer(run, "asks", "Approve")
    world.until(lambda: world.states(run, "asks").get("wait") == "deferred")
    (made,) = world.orders("asks")
    assert world.xcom(run, "asks.order")["order_id"] == made["id"]
    world.sandbox.settle_order(made["id"])
    assert world.ended(run) == "success"


def test_the_first_run_ends_once_the_credits_arrived_and_the_next_crossing_orders_again(
    world: World, first: str
) -> None:
    world.pay("plain")
    assert world.ended(first) == "success"
    assert world.xcom(first, "plain.wait")["credits_left"] == 1900
    events = world.airflow.call("GET", "/assets/events?limit=100")["asset_events"]
    arrived = [each["extra"] for each in events if each["name"] == "ovh_sms_credits_arrived"]
    assert world.account("plain") in {each["account"] for each in arrived}
    world.above("plain")
    world.cross("plain", 10)
    world.until(lambda: len(world.orders("plain")) == 2)


def test_the_balance_makes_one_transfer_for_a_need(world: World, first: str) -> None:
    before = world.balance("central")
    world.hold("shop", 1001)
    world.above("shop")
    world.airflow.call("PATCH", f"/dags/{TOPUP}", is_paused=True)  # it would transfer too
    world.hold("shop", 950)
    run = world.airflow.trigger(BALANCE)
    assert world.ended(run, BALANCE) == "success"
    assert (world.balance("shop"), world.balance("central")) == (1950, before - 1000)
    made = world.xcom(run, "transfer", BALANCE, 0)
    assert (made["source_before"], made["source_after"]) == (before, before - 1000)
    assert (made["target_before"], made["target_after"]) == (950, 1950)
    world.hold("central", 2500)
    world.hold("shop", 300)
    run = world.airflow.trigger(BALANCE)
    assert world.ended(run, BALANCE) == "success"
    assert (world.balance("shop"), world.balance("central")) == (300, 2500), "it keeps 2,000 and cannot cover 700"
