"""Users as operators change them, and the sandbox's truth about them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from ovh_sms.accounts.apply_users import UserChangesMade, apply_users, read_difference
from ovh_sms.accounts.difference import Difference
from ovh_sms.api.client import OvhSmsClient
from ovh_sms.campaign.account_users import AccountUser
from ovh_sms.clock import SystemClock
from ovh_sms.errors import OutcomeUnknown
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.idempotency.protocol import TaskTry
from ovh_sms.idempotency.remote_write import ReconcilePolicy
from ovh_sms.store.store import Store
from support.sandbox import SandboxProcess

CREATE = {"method": "POST", "path": "/sms/*/users"}
CHANGE = {"method": "PUT", "path": "/sms/*/users/*"}
DELETE = {"method": "DELETE", "path": "/sms/*/users/*"}
POLICY = ReconcilePolicy(quiet_period=timedelta(seconds=20), reconcile_timeout=timedelta(seconds=80))


class UserDesk:
    """Compares and changes users, each time with a client of its own as a task has."""

    def __init__(self, sandbox: SandboxProcess, store: Store) -> None:
        self.sandbox = sandbox
        self.store = store
        self.account = sandbox.account_name
        sandbox.reset_calls()

    @property
    def client(self) -> OvhSmsClient:
        return OvhSmsHook(account=self.account).client

    def compare(self, wanted: Mapping[str, Any]) -> Difference:
        return read_difference(self.client, self.store, users(wanted))

    def apply(
        self, wanted: Mapping[str, Any], *, approved: Collection[str] | None = None, password: str | None = "Secret01"
    ) -> UserChangesMade:
        every = users(wanted)
        passwords = {login: SecretStr(password) for login in every} if password else {}
        task = TaskTry(is_last=False, is_deferrable=False, log=logging.getLogger("users"))
        return apply_users(
            self.client, self.store, every, passwords=passwords, approved=approved, task=task, policy=POLICY,
            clock=SystemClock(),
        )  # fmt: skip

    def lost(self, kind: str, call: dict[str, str], make: Callable[[], object], **fault: Any) -> None:
        """Make changes, and lose one answer."""
        self.sandbox.fault(kind, **call, **fault)
        with pytest.raises(OutcomeUnknown):
            make()

    def truth(self) -> dict[str, dict[str, Any]]:
        """The users at OVH by login: quota_left, quota_taken, spent …"""
        return {each["login"]: each for each in self.sandbox.truth(account=self.account)["users"]}

    def left(self) -> float:
        return self.client.account.get().credits_left

    def writes(self) -> int:
        """Writes at users that the sandbox has got since the desk was opened."""
        made = self.sandbox.calls()["by_call"]
        return sum(count for call, count in made.items() if not call.startswith("GET") and "/users" in call)


def users(wanted: Mapping[str, Any]) -> dict[str, AccountUser]:
    """Users as a file names them."""
    return {login: AccountUser(**settings) for login, settings in wanted.items()}
