"""Orders, payments and transfers of credits as operators make them, and the sandbox's truth about them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.clock import SystemClock
from ovh_sms.credits.needs import Need, current_need
from ovh_sms.credits.order import OrderRequest, order_credits
from ovh_sms.credits.pay import pay_order
from ovh_sms.credits.results import OrderResult, PayResult, TransferResult
from ovh_sms.credits.transfer import TransferRequest, transfer_credits
from ovh_sms.errors import OutcomeUnknown
from ovh_sms.hooks.sms import CallClass, OvhSmsHook, client_of
from ovh_sms.idempotency.protocol import ReconcileWait, TaskTry
from ovh_sms.idempotency.remote_write import ReconcilePolicy
from ovh_sms.store.models import Resolution
from ovh_sms.store.store import Store
from support.sandbox import SandboxProcess

ORDER = {"method": "POST", "path": "/order/sms/*/credits"}
PAY = {"method": "POST", "path": "/me/order/*/pay"}
TRANSFER = {"method": "POST", "path": "/sms/*/transferCredits"}
POLICY = ReconcilePolicy(quiet_period=timedelta(seconds=20), reconcile_timeout=timedelta(seconds=80))


class Desk:
    """Makes writes of credits, each with clients of its own as a task has."""

    def __init__(self, sandbox: SandboxProcess, store: Store, central: str) -> None:
        self.sandbox = sandbox
        self.store = store
        self.central = central
        self.account = sandbox.account_name
        self.policy = POLICY
        #: Whether the next writes are made by tasks that wait without a process.
        self.deferrable = False

    def client(self, account: str | None = None) -> OvhSmsClient:
        settings = replace(OvhSmsHook().settings, account=account or self.account)  # one key for both accounts
        return client_of(settings, call_class=CallClass.WRITE)

    def need(self, account: str | None = None) -> Need:
        return current_need(self.client(account), self.store, SystemClock())

    def order(
        self, *, run: str = "run_1", need: Need | None = None, account: str | None = None, **given: Any
    ) -> OrderResult:
        asked = {"quantity": 1000, "max_price": 500.0, "enough": 100.0, **given}
        return order_credits(
            OrderRequest(**asked),
            need=need or self.need(account),
            run=run,
            client=self.client(account),
            **self._around(),
        )

    def pay(self, order_id: int, *, account: str | None = None) -> PayResult:
        return pay_order(order_id, client=self.client(account), **self._around())

    def transfer(
        self, *, run: str = "run_1", need: Need | None = None, source: str = "", target: str = "", **given: Any
    ) -> TransferResult:
        asked = {"credits": 1000.0, "keep": 500.0, "enough": 100.0, **given}
        return transfer_credits(
            TransferRequest(**asked),
            need=need or self.need(target or self.account),
            run=run,
            source=self.client(source or self.central),
            target=self.client(target or self.account),
            **self._around(),
        )

    def _around(self) -> dict[str, Any]:
        task = TaskTry(is_last=False, is_deferrable=self.deferrable, log=logging.getLogger("credits"))
        return {"store": self.store, "task": task, "policy": self.policy, "clock": SystemClock()}

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Writes in this block must end with a wait: another process makes the same."""
        self.deferrable = True
        try:
            with pytest.raises(ReconcileWait):
                yield
        finally:
            self.deferrable = False

    def lost(self, kind: str, call: dict[str, str], make: Callable[[], object], **fault: Any) -> None:
        """Make a write whose answer is lost."""
        self.sandbox.fault(kind, **call, **fault)
        with pytest.raises(OutcomeUnknown):
            make()

    def resolve(self, way: str, *, although_credits_are_gone: bool = False) -> None:
        """Resolve the one outcome that is unknown, as ``ovh-sms resolve`` does."""
        (attempt,) = [each for each in self.attempts() if each["state"] == "unknown"]
        made = Resolution(
            way=way, by="a person", at="2026-03-03T10:00:00+00:00", although_credits_are_gone=although_credits_are_gone
        )
        self.store.attempts.resolve(attempt["tag"], attempt["question"]["code"], made)

    def attempts(self) -> list[dict[str, Any]]:
        """The rows of the journal."""
        from sqlalchemy import select

        from ovh_sms.store.tables import attempts

        with self.store.database.reading() as connection:
            return [dict(row) for row in connection.execute(select(attempts)).mappings()]

    def truth(self, account: str | None = None) -> dict[str, Any]:
        found: dict[str, Any] = self.sandbox.truth(account=account or self.account)
        return found

    def orders(self, account: str | None = None) -> list[dict[str, Any]]:
        """The account's orders that exist."""
        made: list[dict[str, Any]] = self.truth(account)["orders"]["by_account"].get(account or self.account, [])
        return made

    def taken(self, order_id: int) -> int:
        """How many payments of an order OVH has taken."""
        (order,) = [each for each in self.orders() if each["id"] == order_id]
        return sum(each["accepted"] for each in order["payments"])

    def transfers(self, account: str | None = None) -> list[float]:
        """Credits of each transfer from or to an account."""
        return [each["credits"] for each in self.truth(account)["transfers"]]

    def left(self, account: str | None = None) -> float:
        return self.client(account).account.get().credits_left

    def close(self) -> None:
        self.store.close()
