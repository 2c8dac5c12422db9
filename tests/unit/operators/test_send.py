"""Sending: once, whatever OVH answers or fails to answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import NEVER_EXPIRE
from airflow.sdk.api.datamodels._generated import DagRunType
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.campaign import sending_tag
from ovh_sms.errors import (
    ConfigurationError,
    MissingRight,
    OutcomeUnknown,
    RateLimited,
    RequestRefused,
    SendingChanged,
    StateNotKept,
    TooLate,
    Unavailable,
)
from ovh_sms.operators.jobs import SendJobOperator
from support.airflow_task import Store, connection, context
from support.sandbox import SandboxProcess

NUMBERS = [f"+336399800{n:02d}" for n in range(5)]
JOBS = {"method": "POST", "path": "/sms/*/jobs"}


def send(**changes: Any) -> SendJobOperator:
    given = {"task_id": "send", "message": "Bonjour", "numbers": NUMBERS, "sender": "MYSHOP"}
    return SendJobOperator(**{**given, "stop_clause": False, **changes})


def accepted(sandbox: SandboxProcess) -> int:
    return int(sandbox.truth(account=sandbox.account_name)["accepted"])


def test_sends_once_and_hands_on_counts_but_no_numbers(sandbox: SandboxProcess) -> None:
    given = context(Store())
    answer = send(outlets=[CAMPAIGN_SENT], campaign="spring").execute(given)
    assert (answer["submitted"], answer["invalid"], answer["credits_spent"]) == (5, 0, 5)
    assert answer["tag"] == sending_tag("a_dag", "run_1", "send")
    assert given["outlet_events"][CAMPAIGN_SENT].extra == answer
    assert "+336" not in str(answer)
    assert "Bonjour" not in str(answer)
    assert (
        sorted(m["receiver"] for m in sandbox.messages(answer["tag"], account=sandbox.account_name))
        == NUMBERS
    )


def test_intent_is_kept_before_the_post_and_forever(sandbox: SandboxProcess) -> None:
    store = Store()
    send().execute(context(store))
    assert [state["state"] for state in store.journal] == ["intent", "answered"]
    assert store.retentions == [NEVER_EXPIRE, NEVER_EXPIRE]
    assert "+336" not in str(store.journal)


def test_a_second_execution_adopts_the_first(sandbox: SandboxProcess) -> None:
    store = Store()
    first = send().execute(context(store))
    again = send().execute(context(store))
    assert again == first
    assert accepted(sandbox) == 5


@pytest.mark.parametrize("fault", ["lost_answer", "half_body", "wrong_json"])
def test_a_lost_answer_is_found_by_its_tag(sandbox: SandboxProcess, fault: str) -> None:
    store = Store()
    sandbox.fault(fault, **JOBS)
    with pytest.raises(OutcomeUnknown):
        send().execute(context(store))
    sandbox.clock(advance=60)
    answer = send().execute(context(store))
    assert answer["submitted"] == 5
    assert accepted(sandbox) == 5
    assert sandbox.truth(account=sandbox.account_name)["twice"] == 0


def test_what_cannot_be_found_is_never_sent_again(sandbox: SandboxProcess) -> None:
    store = Store()
    sandbox.fault("reset_before", **JOBS)
    with pytest.raises(OutcomeUnknown):
        send().execute(context(store))
    for _ in range(2):
        with pytest.raises(AirflowFailException, match="OVH lists 0 of 5"):
            send().execute(context(store))
    assert accepted(sandbox) == 0


def test_a_refused_connection_is_not_sent_and_may_be_tried_again(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store()
    good = connection(sandbox)
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, endpoint="http://127.0.0.1:9/1.0"))
    with pytest.raises(Unavailable):
        send().execute(context(store))
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", good)
    assert send().execute(context(store))["submitted"] == 5
    assert accepted(sandbox) == 5


def test_too_many_calls_may_be_tried_again(sandbox: SandboxProcess) -> None:
    store = Store()
    sandbox.fault("status", status=429, retry_after=7, **JOBS)
    with pytest.raises(RateLimited) as caught:
        send().execute(context(store))
    assert caught.value.retry_after == 7
    assert store.journal[-1]["state"] == "withdrawn"
    assert send().execute(context(store))["submitted"] == 5


def test_unknown_sender_and_missing_right_send_nothing(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store()
    with pytest.raises(RequestRefused):
        send(sender="NOBODY").execute(context(store))
    key = sandbox.key([("GET", "/sms/*"), ("GET", "/auth/*")])
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=key))
    with pytest.raises(MissingRight, match=f"POST /sms/{sandbox.account_name}/jobs"):
        send().execute(context(store))
    assert store.journal[-1]["state"] == "withdrawn"
    assert accepted(sandbox) == 0


def test_credits_short_at_the_last_moment_send_nothing(sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=2)
    with pytest.raises(RequestRefused) as caught:
        send().execute(context(Store()))
    assert caught.value.status == 402
    assert accepted(sandbox) == 0


def test_nobody_accepted_is_an_error(sandbox: SandboxProcess) -> None:
    for number in NUMBERS:
        sandbox.block(number)
    with pytest.raises(RequestRefused, match="accepted none"):
        send(stop_clause=True).execute(context(Store()))
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
        send(numbers=numbers).execute(context(Store()))
    assert "3998" not in str(caught.value)
    assert accepted(sandbox) == 0


def test_every_wrong_parameter_is_named_at_once(sandbox: SandboxProcess) -> None:
    wrong = send(sender=None, tag="x" * 21, numbers=None)
    with pytest.raises(ConfigurationError) as caught:
        wrong.execute(context(Store()))
    for word in ("sender", "tag", "receivers"):
        assert word in str(caught.value)
    assert accepted(sandbox) == 0


def test_a_tag_that_ovh_knows_is_never_sent_again_without_a_record(sandbox: SandboxProcess) -> None:
    """A tag of one's own used twice, or a run that was deleted and made again under its old id."""
    for own in ({"tag": "spring-1"}, {}):
        send(**own).execute(context(Store()))
        sandbox.clock(advance=60)
        with pytest.raises(AirflowFailException, match="no record of sending"):
            send(**own).execute(context(Store()))
    assert accepted(sandbox) == 10


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"message": "Bonsoir"}, "message"),
        ({"numbers": NUMBERS[:2]}, "list"),
        ({"sender": "OTHER"}, "sender"),
    ],
)
def test_a_cleared_task_never_passes_for_another_sending(
    sandbox: SandboxProcess, changes: dict[str, Any], says: str
) -> None:
    store = Store()
    send().execute(context(store))
    with pytest.raises(SendingChanged, match=f"its {says} changed"):
        send(**changes).execute(context(store))
    assert accepted(sandbox) == 5


