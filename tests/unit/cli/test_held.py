"""``ovh-sms held``: a person's decision about a held run is recorded, and the run that is meant is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.store.run_records import RunRecord
from ovh_sms.store.stop_rate import StopRate
from ovh_sms.store.store import Store
from support.cli import Command
from support.sandbox import SandboxProcess

DAG = "sms_campaign_spring"


@pytest.fixture
def results(sandbox: SandboxProcess, tmp_path: Path) -> Store:
    return ResultsHook().store


def held(store: Store, number: int) -> str:
    """A run of the campaign that is held."""
    run_id = f"run {number}"
    record = RunRecord(
        list_tag=f"c{number}", dag_id=DAG, run_id=run_id, campaign="spring", account="a", started_at=store.clock.now()
    )
    store.runs.start(record)
    store.held_runs.hold(DAG, run_id, StopRate(12, 1000), 5.0)
    return run_id


def test_the_only_run_that_waits_is_meant(results: Store, ovh_sms: Command) -> None:
    run_id = held(results, 1)
    done = ovh_sms("held", "spring", "send")
    assert (done.code, done.out.startswith(f"Recorded: the batches of run {run_id} of spring")) == (0, True)
    found = results.held_runs.of(DAG, run_id)
    assert found is not None
    assert (found.decision, found.decided_by is not None) == ("send", True)
    (line,) = results.audit.list(action="held")
    assert line.detail == f"send dag={DAG} run={run_id}"


def test_a_named_run_may_be_decided_anew(results: Store, ovh_sms: Command) -> None:
    run_id = held(results, 1)
    ovh_sms("held", "spring", "send")
    done = ovh_sms("held", "spring", "drop", "--run", run_id, "--json")
    shown = json.loads(done.out)
    assert (shown["decision"], shown["opt_outs"], shown["reached"], shown["threshold"]) == ("drop", 12, 1000, 5.0)


def test_after_a_decision_the_error_names_the_run_to_decide_anew(results: Store, ovh_sms: Command) -> None:
    run_id = held(results, 1)
    ovh_sms("held", "spring", "drop")
    done = ovh_sms("held", "spring", "send")
    assert done.code != 0
    assert f"These were decided about: {run_id} (drop)." in " ".join(done.err.split())
    assert "name the run by --run" in " ".join(done.err.split())
    again = ovh_sms("held", "spring", "send", "--run", run_id)
    assert again.code == 0
    found = results.held_runs.of(DAG, run_id)
    assert found is not None
    assert found.decision == "send"


def test_several_runs_that_wait_must_be_named(results: Store, ovh_sms: Command) -> None:
    held(results, 1), held(results, 2)
    done = ovh_sms("held", "spring", "send")
    assert done.code != 0
    assert "Several runs of campaign spring are held: run" in done.err


@pytest.mark.parametrize("named", [False, True])
def test_a_run_that_is_not_held_is_refused(results: Store, ovh_sms: Command, named: bool) -> None:
    done = ovh_sms("held", "spring", "send", *(["--run", "run 9"] if named else []))
    assert done.code != 0
    assert "Nothing was recorded" in done.err
