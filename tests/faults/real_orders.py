"""Orders of credits in a real Airflow, beside the campaigns; each is paid as soon as its run is over."""

from __future__ import annotations

from typing import Any

from faults.credit_runs import LEAST_ORDERED
from faults.real_runs import ENDED, HastyAirflow, RealRun
from support.sandbox import SandboxProcess

#: As many DAGs that order are there; each orders another number of credits.
ORDERS = 8


class RealOrder(RealRun):
    """One run that orders credits.

    :param number: from 0.
    """

    task = "order"
    #: Each has a need of its own, so no other run's order covers it.
    order_id: int | None = None
    covered_by = ""

    def __init__(self, airflow: HastyAirflow, number: int) -> None:
        self.airflow = airflow
        self.name = f"topup{number}"
        self.quantity = LEAST_ORDERED + number
        self.dag_id = f"sms_topup_{self.quantity}"
        self.run_id = ""
        self.resolved = {}
        self.errors = {}
        self.sent = False
        self.over = False

    def update(self, tasks: list[dict[str, Any]]) -> bool:
        """Read the state of its task; returns whether it has ended."""
        mine = [each for each in tasks if each["dag_id"] == self.dag_id]
        failed = [each for each in mine if each["state"] == "failed"]
        self.errors = {(each["task_id"], -1): self._error(each) for each in failed}
        self.sent = bool(mine) and all(each["state"] == "success" for each in mine)
        state = self.airflow.ask("GET", f"/dags/{self.dag_id}/dagRuns/{self.run_id}")["state"]
        self.over = state in ("success", "failed") and all(each["state"] in ENDED for each in mine)
        return self.over

    def mend(self) -> None:
        if self.errors:
            self.clear([self.task])

    def there(self, sandbox: SandboxProcess, tag: str) -> int:
        return sum(order["quantity"] == self.quantity for order in sandbox.orders())


def pay(sandbox: SandboxProcess, orders: list[RealOrder]) -> None:
    over = {order.quantity for order in orders if order.over}
    for made in sandbox.orders():
        if made["status"] == "notPaid" and made["quantity"] in over:
            sandbox.settle_order(made["id"])
