"""The DAGs of credits as Airflow reads them: their tasks, their order, and the crossings that start them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Bag = Callable[[Path | None], "object"]


@pytest.fixture(scope="module", autouse=True)
def database() -> None:
    from airflow.utils.db import initdb

    initdb()


@pytest.fixture
def bag(monkeypatch: pytest.MonkeyPatch) -> Bag:
    from airflow.dag_processing.dagbag import DagBag

    def read(include: Path | None = None) -> object:
        if include is not None:
            monkeypatch.setenv("OVH_SMS_INCLUDE", str(include))
            monkeypatch.setenv("OVH_SMS_DATA", str(include / "data"))
        return DagBag(dag_folder=str(ROOT / "dags"))

    return read


def test_a_run_that_waits_for_a_payment_does_not_hold_up_the_next_check(bag) -> None:
    assert bag().dags["sms_credits_topup"].max_active_runs >= 16


ACCOUNT = "threshold: 100\nquantity: 1000\nmax_price: 500\nmax_per_month: 900\n"


def accounts(folder: Path, **files: str) -> Path:
    """Write account files; returns the folder that holds theirs."""
    (folder / "accounts").mkdir(parents=True)
    for name, text in files.items():
        (folder / "accounts" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_the_order_of_a_top_up(bag, tmp_path: Path) -> None:
    paid = ACCOUNT + "account: sms-aa1-1\npay: default_method\ntransfer: {from: central}\n"
    files = {
        "central": "account: sms-aa1-2\nrecredit: off\n",
        "plain": ACCOUNT + "account: sms-aa1-3\nrecredit: off\n",
        "paid": paid,
        "taps": "account: sms-aa1-4\nrecredit: {threshold: 100, quantity: 500}\n",
        "fed": "account: sms-aa1-5\nthreshold: 5\ntransfer: {from: central}\nrecredit: off\n",
    }
    dag = bag(accounts(tmp_path, **files)).dags["sms_credits_topup"]
    upstream = {task.task_id: set(task.upstream_task_ids) for task in dag.tasks}
    assert upstream == {
        "plan_transfers": set(),
        "transfer": {"plan_transfers"},
        "transfers_done": {"transfer"},
        "central.set_recredit": set(),
        "plain.set_recredit": set(),
        "plain.check": {"plain.set_recredit"},
        "plain.approve": {"plain.check"},
        "plain.order": {"plain.approve", "plain.check"},
        "plain.wait": {"plain.order"},
        "paid.check": {"transfer"},
        "paid.approve": {"paid.check"},
        "paid.order": {"paid.approve", "paid.check"},
        "paid.pay": {"paid.order"},
        "paid.wait": {"paid.pay", "paid.order"},
        "taps.set_recredit": set(),
        "fed.set_recredit": set(),
        "fed.check": {"fed.set_recredit", "transfer"},
    }
    assert dag.get_task("paid.check").trigger_rule == "all_done", "a transfer that failed leaves the need to an order"
    assert dag.get_task("transfer").is_mapped
    assert dag.get_task("transfers_done").trigger_rule == "none_failed", "a transfer that failed makes the run red"
    plain = ("approve", "transfers_done")
    assert all(task.has_retry_policy for task in dag.tasks if task.task_id.rpartition(".")[2] not in plain)


def test_a_crossing_of_each_account_starts_the_top_up(bag, tmp_path: Path) -> None:
    files = {"a": ACCOUNT + "account: sms-aa1-1", "b": "account: sms-aa1-2\nrecredit: off"}
    timetable = bag(accounts(tmp_path, **files)).dags["sms_credits_topup"].timetable
    (asset,) = timetable.asset_condition.objects
    assert asset.name == "ovh_sms_credits_low"
    (watcher,) = asset.watchers
    path, given = watcher.trigger.serialize()
    assert path == "ovh_sms.triggers.credits_low.CreditsLowTrigger"
    assert (watcher.name, given["name"], given["account"], given["threshold"]) == ("a", "a", "sms-aa1-1", 100)
    timetable = bag(accounts(tmp_path / "none", b="recredit: off")).dags["sms_credits_topup"].timetable
    assert timetable.expression == "0 7 * * *"


def test_two_files_for_one_account_order_nothing(bag, tmp_path: Path) -> None:
    from ovh_sms.errors import CampaignFileError

    shutil.copytree(ROOT / "include" / "accounts", tmp_path / "accounts")
    shutil.copy(tmp_path / "accounts" / "default.yaml", tmp_path / "accounts" / "shop.yaml")
    dag = bag(tmp_path).dags["sms_credits_topup"]
    assert set(dag.task_ids) == {"default.invalid_file", "shop.invalid_file"}
    for task in dag.tasks:
        with pytest.raises(CampaignFileError, match="same SMS account"):
            task.execute({})
