"""The examples of docs/operators.md do what the page says, on the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.hooks.sms import OvhSmsHook
from support.airflow_task import context
from support.campaign_runs import seconds_until
from support.pages import run_marked
from support.sandbox import SandboxProcess


def example(mark: str, name: str) -> Any:
    """The DAG of an example."""
    return run_marked("operators.md", mark)[name]()


@pytest.fixture
def by_day(sandbox: SandboxProcess) -> Iterator[None]:
    """OVH's clock stands at 10 in the morning: nothing waits for the end of the night."""
    sandbox.clock(offset=seconds_until("2026-11-27 10:00"))
    yield
    sandbox.clock(offset=0)


@pytest.mark.usefixtures("by_day")
def test_the_example_of_a_list_prepares_checks_uploads_sends_and_frees(sandbox: SandboxProcess, tmp_path: Path) -> None:
    dag = example("list", "sms_orders_ready")
    assert dag.get_task("upload_receivers").upstream_task_ids == {"prepare", "preflight"}
    assert dag.get_task("free_receivers").is_teardown
    path = tmp_path / "orders.csv"
    path.write_text("number;prenom\n0639980012;Anaïs\n0639980013;Tom\n", encoding="utf-8")

    def run(task_id: str, **given: Any) -> Any:
        task = dag.get_task(task_id)
        for name, value in given.items():
            setattr(task, name, value)
        return task.execute(context(task_id=task_id))

    prepared = run("prepare", contacts=str(path))
    assert run("preflight", prepared=prepared)["cost"] == 2
    receivers = run("upload_receivers", prepared=prepared)
    assert receivers["records"] == 2
    sent = run("send", receivers=receivers, prepared=prepared)
    assert sent["submitted"] == 2
    assert run("free_receivers", receivers=receivers)
    assert OvhSmsHook().client.receivers.ids() == []
    assert sandbox.truth(sent["tag"], account=sandbox.account_name)["accepted"] == 2


def test_the_example_of_a_cost_names_each_country_and_the_price_of_an_order(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    dag = example("estimate", "sms_cost_of_a_list")
    path = tmp_path / "customers.csv"
    numbers = [f"063998{at:04d}" for at in range(150)] + ["+32470123456"]
    path.write_text("\n".join(["number;prenom", *(f"{each};Tom" for each in numbers)]) + "\n", encoding="utf-8")
    prepare, estimate = dag.get_task("prepare"), dag.get_task("estimate")
    prepare.contacts = str(path)
    estimate.prepared = prepare.execute(context(task_id="prepare"))
    price = OvhSmsHook().client.orders.quote(152).price_with_tax
    assert dag.get_task("show").python_callable(estimate.execute(context(task_id="estimate"))) == [
        "FR: 150 people, 150.0 credits",
        "BE: 1 people, 1.9 credits",
        f"152 credits: {price} EUR",
    ]
    assert [each for each in sandbox.orders() if each["account"] == sandbox.account_name] == []


def test_the_example_of_an_order_orders_and_waits_for_its_credits(sandbox: SandboxProcess) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    dag = example("order", "sms_order_credits")
    wait = dag.get_task("wait")
    sandbox.account(creditsLeft=1_000)
    wait.order = dag.get_task("order").execute(context(task_id="order"))
    with pytest.raises(AirflowSkipException):
        wait.execute(context(task_id="wait"))
    sandbox.account(creditsLeft=999)
    ordered = dag.get_task("order").execute(context(task_id="order", run_id="run_2"))
    assert (ordered["ordered"], ordered["quantity"]) == (True, 5_000)
    (made,) = [each for each in sandbox.orders() if sandbox.account_name in str(each)]
    assert made["id"] == ordered["order_id"]
    sandbox.settle_order(made["id"])
    wait.order = ordered
    assert wait.execute(context(task_id="wait"))["credits_left"] == 5_999


def test_the_example_of_the_hook_reads_credits_and_senders(sandbox: SandboxProcess) -> None:
    check = example("hook", "sms_account_check").get_task("check").python_callable
    assert check(fewest_credits=1) == OvhSmsHook().client.account.get().credits_left
    with pytest.raises(ValueError, match=f"^{sandbox.account_name}: .* credits left; sender MYSHOP is enabled"):
        check(fewest_credits=10**9)
    with pytest.raises(ValueError, match="sender WAITING is "):
        check(sender="WAITING", fewest_credits=1)
