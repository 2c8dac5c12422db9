"""The counts of messages while they are waited for."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.hooks.store import ResultsHook
from support.airflow_task import context
from support.sandbox import SandboxProcess
from unit.sensors.test_collect_outgoing import DAYS, _events, sensor, submission, truth

__all__ = ["submission"]


def test_the_first_figures_are_there_as_soon_as_the_wait_starts(
    sandbox: SandboxProcess, submission: dict[str, Any]
) -> None:
    with pytest.raises(TaskDeferred):
        sensor(submission).execute(context())
    (first,) = ResultsHook().store.polls.of([submission["tag"]])[submission["tag"]]
    assert first.expected == 150
    assert first.delivered <= first.final <= first.listed <= 150


def test_each_count_of_the_wait_is_kept_as_a_curve(sandbox: SandboxProcess, submission: dict[str, Any]) -> None:
    with pytest.raises(TaskDeferred) as deferred:
        sensor(submission).execute(context())
    sandbox.clock(advance=DAYS)
    asyncio.run(_events(deferred.value.trigger))
    curve = ResultsHook().store.polls.of([submission["tag"]])[submission["tag"]]
    real = truth(sandbox)
    assert len(curve) >= 2
    assert (curve[-1].listed, curve[-1].final) == (150, 150)
    assert curve[-1].delivered == real["delivered"]
