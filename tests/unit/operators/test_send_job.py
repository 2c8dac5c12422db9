"""A batch is submitted once, with every answer of OVH and without any."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import NEVER_EXPIRE
from airflow.sdk.api.datamodels._generated import DagRunType
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.api.account import AccountClient
from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.errors import (
    ConfigurationError,
    DuplicateSubmission,
    JournalUnavailable,
    MissingRight,
    OutcomeUnknown,
    RateLimited,
    RequestChanged,
    RequestRefused,
    ScheduleTooOld,
    Unavailable,
)
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.messaging.tag import submission_tag
from ovh_sms.operators.send_job import SendJobOperator
from support.airflow_task import Store, connection, context
from support.sandbox import SandboxProcess
from support.stores import new_store

NUMBERS = [f"+336399800{n:02d}" for n in range(5)]
SUBMIT = {"method": "POST", "path": "/sms/*/jobs"}


def send(**changes: Any) -> SendJobOperator:
    given = {"task_id": "send", "message": "Bonjour", "numbers": NUMBERS, "sender": "MYSHOP"}
    # A POST later than half of quiet_period after its claim is not made: a busy machine needs this much.
    quick = {"quiet_period": timedelta(seconds=2), "reconcile_timeout": timedelta(seconds=5)}
    return SendJobOperator(**{**given, **quick, "stop_clause": False, **changes})


def accepted(sandbox: SandboxProcess) -> int:
    return int(sandbox.truth(account=sandbox.account_name)["accepted"])


def test_sends_once_and_hands_on_counts_but_no_numbers(sandbox: SandboxProcess) -> None:
    given = context(Store())
    answer = send(outlets=[CAMPAIGN_SENT], campaign="spring").execute(given)
    assert (answer["submitted"], answer["refused"], answer["credits_spent"]) == (5, 0, 5)
    assert answer["tag"] == submission_tag("a_dag", "run_1", "send")
    assert given["outlet_events"][CAMPAIGN_SENT].extra == answer
    assert "+336" not in str(answer)
    assert "Bonjour" not in str(answer)
    assert (
        sorted(m["receiver"] for m in sandbox.messages(answer["tag"], account=sandbox.account_name))
        == NUMBERS
    )


def test_the_attempt_is_recorded_before_the_post_and_forever(sandbox: SandboxProcess) -> None:
    store = Store()
    send().execute(context(store))
    assert [state["state"] for state in store.journal] == ["pending", "succeeded"]
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
    sandbox.fault(fault, **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context(store))
    sandbox.clock(advance=60)
    answer = send().execute(context(store))
    assert answer["submitted"] == 5
    assert accepted(sandbox) == 5
    assert sandbox.truth(account=sandbox.account_name)["twice"] == 0


def test_what_never_reached_ovh_is_sent_by_the_next_try(sandbox: SandboxProcess) -> None:
    store = Store()
    sandbox.fault("reset_before", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context(store))
    assert accepted(sandbox) == 0
    answer = send().execute(context(store))
    assert answer["submitted"] == accepted(sandbox) == 5
    assert send().execute(context(store)) == answer


def test_messages_that_wait_are_found_without_a_tag(sandbox: SandboxProcess) -> None:
    store = Store()
    sandbox.fault("lost_answer", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send(delay_minutes=60).execute(context(store))
    answer = send(delay_minutes=60).execute(context(store))
    assert (answer["submitted"], answer["credits_spent"]) == (5, 5)
    assert accepted(sandbox) == 5


def test_pending_messages_of_another_batch_are_not_adopted(sandbox: SandboxProcess) -> None:
    # same sender, same text, same time: only the receivers differ
    other = [f"+336399801{n:02d}" for n in range(5)]
    send(numbers=other, delay_minutes=60).execute(context(Store(), run_id="run_2"))
    store = Store()
    sandbox.fault("reset_before", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send(delay_minutes=60).execute(context(store))
    assert send(delay_minutes=60).execute(context(store))["submitted"] == 5
    assert accepted(sandbox) == 10
    assert sandbox.truth(account=sandbox.account_name)["twice"] == 0


def test_messages_that_ovh_lists_late_are_waited_for(sandbox: SandboxProcess) -> None:
    # longer than the quiet period: the credits show that OVH has accepted
    store = Store()
    sandbox.fault("late_listing", seconds=3, answer="lost", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context(store))
    answer = send(reconcile_timeout=timedelta(seconds=20)).execute(context(store))
    assert answer["submitted"] == accepted(sandbox) == 5


def unknown_outcome(store: Store, **changes: Any) -> tuple[str, str]:
    """The tag and the code that the error names."""
    with pytest.raises(AirflowFailException, match="ovh-sms resolve") as caught:
        send(**changes).execute(context(store))
    found = re.search(r"ovh-sms resolve (\S+) ([0-9a-f]{6})", str(caught.value))
    assert found
    return found[1], found[2]


def test_a_part_is_left_to_a_person(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path))
    new_store(tmp_path / "results.sqlite").close()
    store = Store()
    sandbox.fault("partial", count=3, **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context(store))
    sandbox.clock(advance=60)
    tag, code = unknown_outcome(store)
    assert unknown_outcome(store) == (tag, code)  # and again, however often it is cleared
    (missing,) = tmp_path.rglob("receivers_not_found.csv")
    assert missing.read_text().split() == ["number", *NUMBERS[3:]]
    assert missing.stat().st_mode & 0o077 == 0
    variable = f"AIRFLOW_VAR_OVH_SMS_RESOLVE_{tag.upper()}"
    for wrong in (
        "000000 sent",
        f"{code} send",
        "sent",
        code,
    ):  # another unknown outcome; some have it already
        monkeypatch.setenv(variable, wrong)
        assert unknown_outcome(store) == (tag, code)
    monkeypatch.setenv(variable, f"{code} sent")
    answer = send().execute(context(store))
    assert (answer["submitted"], answer["resolution"]) == (3, "sent")
    assert send().execute(context(store)) == answer
    assert accepted(sandbox) == 3


def test_credits_that_are_gone_leave_it_to_a_person(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # OVH shows nothing, and as many credits are gone as the batch costs
    store = Store()
    sandbox.fault("reset_before", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context(store))
    left = OvhSmsHook().client.account.get().credits_left
    sandbox.account(creditsLeft=left - 5)
    tag, code = unknown_outcome(store)
    assert accepted(sandbox) == 0
    monkeypatch.setenv(f"AIRFLOW_VAR_OVH_SMS_RESOLVE_{tag.upper()}", f"{code} send")
    assert send().execute(context(store))["submitted"] == 5
    assert accepted(sandbox) == 5


def test_the_last_try_observes_at_once(sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", **SUBMIT)
    last = context(Store(), try_number=4)
    assert send().execute(last)["submitted"] == 5
    assert accepted(sandbox) == 5


def run(kind: DagRunType = DagRunType.MANUAL, **conf: bool) -> SimpleNamespace:
    return SimpleNamespace(run_type=kind, logical_date=datetime.now(UTC), conf=conf)


def test_the_same_is_not_sent_again_within_a_day(sandbox: SandboxProcess) -> None:
    send(campaign="spring").execute(context(Store(), run_id="a"))
    with pytest.raises(DuplicateSubmission, match="spring"):
        send(campaign="spring").execute({**context(Store(), run_id="b"), "dag_run": run()})
    assert accepted(sandbox) == 5
    for run_id, changes in (("c", {"message": "Bonsoir"}), ("d", {"numbers": NUMBERS[:4]})):
        send(campaign="spring", **changes).execute(context(Store(), run_id=run_id))
    assert accepted(sandbox) == 14
    forced = {**context(Store(), run_id="e"), "dag_run": run(force=True)}
    assert send(campaign="spring").execute(forced)["submitted"] == 5
    send(campaign="spring", duplicate_window=timedelta(0)).execute(context(Store(), run_id="f"))
    assert accepted(sandbox) == 24


def test_a_refused_repetition_may_be_forced(sandbox: SandboxProcess) -> None:
    send(campaign="spring").execute(context(Store(), run_id="a"))
    store = Store()
    with pytest.raises(DuplicateSubmission):
        send(campaign="spring").execute({**context(store, run_id="b"), "dag_run": run()})
    forced = {**context(store, run_id="b"), "dag_run": run(force=True)}
    assert send(campaign="spring").execute(forced)["submitted"] == 5


def test_a_backfill_sends_only_if_it_is_forced(sandbox: SandboxProcess) -> None:
    kind = DagRunType.BACKFILL
    with pytest.raises(ScheduleTooOld, match="backfill"):
        send().execute({**context(Store()), "dag_run": run(kind)})
    assert accepted(sandbox) == 0
    assert send().execute({**context(Store()), "dag_run": run(kind, backfill=True)})["submitted"] == 5


def test_two_workers_on_one_try_send_once(sandbox: SandboxProcess) -> None:
    # the other one starts while this one has recorded its attempt; it must not send, and must find the messages
    store = Store()
    first = send()

    class Slow(Store):
        def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
            store.set(key, value, retention=retention)
            if value["state"] == "pending" and not self.journal:
                self.journal.append(value)
                first.execute(context(store, run_id="run_1"))

        def get(self, key: str, default: Any = None) -> Any:
            return store.get(key, default)

    with pytest.raises(JournalUnavailable, match="did not store the state"):
        send().execute(context(Slow()))
    assert send().execute(context(store))["submitted"] == 5
    assert accepted(sandbox) == 5
    assert sandbox.truth(account=sandbox.account_name)["twice"] == 0


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
    sandbox.fault("status", status=429, retry_after=7, **SUBMIT)
    with pytest.raises(RateLimited) as caught:
        send().execute(context(store))
    assert caught.value.retry_after == 7
    assert store.journal[-1]["state"] == "not_executed"
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
    assert store.journal[-1]["state"] == "not_executed"
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


def test_a_tag_that_ovh_knows_is_never_sent_again_without_a_record(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    send(tag="spring-1").execute(context(Store()))
    with pytest.raises(ConfigurationError, match="spring-1 belongs to run run_1 of a_dag"):
        send(tag="spring-1").execute(context(Store(), run_id="run_2"))
    sandbox.clock(advance=60)
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path / "lost"))
    lost = new_store(tmp_path / "lost" / "results.sqlite")
    identity = lost.identity.read()
    lost.close()
    with pytest.raises(JournalUnavailable, match="another results database"):
        send(tag="spring-1").execute(context(Store()))
    monkeypatch.setenv("AIRFLOW_VAR_OVH_SMS_RESULTS_ID", identity)  # a person goes on with it
    with pytest.raises(AirflowFailException, match="the journal knows no submission"):
        send(tag="spring-1").execute(context(Store()))
    assert accepted(sandbox) == 5


def test_a_task_that_airflow_has_forgotten_gives_its_answer_again(sandbox: SandboxProcess) -> None:
    first = send().execute(context(Store()))
    assert send().execute(context(Store())) == first
    assert accepted(sandbox) == 5


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"message": "Bonsoir"}, "message"),
        ({"numbers": NUMBERS[:2]}, "list"),
        ({"sender": "OTHER"}, "sender"),
    ],
)
def test_a_cleared_task_never_passes_for_another_batch(
    sandbox: SandboxProcess, changes: dict[str, Any], says: str
) -> None:
    store = Store()
    send().execute(context(store))
    with pytest.raises(RequestChanged, match=f"its {says} changed"):
        send(**changes).execute(context(store))
    assert accepted(sandbox) == 5


def test_a_task_state_that_airflow_would_forget_is_refused(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__STATE_STORE__CLEAR_ON_SUCCESS", "True")
    with pytest.raises(JournalUnavailable, match="clear_on_success"):
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
    # Airflow starts the latest missed run when a DAG is unpaused: it may be a week old
    planned = datetime.now(UTC) - timedelta(days=5)
    late = SimpleNamespace(run_type=DagRunType.SCHEDULED, logical_date=planned)
    with pytest.raises(ScheduleTooOld, match=f"{planned:%Y-%m-%d}"):
        send().execute({**context(Store()), "dag_run": late})
    assert accepted(sandbox) == 0
    in_time = SimpleNamespace(
        run_type=DagRunType.SCHEDULED, logical_date=datetime.now(UTC) - timedelta(hours=5)
    )
    by_hand = SimpleNamespace(run_type=DagRunType.MANUAL, logical_date=planned)
    for run_id, dag_run in (("a", in_time), ("b", by_hand)):
        given = {**context(Store(), run_id=run_id), "dag_run": dag_run}
        assert send(duplicate_window=timedelta(0)).execute(given)["submitted"] == 5


def test_state_that_airflow_does_not_keep_is_an_error_before_the_post(sandbox: SandboxProcess) -> None:
    class Forgetful(Store):
        def set(self, key: str, value: Any, *, retention: timedelta | None = None) -> None:
            """Lose it."""

    with pytest.raises(JournalUnavailable):
        send().execute(context(Forgetful()))
    assert accepted(sandbox) == 0


def test_messages_that_appear_between_two_calls_of_one_observation_are_not_sent_again(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # they were not there when the tag was counted, and explained the credits a moment later
    store = Store()
    sandbox.fault("late_listing", seconds=1, answer="lost", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context(store))
    ask = AccountClient.get

    def slow(client: AccountClient) -> Any:
        found = ask(client)
        time.sleep(1.2)
        return found

    monkeypatch.setattr(AccountClient, "get", slow)
    answer = send(quiet_period=timedelta(0), reconcile_timeout=timedelta(seconds=20)).execute(context(store))
    assert answer["submitted"] == accepted(sandbox) == 5


def test_a_request_must_be_over_before_ovh_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    # at OVH itself; the sandbox answers at once
    keys = {"endpoint": "ovh-eu", "consumer_key": "c" * 32, "account": "sms-xx12345-1", "timeout_seconds": 40}
    real = {"conn_type": "ovh_sms", "login": "a" * 16, "password": "s" * 32, "extra": keys}
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", json.dumps(real))
    with pytest.raises(ConfigurationError, match=r"'quiet_period' is 0:01:19 and must be at least 0:01:20"):
        send(quiet_period=timedelta(seconds=79)).execute(context(Store()))
