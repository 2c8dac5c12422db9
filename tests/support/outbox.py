"""Rows of the outbox for tests, and workers that send them."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.clock import SystemClock
from ovh_sms.idempotency.protocol import TaskTry
from ovh_sms.idempotency.remote_write import ReconcilePolicy
from ovh_sms.outbox.dispatch import OutboxCounts, OutboxDispatcher
from ovh_sms.outbox.queue import queue_rows
from ovh_sms.store.outbox_records import OutboxRow, QueuedSms
from ovh_sms.store.store import Store
from support.sandbox import SandboxProcess

NUMBERS = [f"+3363998{at:04d}" for at in range(10_000)]
TEXT = "Votre colis est parti."
SUBMIT = {"method": "POST", "path": "/sms/*/jobs"}
POST = "POST /sms/{serviceName}/jobs"


def sms(at: int = 0, **changes: Any) -> QueuedSms:
    """One SMS; its number and key follow from its place."""
    given: dict[str, Any] = {
        "key": f"order-{at}",
        "receiver": NUMBERS[at],
        "message": TEXT,
        "sender": "MYSHOP",
        "stop_clause": False,
    }
    return QueuedSms(**{**given, **changes})


def insert(store: Store, key: str, **changes: Any) -> None:
    """Write a row as a program does that knows SQL alone."""
    given = {"receiver": NUMBERS[0], "message": TEXT, "sender": "MYSHOP", "stop_clause": False, **changes}
    names = ["key", *given]
    statement = f"INSERT INTO ovh_sms_outbox ({', '.join(names)}) VALUES ({', '.join(f':{each}' for each in names)})"
    with store.database.writing() as connection:
        connection.execute(text(statement), {"key": key, **given})


class Outbox:
    """The outbox of a sandbox's account: rows come in, and workers of their own send them."""

    def __init__(self, sandbox: SandboxProcess, folder: Path) -> None:
        self.sandbox = sandbox
        self.store = Store(f"sqlite:///{folder}/results.sqlite")
        self.clock = SystemClock()

    def queue(self, *rows: QueuedSms) -> int:
        return queue_rows(self.store, rows, allow_fiction=True)

    def client(self) -> OvhSmsClient:
        keys = Credentials(
            endpoint=self.sandbox.endpoint,
            application_key=self.sandbox.keys.application_key,
            application_secret=self.sandbox.keys.application_secret,
            consumer_key=self.sandbox.keys.consumer_key,
        )
        return OvhSmsClient(credentials=keys, account=self.sandbox.account_name, calls_per_minute=60_000)

    def dispatcher(self, **changes: Any) -> OutboxDispatcher:
        given = {
            "client": self.client(),
            "store": self.store,
            "task": TaskTry(is_last=False, is_deferrable=True, log=logging.getLogger("test")),
            "policy": ReconcilePolicy(quiet_period=timedelta(seconds=2), reconcile_timeout=timedelta(seconds=6)),
            "clock": self.clock,
        }
        return OutboxDispatcher(**{**given, **changes})

    def send(self, **changes: Any) -> OutboxCounts:
        """Let a new worker send what is due."""
        return self.dispatcher(**changes).run()

    def settle(self, *, rounds: int = 12, seconds: float = 1.0) -> None:
        """Let workers come again and again, until no row waits."""
        for _ in range(rounds):
            self.clock.sleep(seconds)
            self.send()
            if not self.store.outbox.counts().get("pending"):
                return

    def row(self, at: int = 0) -> OutboxRow:
        found = self.store.outbox.get(f"order-{at}")
        assert found is not None
        return found

    def states(self) -> dict[str, int]:
        return self.store.outbox.counts()

    def sent(self) -> Counter[tuple[str, str]]:
        """How often each person was sent each text, from the sandbox's truth."""
        found = self.sandbox.messages(account=self.sandbox.account_name)
        return Counter((each["receiver"], each["message"]) for each in found)
