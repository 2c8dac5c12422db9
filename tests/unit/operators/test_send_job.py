"""A batch is submitted once, with every answer of OVH and without any."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from ovh_sms.api.account import AccountClient
from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.errors import ConfigurationError, OutcomeUnknown, RequestChanged
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.messaging.tag import submission_tag
from ovh_sms.task_context import task_tag
from support.airflow_task import connection, context
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.tries import asked, once_claimed, states
from unit.operators.sends import NUMBERS, SUBMIT, accepted, send

#: No wait takes time.
pytestmark = pytest.mark.usefixtures("leaping")


def test_sends_once_and_hands_on_counts_but_no_numbers(sandbox: SandboxProcess) -> None:
    given = context()
    answer = send(outlets=[CAMPAIGN_SENT], campaign="spring").execute(given)
    assert (answer["submitted"], answer["refused"], answer["credits_spent"]) == (5, 0, 5)
    assert answer["tag"] == submission_tag("a_dag", "run_1", "send")
    assert given["outlet_events"][CAMPAIGN_SENT].extra == answer
    assert "+336" not in str(answer)
    assert "Bonjour" not in str(answer)
    assert sorted(m["receiver"] for m in sandbox.messages(answer["tag"], account=sandbox.account_name)) == NUMBERS


def test_the_attempt_is_recorded_before_the_post_and_forever(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    once_claimed(monkeypatch, lambda: seen.append(states(task_tag(context()))))
    tag = send().execute(context())["tag"]
    assert (seen, states(tag), accepted(sandbox)) == ([["pending"]], ["succeeded"], 5)
    assert "+336" not in str(ResultsHook().store.attempts.all(tag))


def test_a_second_execution_adopts_the_first(sandbox: SandboxProcess) -> None:
    first = send().execute(context())
    again = send().execute(context())
    assert again == first
    assert accepted(sandbox) == 5


@pytest.mark.parametrize("fault", ["lost_answer", "half_body", "wrong_json"])
def test_a_lost_answer_is_found_by_its_tag(sandbox: SandboxProcess, fault: str) -> None:
    sandbox.fault(fault, **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context())
    sandbox.clock(advance=60)
    answer = send().execute(context())
    assert answer["submitted"] == 5
    assert accepted(sandbox) == 5
    assert sandbox.truth(account=sandbox.account_name)["twice"] == 0


@pytest.mark.parametrize("status", [401, 403, 404, 429])
def test_a_proxys_refusal_of_an_executed_batch_is_reconciled_after_a_clear_too(
    sandbox: SandboxProcess, status: int
) -> None:
    sandbox.fault("proxy_4xx", status=status, **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context())
    sandbox.clock(advance=60)
    assert send().execute(context())["submitted"] == 5
    assert accepted(sandbox) == 5
    assert sandbox.truth(account=sandbox.account_name)["twice"] == 0


@pytest.mark.parametrize("given", [{"campaign": "../.."}, {"campaign": "a/b"}, {"tag": "../x"}, {"tag": ".."}])
def test_a_name_that_leads_out_of_the_data_folder_sends_nothing(sandbox: SandboxProcess, given: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="Nothing was sent"):
        send(**given).execute(context())
    assert accepted(sandbox) == 0


def test_what_never_reached_ovh_is_sent_by_the_next_try(sandbox: SandboxProcess) -> None:
    sandbox.fault("reset_before", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context())
    assert accepted(sandbox) == 0
    answer = send().execute(context())
    assert answer["submitted"] == accepted(sandbox) == 5
    assert send().execute(context()) == answer


def test_messages_that_wait_are_found_without_a_tag(sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send(delay_minutes=60).execute(context())
    answer = send(delay_minutes=60).execute(context())
    assert (answer["submitted"], answer["credits_spent"]) == (5, 5)
    assert accepted(sandbox) == 5


def test_pending_messages_of_another_batch_are_not_adopted(sandbox: SandboxProcess) -> None:
    # same sender, same text, same time: only the receivers differ
    other = [f"+336399801{n:02d}" for n in range(5)]
    send(numbers=other, delay_minutes=60).execute(context(run_id="run_2"))
    sandbox.fault("reset_before", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send(delay_minutes=60).execute(context())
    assert send(delay_minutes=60).execute(context())["submitted"] == 5
    assert accepted(sandbox) == 10
    assert sandbox.truth(account=sandbox.account_name)["twice"] == 0


def test_messages_that_ovh_lists_late_are_waited_for(sandbox: SandboxProcess) -> None:
    # longer than the quiet period: the credits show that OVH has accepted
    sandbox.fault("late_listing", seconds=3, answer="lost", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context())
    answer = send(reconcile_timeout=timedelta(seconds=20)).execute(context())
    assert answer["submitted"] == accepted(sandbox) == 5


def test_a_part_is_left_to_a_person(sandbox: SandboxProcess, tmp_path: Path) -> None:
    sandbox.fault("partial", count=3, **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context())
    sandbox.clock(advance=60)
    question = asked(lambda: send().execute(context()))
    assert asked(lambda: send().execute(context())) == question  # and again, however often it is cleared
    (missing,) = tmp_path.rglob("receivers_not_found.csv")
    assert missing.read_text().split() == ["number", *NUMBERS[3:]]
    assert missing.stat().st_mode & 0o077 == 0
    with pytest.raises(ConfigurationError, match="000000 is not the code"):
        replace(question, code="000000").decide("sent")
    with pytest.raises(ConfigurationError, match="No outcome with the tag another is unknown"):
        replace(question, tag="another").decide("sent")
    assert asked(lambda: send().execute(context())) == question
    question.decide("sent")
    with pytest.raises(ConfigurationError, match="was resolved already as sent by a person"):
        question.decide("send")
    answer = send().execute(context())
    assert (answer["submitted"], answer["resolution"]) == (3, "sent")
    assert send().execute(context()) == answer
    assert accepted(sandbox) == 3


def test_credits_that_are_gone_leave_it_to_a_person(sandbox: SandboxProcess) -> None:
    # OVH shows nothing, and as many credits are gone as the batch costs
    sandbox.fault("reset_before", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context())
    left = OvhSmsHook().client.account.get().credits_left
    sandbox.account(creditsLeft=left - 5)
    question = asked(lambda: send().execute(context()))
    assert "credits are missing as if it had executed it" in question.says
    assert accepted(sandbox) == 0
    with pytest.raises(ConfigurationError, match="would probably send it twice"):
        question.decide("send")
    question.decide("send", although_credits_are_gone=True)
    assert send().execute(context())["submitted"] == 5
    assert accepted(sandbox) == 5


def test_the_last_try_observes_at_once(sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", **SUBMIT)
    last = context(try_number=4)
    assert send().execute(last)["submitted"] == 5
    assert accepted(sandbox) == 5


def test_two_workers_on_one_try_send_once(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    # the other one starts once this one has claimed its attempt: it must not send, and finds nothing yet
    other: list[BaseException] = []

    def send_too() -> None:
        try:
            send(quiet_period=timedelta(seconds=60), deferrable=True).execute(context())
        except TaskDeferred as error:
            other.append(error)

    once_claimed(monkeypatch, send_too)
    first = send().execute(context())
    assert len(other) == 1
    assert send().execute(context()) == first
    assert accepted(sandbox) == 5


def test_a_lost_answer_is_waited_for_without_a_worker(sandbox: SandboxProcess, leaping: LeapingTime) -> None:
    sandbox.fault("lost_answer", **SUBMIT)
    task = send(deferrable=True)
    with pytest.raises(TaskDeferred) as first:
        task.execute(context())
    assert first.value.method_name == "resume"
    for _ in range(10):
        leaping.sleep(1)
        try:
            answer = send(deferrable=True).resume(context(), None)
        except TaskDeferred:
            continue
        break
    assert answer["submitted"] == 5
    assert accepted(sandbox) == 5


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"message": "Bonsoir"}, "message"),
        ({"numbers": NUMBERS[:2]}, "list"),
        ({"sender": "OTHER"}, "sender"),
        ({"stop_clause": True}, "STOP clause"),
    ],
)
def test_a_cleared_task_never_passes_for_another_batch(
    sandbox: SandboxProcess, changes: dict[str, Any], says: str
) -> None:
    send().execute(context())
    with pytest.raises(RequestChanged, match=f"its {says} changed"):
        send(**changes).execute(context())
    assert accepted(sandbox) == 5


def test_a_message_to_numbers_or_a_list_at_an_address_is_sent_as_it_is_written(sandbox: SandboxProcess) -> None:
    # only a prepared list has other names of columns than its author's
    send(message="Vue #fenêtre# C##").execute(context())
    assert {each["message"] for each in sandbox.messages(account=sandbox.account_name)} == {"Vue #fenêtre# C##"}


def test_another_account_is_not_observed_for_an_earlier_try(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.add_account("sms-zz00000-1")
    sandbox.fault("lost_answer", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context())
    with monkeypatch.context() as now:
        now.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, account="sms-zz00000-1"))
        with pytest.raises(RequestChanged, match="is now sms-zz00000-1"):
            send().execute(context(try_number=2))
    assert send().execute(context(try_number=3))["submitted"] == 5
    assert accepted(sandbox) == 5


def test_mapped_tasks_have_tags_of_their_own(sandbox: SandboxProcess) -> None:
    tags = {send(numbers=[number]).execute(context(map_index=index))["tag"] for index, number in enumerate(NUMBERS)}
    assert len(tags) == 5
    assert all(len(tag) <= 20 and tag.isascii() for tag in tags)


def test_messages_that_appear_between_two_calls_of_one_observation_are_not_sent_again(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, leaping: LeapingTime
) -> None:
    # they were not there when the tag was counted, and explained the credits a moment later
    sandbox.fault("late_listing", seconds=1, answer="lost", **SUBMIT)
    with pytest.raises(OutcomeUnknown):
        send().execute(context())
    ask = AccountClient.get

    def slow(client: AccountClient) -> Any:
        found = ask(client)
        leaping.sleep(1.2)
        return found

    monkeypatch.setattr(AccountClient, "get", slow)
    answer = send(quiet_period=timedelta(0), reconcile_timeout=timedelta(seconds=20)).execute(context())
    assert answer["submitted"] == accepted(sandbox) == 5


def test_a_request_must_be_over_before_ovh_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    # at OVH itself; the sandbox answers at once
    keys = {"endpoint": "ovh-eu", "consumer_key": "c" * 32, "account": "sms-xx12345-1", "timeout_seconds": 40}
    real = {"conn_type": "ovh_sms", "login": "a" * 16, "password": "s" * 32, "extra": keys}
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", json.dumps(real))
    with pytest.raises(ConfigurationError, match=r"'quiet_period' is 0:01:19 and must be at least 0:01:20"):
        send(quiet_period=timedelta(seconds=79)).execute(context())
