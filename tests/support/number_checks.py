"""Checks of numbers as a run makes them, and the sandbox's truth about them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from ovh_sms.operators.check_numbers import CheckNumbersOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from support.airflow_task import context
from support.sandbox import SandboxProcess

POST = {"method": "POST", "path": "/sms/*/hlr"}
QUICK = {"quiet_period": timedelta(seconds=20), "reconcile_timeout": timedelta(seconds=80), "deferrable": False}


def people(count: int, first: int = 0) -> list[str]:
    """Numbers kept for fiction, E.164."""
    return [f"+336399{at:05d}" for at in range(80_000 + first, 80_000 + first + count)]


def prepared(folder: Path, numbers: list[str], *, run_id: str = "run_1", **given: Any) -> dict[str, Any]:
    """The prepared list of some numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "list.csv"
    path.write_text("\n".join(["number", *numbers]) + "\n", encoding="utf-8")
    task = PrepareContactsOperator(
        task_id="prepare", campaign="spring", contacts=str(path), message="Bonjour", stop_clause=False, **given
    )
    done: dict[str, Any] = task.execute(context(task_id="prepare", run_id=run_id))
    return done


def check(given: dict[str, Any], *, run_id: str = "run_1", **changes: Any) -> dict[str, Any]:
    """One try of the task that checks; the same run again is a further try."""
    task = CheckNumbersOperator(task_id="check", prepared=given, **{**QUICK, **changes})
    done: dict[str, Any] = task.execute(context(task_id="check", run_id=run_id))
    return done


def checks(sandbox: SandboxProcess) -> dict[str, Any]:
    """The checks that OVH has really made: ``made``, ``numbers``, ``twice``, ``credits``."""
    found: dict[str, Any] = sandbox.truth(account=sandbox.account_name)["number_checks"]
    return found