def test_a_task_state_that_airflow_would_forget_is_refused(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__STATE_STORE__CLEAR_ON_SUCCESS", "True")
    with pytest.raises(StateNotKept, match="clear_on_success"):
        send().execute(context(Store()))
    assert accepted(sandbox) == 0


def test_mapped_tasks_have_tags_of_their_own(sandbox: SandboxProcess) -> None:
    tags = {
        send(numbers=[number]).execute(context(Store(), map_index=index))["tag"]
        for index, number in enumerate(NUMBERS)
    }
    assert len(tags) == 5
    assert all(len(tag) <= 20 and tag.isascii() for tag in tags)


def test_a_run_long_after_its_schedule_sends_nothing(sandbox: SandboxProcess) -> None:
    """Airflow starts the latest missed run when a DAG is unpaused: it may be a week old."""
    planned = datetime.now(UTC) - timedelta(days=5)
    late = SimpleNamespace(run_type=DagRunType.SCHEDULED, logical_date=planned)
    with pytest.raises(TooLate, match=f"{planned:%Y-%m-%d}"):
        send().execute({**context(Store()), "dag_run": late})
    assert accepted(sandbox) == 0
    in_time = SimpleNamespace(
        run_type=DagRunType.SCHEDULED, logical_date=datetime.now(UTC) - timedelta(hours=5)
    )
    by_hand = SimpleNamespace(run_type=DagRunType.MANUAL, logical_date=planned)
    for run_id, dag_run in (("a", in_time), ("b", by_hand)):
        given = {**context(Store(), run_id=run_id), "dag_run": dag_run}
        assert send().execute(given)["submitted"] == 5


def test_state_that_airflow_does_not_keep_stops_before_the_post(sandbox: SandboxProcess) -> None:
    class Forgetful(Store):
        def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
            """Lose it."""

    with pytest.raises(StateNotKept):
        send().execute(context(Forgetful()))
    assert accepted(sandbox) == 0
