"""An account of its own for each scene, and a key whose rules the scene's player sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from airflow.sdk.execution_time import task_runner
from click.exceptions import Abort
from sqlalchemy import text
from typer.main import get_command

from ovh_sms.cli import app
from ovh_sms.cli.airflow_connections import set_variable
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.hooks.store_identity import StoreMark, variable_name
from ovh_sms.store.models import PENDING, UNKNOWN
from support.airflow_task import connection
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.senders import senders_of
from support.worlds import new_account


@dataclass
class Stage:
    """One account with its results, and what a scene keeps between its two parts.

    :ivar other: a second account of the same customer, from which credits come.
    """

    sandbox: SandboxProcess
    folder: Path
    time: LeapingTime
    patch: pytest.MonkeyPatch
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def account(self) -> str:
        return self.sandbox.account_name

    @property
    def other(self) -> str:
        return f"{self.account}9"

    def restrict(self, rules: list[str]) -> None:
        """Use a key with these rules alone from now on."""
        pairs = [(method, path) for method, path in (rule.split(" ", 1) for rule in rules)]
        consumer = self.sandbox.key(pairs or [("GET", "/nothing")])
        self.patch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(self.sandbox, consumer_key=consumer))
        central = connection(self.sandbox, consumer_key=consumer, account=self.other)
        self.patch.setenv("AIRFLOW_CONN_CENTRAL", central)

    def command(self, *arguments: object) -> str:
        """Run ``ovh-sms`` in this process; its error is raised, its result is not shown. Returns its stderr."""
        said = StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()), redirect_stderr(said):
            patch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")  # the command changes it for its process
            with suppress(Abort):  # Ctrl-C
                main = get_command(app).main
                main(args=[str(each) for each in arguments], prog_name="ovh-sms", standalone_mode=False)
        return said.getvalue()

    def use_variables(self) -> None:
        """Keep the mark of the results in Airflow's own database from now on, where commands read it."""
        self.patch.delattr(task_runner, "SUPERVISOR_COMMS", raising=False)
        set_variable(variable_name("ovh_sms_results"), str(StoreMark.of(ResultsHook().store)))

    def called(self) -> set[str]:
        """The calls since the count began, each as a rule for any account.

        Those that need no right are left out, and so are those of other programs: the scene's key may not make them.
        """
        called = {any_account(call) for call in self.sandbox.calls()["by_call"] if " /auth/" not in call}
        return called - self.kept.get("of_others", set())

    def effects(self) -> tuple[object, ...]:
        """List what reached people or cost money: messages, orders, payments, credits, users, senders."""
        truth = self.sandbox.truth(account=self.account)
        orders = truth["orders"]["by_account"].get(self.account, [])
        payments = sum(len(each["payments"]) for each in orders)
        things = str(truth["users"]), str([each["name"] for each in senders_of(self.sandbox)])
        return truth["accepted"], len(orders), payments, self._credits(self.account), self._credits(self.other), *things

    def pending(self) -> list[str]:
        """Attempts whose outcome is not known: states of all that are neither over nor succeeded."""
        with ResultsHook().store.database.reading() as connection:
            found = connection.execute(text("SELECT state FROM ovh_sms_attempts")).scalars()
            return [state for state in found if state in (PENDING, UNKNOWN)]

    def _credits(self, account: str) -> float:
        return float(self.sandbox.truth(account=account)["ledger"][account]["left"])


def any_account(call: str) -> str:
    """Write a call, or a rule, with a star in the place of each named part."""
    return re.sub(r"\{[^}]*\}", "*", call)


@contextmanager
def new_stage(world: SandboxProcess) -> Iterator[Stage]:
    """A new account, its connection with all rights, and time that leaps."""
    with TemporaryDirectory(prefix="rights_") as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder)
        with new_account(world, patch, path):
            world.add_account(f"{world.account_name}9", creditsLeft=5000)
            time = LeapingTime(world)
            with time.installed():
                yield Stage(world, path, time, patch)
