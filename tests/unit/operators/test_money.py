"""Money to the cent: an order and a campaign cost the same in the log, the results and the report as at OVH."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.build_report import BuildReportOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.report import words
from ovh_sms.report.language import ENGLISH
from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
from support.airflow_task import context
from support.logs import Log, log
from support.sandbox import SandboxProcess
from unit.operators.batch_runs import Run

__all__ = ["log"]

ROWS = 60
DAYS = 4 * 86_400


@pytest.fixture
def order(sandbox: SandboxProcess, log: Log) -> dict[str, Any]:
    """A delivered order whose price has a discount, as the sandbox's truth has it."""
    sandbox.features(discount_percent=13)
    try:
        made = OrderCreditsOperator(task_id="order", threshold=2000, quantity=1700, max_price=500).execute(context())
    finally:
        sandbox.features(discount_percent=0)
    sandbox.settle_order(made["order_id"])
    (truth,) = sandbox.truth(account=sandbox.account_name)["orders"]["by_account"][sandbox.account_name]
    assert truth["price_without_tax"] % 1, "cents that a rounded sum would lose"
    return {"made": made, "log": log.text, **truth}


def test_an_order_costs_what_ovh_bills_in_result_log_and_database(order: dict[str, Any]) -> None:
    kept = ResultsHook().store.orders.of(order["id"])
    assert kept is not None
    for name in ("price_with_tax", "price_without_tax"):
        assert round(order["made"][name], 2) == round(getattr(kept, name), 2) == round(order[name], 2), name
    priced = [line for line in order["log"].splitlines() if "price=" in line]
    assert len(priced) >= 2, "quoted and ordered"
    assert all(f"price={order['price_with_tax']} EUR" in line for line in priced), priced


def test_a_campaign_costs_its_share_of_the_order_in_log_results_and_report(
    sandbox: SandboxProcess, order: dict[str, Any], tmp_path: Path, log: Log
) -> None:
    run = Run(tmp_path, size=ROWS)
    sent = run.send(run.prepare(ROWS), 0)
    sandbox.clock(advance=DAYS)
    sensor = CollectOutgoingSensor(task_id="collect", submission=sent)
    collected = sensor.execute_complete(context(), {"status": "final", "message": "all final"})
    log.clear()
    report = BuildReportOperator(task_id="report", collected=collected).execute(context())

    credits_spent = sandbox.truth(account=sandbox.account_name)["credits"]
    money = credits_spent * order["price_without_tax"] / order["quantity"]
    figures = json.loads((Path(report["report"]).parent / "figures.json").read_text())
    assert figures["money_spent"] == pytest.approx(money, abs=0.0049)
    assert words.money(money, "EUR", ENGLISH) in Path(report["report"]).read_text()
    (logged,) = [line for line in log.text.splitlines() if line.startswith("money_spent=")]
    assert float(logged.removeprefix("money_spent=")) == pytest.approx(money, abs=0.0049)
