"""A batch is submitted once, with every answer of OVH and without any."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import NEVER_EXPIRE
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.api.account import AccountClient
from ovh_sms.assets import CAMPAIGN_SENT
from ovh_sms.errors import ConfigurationError, JournalUnavailable, OutcomeUnknown, RequestChanged
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.messaging.tag import submission_tag
from support.airflow_task import Store, context
from support.sandbox import SandboxProcess
from support.stores import new_store
from unit.operators.sends import NUMBERS, SUBMIT, accepted, send


def test_sends_once_and_hands_on_counts_but_no_numbers(sandbox: SandboxProcess) -> None:
    given = context(Store())
    answer = send(outlets=[CAMPAIGN_SENT], campaign="spring").execute(given)
    assert (answer["submitted"], answer["refused"], answer["credits_spent"]) == (5, 0, 5)
    assert answer["tag"] == submission_tag("a_dag", "run_1", "send")
    assert given["outlet_events"][CAMPAIGN_SENT].extra == answer
    assert "+336" not in str(answer)
    assert "Bonjour" not in str(answer)
    assert sorted(m["receiver"] for m in sandbox.messages(answer["tag"], account=sandbox.account_name)) == NUMBERS


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


def test_a_part_is_left_to_a_person(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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
    for wrong in ("000000 sent", f"{code} send", "sent", code):  # another unknown outcome; some have it already
        monkeypatch.setenv(variable, wrong)
        assert unknown_outcome(store) == (tag, code)
    monkeypatch.setenv(variable, f"{code} sent")
    answer = send().execute(context(store))
    assert (answer["submitted"], answer["resolution"]) == (3, "sent")
    assert send().execute(context(store)) == answer
    assert accepted(sandbox) == 3


def test_credits_that_are_gone_leave_it_to_a_person(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_task_that_airflow_has_forgotten_gives_its_answer_again(sandbox: SandboxProcess) -> None:
    first = send().execute(context(Store()))
    assert send().execute(context(Store())) == first
    assert accepted(sandbox) == 5


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"message": "Bonsoir"}, "message"), ({"numbers": NUMBERS[:2]}, "list"), ({"sender": "OTHER"}, "sender")],
)
def test_a_cleared_task_never_passes_for_another_batch(
    sandbox: SandboxProcess, changes: dict[str, Any], says: str
) -> None:
    store = Store()
    send().execute(context(store))
    with pytest.raises(RequestChanged, match=f"its {says} changed"):
        send(**changes).execute(context(store))
    assert accepted(sandbox) == 5


def test_mapped_tasks_have_tags_of_their_own(sandbox: SandboxProcess) -> None:
    tags = {
        send(numbers=[number]).execute(context(Store(), map_index=index))["tag"] for index, number in enumerate(NUMBERS)
    }
    assert len(tags) == 5
    assert all(len(tag) <= 20 and tag.isascii() for tag in tags)


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
