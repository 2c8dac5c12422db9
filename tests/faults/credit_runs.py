"""Runs that order, pay and transfer credits, all of them for one need."""

from __future__ import annotations

from typing import Any

from faults.campaigns import Place, Steps, Tasks
from faults.plans import Plan
from faults.single import ACCOUNT, CONNECTIONS, SOURCE
from ovh_sms.credits.needs import Need, need_key
from support.sandbox import SandboxProcess

#: Credits of the first order or transfer of a plan; the next one has one more.
LEAST_ORDERED = 100
#: No account ever holds so many.
NEVER_ENOUGH = 10**7


def need(account: str = ACCOUNT, number: int = 0) -> dict[str, Any]:
    """A need as a check of the account hands it on: the same for each run and each try."""
    return Need(key=need_key(account, number), account=account, number=number).to_xcom()


def order_check(quantity: int, number: int = 0) -> dict[str, Any]:
    """A check that has decided to order so many credits."""
    return {
        "need": need(number=number),
        "needs_approval": False,
        "quote": {"quantity": quantity},
        "price_limit": 1000.0,
        "level": {"enough": NEVER_ENOUGH, "account": ACCOUNT},
        "max_per_month": None,
    }


class CreditRun(Tasks):
    """One run of one task that makes a write of credits."""

    task_id = "order"

    @property
    def quantity(self) -> int:
        return LEAST_ORDERED + self.number

    def everything(self) -> Steps:
        raise NotImplementedError

    def mend(self) -> Steps:
        """Clear the task that failed."""
        if self.errors:
            yield from self.everything()

    @property
    def result(self) -> dict[str, Any]:
        """The result of its write; empty if there is none."""
        found: dict[str, Any] = self.results.get((self.task_id, -1)) or {}
        return found

    @property
    def sent(self) -> bool:
        return bool(self.result) and not self.errors

    def there(self, sandbox: SandboxProcess) -> int:
        """How often OVH has executed its write."""
        raise NotImplementedError


class OrderRun(CreditRun):
    """One run that orders credits."""

    def everything(self) -> Steps:
        yield from self.task("order", check=order_check(self.quantity))

    @property
    def order_id(self) -> int | None:
        """OVH's id of the order that covers the need, by the run's own result."""
        return (self.results.get(("order", -1)) or {}).get("order_id")

    @property
    def covered_by(self) -> str:
        """``transfer`` if one covers the need."""
        return (self.results.get(("order", -1)) or {}).get("covered_by") or ""

    def there(self, sandbox: SandboxProcess) -> int:
        return sum(order["quantity"] == self.quantity for order in sandbox.orders())


class PayRun(OrderRun):
    """One run that orders credits and pays the order."""

    task_id = "pay"

    def everything(self) -> Steps:
        """Order once; a later Clear is that of the payment."""
        ordered = ("order", -1) in self.results and ("order", -1) not in self.errors
        if ordered or (yield from self.task("order", check=order_check(self.quantity))):
            yield from self.task("pay", order=self.results["order", -1])

    def there(self, sandbox: SandboxProcess) -> int:
        if ("pay", -1) not in self.errors:
            return super().there(sandbox)
        orders = [order for each in sandbox.truth()["orders"]["by_account"].values() for order in each]
        return sum(p["accepted"] for each in orders if each["id"] == self.order_id for p in each["payments"])


class TransferRun(CreditRun):
    """One run that transfers credits."""

    task_id = "transfer"

    @property
    def accounts(self) -> tuple[str, str]:
        """The account that gives, and the one that gets."""
        return (ACCOUNT, SOURCE) if self.plan.flipped else (SOURCE, ACCOUNT)

    def everything(self) -> Steps:
        source, target = self.accounts
        ids = {"ovh_sms_conn_id": CONNECTIONS[source], "target_conn_id": CONNECTIONS[target]}
        given = {"credits_wanted": self.quantity, "enough": NEVER_ENOUGH, "keep": 0, "need": need(target)}
        yield from self.task("transfer", account=source, target=target, **ids, **given)

    def there(self, sandbox: SandboxProcess) -> int:
        return sum(each["credits"] == self.quantity for each in sandbox.truth()["transfers"])


def credit_runs(place: Place, plan: Plan) -> tuple[list[OrderRun], list[PayRun], list[TransferRun]]:
    """The runs of a plan that order, pay and transfer."""
    return (
        [OrderRun(place, plan, i, f"o{plan.number}x{i}") for i in range(plan.orders)],
        [PayRun(place, plan, i, f"p{plan.number}x{i}") for i in range(plan.payments)],
        [TransferRun(place, plan, i, f"t{plan.number}x{i}") for i in range(plan.transfers)],
    )
