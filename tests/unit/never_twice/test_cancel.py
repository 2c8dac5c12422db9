"""A run that is stopped stays stopped, nothing of others is touched, and a call that fails loses no count."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.cli.cancel import cancel_run
from ovh_sms.errors import OutcomeUnknown, RequestRefused, RunCancelled, Unavailable
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.sending.cancel import DRAIN_TIMEOUT, CancelRun
from support.fake_clock import FakeClock
from support.sandbox import SandboxProcess
from support.sent import batches, campaign, send_batch, upload
from support.sent import send as send_run
from support.tries import QUICK, SUBMIT_CALL, once, receivers, send

DELETE_CALL = "DELETE /sms/{serviceName}/jobs/{id}"
DELETE = {"method": "DELETE", "path": "/sms/*/jobs/*"}


@pytest.fixture
def include(sandbox: SandboxProcess, tmp_path: Path) -> Path:
    campaign(tmp_path)
    return tmp_path


def stop(include: Path, run: str | None = None, *, watch: float = 0.02) -> tuple[str, list[str]]:
    """``ovh-sms cancel``: what it says at the end, and on its way."""
    spring = load_file(include / "campaigns" / "spring.yaml", Campaign)
    lines: list[str] = []
    done = cancel_run(spring, OvhSmsHook(), run=run, dry_run=False, watch=watch, report=lines.append)
    return str(done), lines


def test_another_run_to_the_same_receivers_keeps_its_messages(sandbox: SandboxProcess, include: Path) -> None:
    # both were sent within a second; one has a person more
    send_run(include, 100, run_id="one", delay=60, rows=3)
    send_run(include, 100, run_id="two", delay=60, rows=4, force=True)
    assert "Run one: 3 messages were withdrawn" in stop(include, "one")[0]
    assert (once(sandbox), len(receivers(sandbox))) == (4, 4)


def test_the_same_to_the_same_receivers_in_the_same_minute_is_distinguished_by_its_ids(
    sandbox: SandboxProcess, include: Path
) -> None:
    # the answer to one of them was lost, the ids of the other one are known
    (kept,) = send_run(include, 100, run_id="two", delay=60, rows=3)
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send_run(include, 100, run_id="one", delay=60, rows=3, force=True)
    done, _ = stop(include, "one", watch=0)
    assert "Run one: 3 messages were withdrawn" in done
    assert len(sandbox.messages(kept["tag"], account=sandbox.account_name)) == 3
    assert len(sandbox.messages(account=sandbox.account_name)) == 3


@pytest.mark.parametrize("is_later", [True, False])
def test_if_both_answers_were_lost_only_messages_that_read_as_ours_are_withdrawn(
    sandbox: SandboxProcess, include: Path, is_later: bool
) -> None:
    # both sent to the same people in the same minute; only the later ones may be ours
    numbers = [f"+33639980{at}" for at in range(100, 103)]
    other = {"run_id": "two", "campaign": "other", "numbers": numbers, "delay_minutes": 60}
    makes = [lambda: send(**other), lambda: send_run(include, 100, run_id="one", delay=60, rows=3)]
    sandbox.fault("lost_answer", **SUBMIT_CALL, times=2)
    for make in reversed(makes) if is_later else makes:
        with pytest.raises(OutcomeUnknown):
            make()
    done, lines = stop(include, "one", watch=0)
    assert "Run one: 3 messages were withdrawn" in done
    said = any("messages that wait may be of this run or of another: they stay" in line for line in lines)
    assert said is is_later
    assert {each["message"] for each in sandbox.messages(account=sandbox.account_name)} == {"Bonjour"}


@pytest.mark.parametrize("answered", [True, False])
def test_other_campaigns_to_the_same_receivers_keep_theirs(
    sandbox: SandboxProcess, include: Path, answered: bool
) -> None:
    # their texts begin ambiguous: a text with a name merged in would fit both
    reminder = {"message": "Bonjour P100 madame, votre rendez-vous", "numbers": ["+33639980100"]}
    send(run_id="r", campaign="rendezvous", delay_minutes=60, **reminder)
    if answered:
        send_run(include, 100, run_id="one", delay=60, rows=3)
    else:
        sandbox.fault("lost_answer", **SUBMIT_CALL)
        with pytest.raises(OutcomeUnknown):
            send_run(include, 100, run_id="one", delay=60, rows=3)
    assert "Run one: 3 messages were withdrawn" in stop(include)[0]
    (left,) = sandbox.messages(account=sandbox.account_name)
    assert left["message"] == reminder["message"]


def test_withdrawn_messages_are_not_sent_by_a_later_try(sandbox: SandboxProcess, include: Path) -> None:
    # the answer was lost; after the cancellation OVH shows nothing of it, and every credit is refunded
    (batch,) = batches(include, 100, rows=3)
    slot = upload(batch)

    def again() -> dict[str, Any]:
        return send_batch(batch, slot, delay_minutes=60, **QUICK)

    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        again()
    assert "3 messages were withdrawn" in stop(include)[0]
    for _ in range(2):
        with pytest.raises(RunCancelled):
            again()
    assert sandbox.messages(account=sandbox.account_name) == []


@pytest.mark.parametrize("fault", [{"status": 429, "retry_after": 1}, {"status": 500}])
def test_it_goes_on_after_ovh_asks_to_wait(sandbox: SandboxProcess, include: Path, fault: dict[str, int]) -> None:
    # nor does OVH confirm that it has deleted a message: the next observation does
    (first, second) = send_run(include, 100, run_id="one", delay=60)
    sandbox.fault("status", **DELETE, **fault, after=2)
    done, lines = stop(include, watch=0)
    assert "Run one: 5 messages were withdrawn; 0 have left" in done
    assert any("messages withdrawn so far" in line for line in lines)
    assert sandbox.messages(account=sandbox.account_name) == []
    store = ResultsHook().store
    assert [store.withdrawals.count(each["tag"]) for each in (first, second)] == [(3, 3.0), (2, 2.0)]


def test_the_sum_is_reported_if_it_cannot_go_on(sandbox: SandboxProcess, include: Path) -> None:
    (submission,) = send_run(include, 100, run_id="one", delay=60, rows=3)
    sandbox.fault("status", **DELETE, status=403, after=1)
    lines: list[str] = []
    spring = load_file(include / "campaigns" / "spring.yaml", Campaign)
    with pytest.raises(RequestRefused):
        cancel_run(spring, OvhSmsHook(), run=None, dry_run=False, watch=0, report=lines.append)
    assert lines[-1] == "1 messages withdrawn; the others that wait will leave"
    assert ResultsHook().store.withdrawals.count(submission["tag"]) == (1, 1.0)
    assert once(sandbox) == 2


def test_the_command_counts_what_earlier_tries_have_withdrawn(sandbox: SandboxProcess, include: Path) -> None:
    send_run(include, 100, run_id="one", delay=60, rows=3)
    send_run(include, 200, run_id="two", delay=60, rows=2, force=True)
    sandbox.fault("status", **DELETE, status=403, after=2)
    with pytest.raises(RequestRefused):
        stop(include, "one", watch=0)
    done, lines = stop(include, "one", watch=0)
    assert "Run one: 3 messages were withdrawn; 0 have left" in done
    assert lines[-1].startswith("3 messages withdrawn")
    assert "Run one: 3 messages were withdrawn; 0 have left" in stop(include, "one", watch=0)[0]
    assert "Run two: 2 messages were withdrawn" in stop(include, "two", watch=0)[0]


def test_ovh_away_for_long_ends_it(sandbox: SandboxProcess, include: Path) -> None:
    # it ends after twenty minutes, and asks no earlier than OVH wants
    send_run(include, 100, run_id="one", delay=60, rows=3)
    sandbox.fault("status", **DELETE, status=429, retry_after=400, times=None)
    clock, settings = FakeClock(), OvhSmsHook().settings
    client = OvhSmsClient(
        credentials=settings.credentials, account=settings.account, calls_per_minute=60_000, clock=clock
    )
    before, started, lines = sandbox.calls(DELETE_CALL), clock.monotonic(), Lines()
    it = CancelRun(client=client, store=ResultsHook().store, dag_id="a_dag", run_id="one", clock=clock, log=lines)
    with pytest.raises(Unavailable):
        it.drain(timedelta(minutes=2))
    assert DRAIN_TIMEOUT <= clock.monotonic() - started <= DRAIN_TIMEOUT + 400
    assert sandbox.calls(DELETE_CALL) - before <= 5
    assert lines[-1].startswith("0 messages withdrawn")
    sandbox.clear_faults()
    it.drain(timedelta(0))
    assert it.withdrawn == 3
    client.close()


class Lines(list[str]):
    def info(self, line: str, *values: object) -> None:
        self.append(line % values)
