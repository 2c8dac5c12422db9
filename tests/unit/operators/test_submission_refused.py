"""A submission that is refused sends nothing, and says whether it may be tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.sdk.api.datamodels._generated import DagRunType
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.errors import (
    ConfigurationError,
    DuplicateSubmission,
    JournalUnavailable,
    MissingRight,
    RateLimited,
    RequestRefused,
    ScheduleTooOld,
    Unavailable,
)
from ovh_sms.hooks.store_identity import StoreMark
from ovh_sms.task_context import task_tag
from support.airflow_task import connection, context
from support.sandbox import SandboxProcess
from support.stores import new_store
from support.tries import states, stop_once_claimed
from unit.operators.sends import NUMBERS, SUBMIT, accepted, run, send

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")


def test_the_same_is_not_sent_again_within_a_day(sandbox: SandboxProcess) -> None:
    send(campaign="spring").execute(context(run_id="a"))
    with pytest.raises(DuplicateSubmission, match="5 of 5 receivers were already sent the same message"):
        send(campaign="spring").execute({**context(run_id="b"), "dag_run": run()})
    assert accepted(sandbox) == 5
    with pytest.raises(DuplicateSubmission, match="4 of 4 receivers"):  # another campaign, and a person less
        send(campaign="autumn", numbers=NUMBERS[:4]).execute(context(run_id="d"))
    send(campaign="spring", message="Bonsoir").execute(context(run_id="c"))
    assert accepted(sandbox) == 10
    forced = {**context(run_id="e"), "dag_run": run(force=True)}
    assert send(campaign="spring").execute(forced)["submitted"] == 5
    send(campaign="spring", duplicate_window=timedelta(0)).execute(context(run_id="f"))
    assert accepted(sandbox) == 20


def test_a_refused_repetition_may_be_forced(sandbox: SandboxProcess) -> None:
    send(campaign="spring").execute(context(run_id="a"))
    with pytest.raises(DuplicateSubmission):
        send(campaign="spring").execute({**context(run_id="b"), "dag_run": run()})
    forced = {**context(run_id="b"), "dag_run": run(force=True)}
    assert send(campaign="spring").execute(forced)["submitted"] == 5


def test_a_backfill_sends_only_if_it_is_forced(sandbox: SandboxProcess) -> None:
    kind = DagRunType.BACKFILL
    with pytest.raises(ScheduleTooOld, match="backfill"):
        send().execute({**context(), "dag_run": run(kind)})
    assert accepted(sandbox) == 0
    assert send().execute({**context(), "dag_run": run(kind, backfill=True)})["submitted"] == 5


def test_a_refused_connection_is_not_sent_and_may_be_tried_again(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = connection(sandbox)
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, endpoint="http://127.0.0.1:9/1.0"))
    with pytest.raises(Unavailable):
        send().execute(context())
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", good)
    assert send().execute(context())["submitted"] == 5
    assert accepted(sandbox) == 5


def test_too_many_calls_may_be_tried_again(sandbox: SandboxProcess) -> None:
    sandbox.fault("status", status=429, retry_after=7, **SUBMIT)
    with pytest.raises(RateLimited) as caught:
        send().execute(context())
    assert caught.value.retry_after == 7
    assert states(task_tag(context())) == ["refused"]
    assert send().execute(context())["submitted"] == 5
    assert accepted(sandbox) == 5


def test_an_executed_request_whose_repeat_by_a_proxy_met_too_many_calls_is_adopted(sandbox: SandboxProcess) -> None:
    sandbox.fault("repeat", status=429, **SUBMIT)
    with pytest.raises(RateLimited):
        send().execute(context())
    assert send().execute(context())["submitted"] == 5
    assert (accepted(sandbox), states(task_tag(context()))) == (5, ["succeeded"])


def test_an_executed_request_whose_repeat_by_a_proxy_met_too_few_credits_is_adopted(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=7)
    sandbox.fault("repeat", **SUBMIT)
    with pytest.raises(RequestRefused):
        send().execute(context())
    sandbox.account(creditsLeft=100)
    assert send().execute(context())["submitted"] == 5
    assert (accepted(sandbox), states(task_tag(context()))) == (5, ["succeeded"])


def test_unknown_sender_and_missing_right_send_nothing(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RequestRefused):
        send(sender="NOBODY").execute(context())
    key = sandbox.key([("GET", "/sms/*"), ("GET", "/auth/*")])
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=key))
    with pytest.raises(MissingRight, match=f"POST /sms/{sandbox.account_name}/jobs"):
        send().execute(context())
    assert states(task_tag(context())) == ["not_executed", "not_executed"]
    assert accepted(sandbox) == 0


def test_credits_short_at_the_last_moment_send_nothing(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=2)
    with pytest.raises(RequestRefused) as caught:
        send().execute(context())
    assert caught.value.status == 402
    assert accepted(sandbox) == 0


def test_nobody_accepted_is_an_error(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_once_claimed(monkeypatch, sandbox, *NUMBERS)
    with pytest.raises(RequestRefused, match="accepted none"):
        send(stop_clause=True).execute(context())
    assert accepted(sandbox) == 0


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        ([NUMBERS[0], NUMBERS[0]], "the same number twice"),
        (["06 39 98 00 01"], "1 of the receivers are not in E.164"),
        ([f"+3363998{n:04d}" for n in range(501)], "more than 500"),
    ],
)
def test_numbers_given_one_by_one_are_checked(sandbox: SandboxProcess, numbers: list[str], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        send(numbers=numbers).execute(context())
    assert "3998" not in str(caught.value)
    assert accepted(sandbox) == 0


def test_every_wrong_parameter_is_named_at_once(sandbox: SandboxProcess) -> None:
    wrong = send(sender=None, tag="x" * 21, numbers=None)
    with pytest.raises(ConfigurationError) as caught:
        wrong.execute(context())
    for word in ("sender", "tag", "receivers"):
        assert word in str(caught.value)
    assert accepted(sandbox) == 0


def test_a_tag_that_ovh_knows_is_never_sent_again_without_a_record(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    send(tag="spring-1").execute(context())
    with pytest.raises(ConfigurationError, match="spring-1 belongs to run run_1 of a_dag"):
        send(tag="spring-1").execute(context(run_id="run_2"))
    sandbox.clock(advance=60)
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "lost"))
    lost = new_store(tmp_path / "lost" / "results.sqlite")
    mark = str(StoreMark.of(lost))
    lost.close()
    with pytest.raises(JournalUnavailable, match="another results database"):
        send(tag="spring-1").execute(context())
    monkeypatch.setenv("AIRFLOW_VAR_OVH_SMS_RESULTS_ID", mark)  # a person goes on with it
    with pytest.raises(AirflowFailException, match="the journal knows no submission"):
        send(tag="spring-1").execute(context())
    assert accepted(sandbox) == 5


def test_a_run_long_after_its_schedule_sends_nothing(sandbox: SandboxProcess) -> None:
    # Airflow starts the latest missed run when a DAG is unpaused: it may be a week old
    planned = datetime.now(UTC) - timedelta(days=5)
    late = SimpleNamespace(run_type=DagRunType.SCHEDULED, logical_date=planned)
    with pytest.raises(ScheduleTooOld, match=f"{planned:%Y-%m-%d}"):
        send().execute({**context(), "dag_run": late})
    assert accepted(sandbox) == 0
    in_time = SimpleNamespace(run_type=DagRunType.SCHEDULED, logical_date=datetime.now(UTC) - timedelta(hours=5))
    by_hand = SimpleNamespace(run_type=DagRunType.MANUAL, logical_date=planned)
    for run_id, dag_run in (("a", in_time), ("b", by_hand)):
        given = {**context(run_id=run_id), "dag_run": dag_run}
        assert send(duplicate_window=timedelta(0)).execute(given)["submitted"] == 5
