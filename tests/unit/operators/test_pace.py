"""A run with a pace: so many messages in an hour at most, also if its tasks are killed or cleared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.dag_factories.campaign import submission_arguments
from ovh_sms.errors import OutsideHours, ScheduleTooOld
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.operators.upload_receivers import UploadReceiversOperator
from ovh_sms.report.language import translator
from ovh_sms.report.run_lines import run_lines
from ovh_sms.report.run_state import run_status
from support.campaign_runs import PARIS, WAITS, CampaignRun, MovedTime, people
from support.sandbox import SandboxProcess
from support.tries import SUBMIT_CALL, once

MORNING = "2026-11-25 10:00"


@pytest.fixture
def time(sandbox: SandboxProcess) -> Iterator[MovedTime]:
    moved = MovedTime(sandbox)
    with moved.installed():
        moved.set_to(MORNING)
        yield moved
    sandbox.clock(offset=0)


def a_run(folder: Path, rows: int = 9, **changes: Any) -> CampaignRun:
    values = {
        "name": "spring",
        "sender": "MYSHOP",
        "kind": "marketing",
        "message": "Bonjour #prenom#",
        "contacts": {"file": "contacts/spring.csv"},
        "budget": 100,
        "pace": "8 per hour",
        **changes,
    }
    run = CampaignRun(campaign=Campaign(**values), run_id="manual__1", include=folder)
    run.prepare(people(1, rows))
    return run


def departures(sandbox: SandboxProcess) -> list[datetime]:
    found = sandbox.messages(account=sandbox.account_name)
    return sorted(datetime.fromisoformat(each["sent_at"]).astimezone(PARIS) for each in found)


def most_in_an_hour(sandbox: SandboxProcess) -> int:
    left = departures(sandbox)
    return max(sum(at <= each < at + timedelta(hours=1) for each in left) for at in left)


def plan(run: CampaignRun) -> list[str]:
    planned = ResultsHook().store.paced_batches.of_list(run.dag_id, run.run_id, run.prepared["digest"])
    return [f"{each.leaves_at.astimezone(PARIS):%d %H:%M}" for _, each in sorted(planned.items())]


def first_line(run: CampaignRun) -> str:
    store = ResultsHook().store
    (found,) = store.run_results.of_run(run.dag_id, run.run_id)
    now = store.clock.now()
    return run_lines(run_status(found, now), translator("en"), now).first


def test_a_list_leaves_in_batches_of_a_quarter_of_an_hour(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    assert [each["accepted"] for each in run.batches] == [2, 2, 2, 2, 1]
    run.send_all()
    assert (once(sandbox), most_in_an_hour(sandbox)) == (9, 8)
    assert departures(sandbox)[-1] - departures(sandbox)[0] >= timedelta(minutes=59)


def test_what_does_not_fit_into_the_day_leaves_at_the_next_hours(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    time.set_to("2026-11-25 19:00")
    run = a_run(tmp_path)
    run.preflight()
    assert plan(run) == ["25 19:00", "25 19:15", "25 19:30", "26 08:00", "26 08:15"]
    run.send_all()
    assert [each.day for each in departures(sandbox)] == [25] * 6 + [26] * 3
    assert all(8 <= each.hour < 20 for each in departures(sandbox))


def test_a_task_waits_for_its_turn_without_a_worker_and_before_its_upload(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    run.preflight()
    run.send(0)
    hours = submission_arguments(run.campaign, tmp_path)["hours"]
    for at in range(1, 5):
        upload = UploadReceiversOperator(task_id="upload_receivers", prepared=run.batches[at], hours=hours)
        with pytest.raises(TaskDeferred) as waits:
            upload.execute(run.context("upload_receivers", at))
        # The receivers are uploaded ten minutes before.
        left = waits.value.trigger.moment - datetime.now(PARIS)
        assert abs(left - timedelta(minutes=15 * at - 10)) < timedelta(minutes=2)
    assert first_line(run) == (
        "The next batch leaves Wed 25 Nov 10:15. 1 of 5 batches were sent. At 8 per hour, the last messages leave Wed "
        "25 Nov 11:00."
    )


def test_after_an_outage_the_batches_do_not_leave_at_once(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    run.preflight()
    run.send(0)
    time.advance(3 * 3600)
    for at in range(1, 5):
        run.send(at)
    assert (once(sandbox), most_in_an_hour(sandbox)) == (9, 8 - 1)


def test_a_killed_and_cleared_batch_keeps_its_place_and_is_sent_once(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    run.preflight()
    before = plan(run)
    sandbox.fault("lost_answer", **SUBMIT_CALL)  # OVH has it, and the answer is lost
    run.send(0)
    run.preflight()  # cleared
    run.prepare(people(1, 9))
    run.send(0)
    assert plan(run) == before
    for at in range(1, 5):
        run.send(at)
    assert (once(sandbox), most_in_an_hour(sandbox)) == (9, 8)


def test_the_claim_counts_what_has_left_also_if_a_task_knows_no_pace(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    run.preflight()
    given = {**submission_arguments(run.campaign, tmp_path), **WAITS, "deferrable": True, "hours": None}
    for at in range(4):  # without the hours, by tasks of another file
        receivers = UploadReceiversOperator(task_id="upload_receivers", prepared=run.batches[at])
        slot = receivers.execute(run.context("upload_receivers", at))
        task = SendJobOperator(task_id="send", prepared=run.batches[at], receivers=slot, **given)
        if at == 0:
            task.execute(run.context("send", at))
            continue
        with pytest.raises(TaskDeferred):
            task.execute(run.context("send", at))
    assert once(sandbox) == 2


def test_a_list_that_cannot_leave_before_the_end_of_its_use_is_refused_with_figures(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path, valid_until="10:40")
    with pytest.raises(ScheduleTooOld) as refused:
        run.preflight()
    assert "With 8 messages per hour the last of 9 messages would leave on Wed 25 Nov 2026 at 11:00" in str(
        refused.value
    )
    assert "6 would leave in time" in str(refused.value)
    run = a_run(tmp_path, rows=700, pace="1 per hour", batch_size=1)
    with pytest.raises(ScheduleTooOld, match="14 days are the longest"):
        run.preflight()
    assert once(sandbox) == 0


def test_a_campaign_that_refuses_other_hours_does_not_go_on_the_next_day(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    time.set_to("2026-11-25 19:00")
    run = a_run(tmp_path, hours="refuse")
    with pytest.raises(OutsideHours, match="With 8 messages per hour the hours are not enough"):
        run.preflight()
    assert once(sandbox) == 0


def test_a_sent_batch_that_is_cleared_still_counts_for_the_pace(
    sandbox: SandboxProcess, time: MovedTime, tmp_path: Path
) -> None:
    run = a_run(tmp_path)
    run.preflight()
    for at in range(4):
        run.send(at)
    time.advance(600)
    before = plan(run)
    cleared = time.now()
    run.send(0)
    assert time.now() - cleared < timedelta(minutes=5)  # it is at OVH: it waits for no turn
    assert plan(run) == before
    run.send(4)
    assert (once(sandbox), most_in_an_hour(sandbox)) == (9, 8)
