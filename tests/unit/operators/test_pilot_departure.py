"""A list has its pilot once it is published; the time for STOPs to it begins when it leaves, by OVH's clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from ovh_sms.clock import SystemClock
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.store.published_lists import PublishedLists
from support.campaign_runs import MovedTime
from support.piloted import a_run, moved_time, pilot
from support.sandbox import SandboxProcess


@pytest.fixture
def time(sandbox: SandboxProcess) -> Iterator[MovedTime]:
    with moved_time(sandbox) as moved:
        yield moved


@pytest.mark.parametrize("minutes", [-40, 40])
def test_the_time_for_opt_outs_is_that_of_ovhs_clock_also_if_the_workers_is_wrong(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path, minutes: int
) -> None:
    run = a_run(tmp_path)
    with patch.object(SystemClock, "now", lambda _: time.now() + timedelta(minutes=minutes)):
        run.send(0)
    run.send(1)
    found = pilot(run)
    left = min(datetime.fromisoformat(each["sent_at"]) for each in sandbox.messages(account=sandbox.account_name))
    assert found.counts is not None
    assert abs(found.counts.sent_at - left) < timedelta(minutes=2)
    assert found.passed_at is not None
    assert timedelta(minutes=58) < found.passed_at - left < timedelta(minutes=70)


def test_the_time_for_opt_outs_to_an_ovh_batch_begins_when_that_leaves(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path, message="Bonjour", via="ovh_batches")
    run.send(0)
    run.send(1)
    found = pilot(run)
    sent_at = [datetime.fromisoformat(each["sent_at"]) for each in sandbox.messages(account=sandbox.account_name)]
    assert len(sent_at) >= 5
    assert found.counts is not None
    assert abs(found.counts.sent_at - min(sent_at)) < timedelta(minutes=1)


def test_a_preparation_that_is_killed_once_its_list_is_published_leaves_no_list_without_its_pilot(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # its next try finds the same list published: everybody would get the message at once
    publish = PublishedLists.publish

    def kill(*given: Any, **more: Any) -> None:
        publish(*given, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(PublishedLists, "publish", kill)
        with pytest.raises(KeyboardInterrupt):
            a_run(tmp_path, pace="40 per hour")
    run = a_run(tmp_path, pace="40 per hour")
    assert (pilot(run).batches, pilot(run).people) == (1, 5)
    plan = ResultsHook().store.paced_batches.of_list(run.dag_id, run.run_id, run.prepared["digest"])
    assert len(plan) == len(run.batches) > 1
