"""A connection of one account whose key may do everything on another one, too; and what is done there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from support.airflow_task import connection
from support.sandbox import SandboxProcess


@dataclass(frozen=True)
class TwoAccounts:
    """The account of the default connection, and another of the same customer.

    :ivar other: the account that the connection is not for.
    """

    sandbox: SandboxProcess
    other: str
    patch: pytest.MonkeyPatch

    @property
    def own(self) -> str:
        return self.sandbox.account_name

    @contextmanager
    def as_other(self) -> Iterator[None]:
        """Use a connection of the other account, to make there what a test then names; same key, same results."""
        with self.patch.context() as patch:
            patch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(self.sandbox, account=self.other))
            patch.setattr(self.sandbox, "account_name", self.other)
            yield

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Make sure that no call names the other account in its path, that nothing changes there, and none is written.

        A read of the own account may be made before a record turns out to be another's.
        """
        before = self._effects()
        self.sandbox.reset_calls()
        yield
        counted = self.sandbox.calls()
        assert counted["by_account"].get(self.other, 0) == 0, counted["by_call"]
        written = {call for call in counted["by_call"] if not call.startswith("GET ")}
        assert written == set()
        assert self._effects() == before

    def _effects(self) -> str:
        truth: dict[str, Any] = self.sandbox.truth(account=self.other)
        return json.dumps(truth, sort_keys=True)


@contextmanager
def two_accounts(sandbox: SandboxProcess, patch: pytest.MonkeyPatch) -> Iterator[TwoAccounts]:
    """Add the other account."""
    other = f"{sandbox.account_name}9"
    sandbox.add_account(other, creditsLeft=5000)
    yield TwoAccounts(sandbox, other, patch)
