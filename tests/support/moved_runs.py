"""Runs of DAGs in the process of an Airflow, in a time that leaps over every wait, against a sandbox beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from support.campaign_runs import MovedTime
from support.sandbox import SandboxProcess


def running_sandbox(control: str, account: str) -> SandboxProcess:
    """The control side of a sandbox that another process has started."""
    found = SandboxProcess(Path("unused"))
    found.control, found.account_name = control, account
    return found


class MovedRuns:
    """The frame of such runs; a task that fails is not waited for.

    :param bag: the DAGs.
    :param control: address of the sandbox.
    """

    def __init__(self, bag: Any, control: str, account: str) -> None:
        self.bag = bag
        self.sandbox = running_sandbox(control, account)
        self.time = MovedTime(self.sandbox)
        for dag in bag.dags.values():
            for task in dag.tasks:
                task.retries = 0
