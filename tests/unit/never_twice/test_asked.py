"""A person decides: on what OVH shows at that moment, never on what it showed when the question was asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.api.outgoing import OutgoingClient
from ovh_sms.errors import OutcomeUnknown, RequestChanged
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.sending import pending_messages as pending
from support.airflow_task import connection
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess
from support.sent import batches, send_batch, upload
from support.tries import NUMBERS, QUICK, SUBMIT_CALL, asked, once, send, stop_once_claimed

#: Seconds after which OVH lists, longer than a task waits for it.
LATE = 60


def wait_listed(leaping: LeapingTime, tag: str, expected: int) -> None:
    """Wait until OVH lists so many messages, out or waiting: marketing waits at night."""
    client = OvhSmsHook().client
    leaping.sleep(LATE)
    assert client.outgoing.count(tag=tag) + len(client.jobs.pending_ids()) == expected


def test_resolved_as_send_observes_again_before_it_sends(sandbox: SandboxProcess, leaping: LeapingTime) -> None:
    # the person checked too early: by now OVH lists all of it
    sandbox.fault("late_listing", seconds=LATE, answer="lost", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    question = asked(lambda: send())
    assert "0 of 5" in question.says
    question.decide("send", although_credits_are_gone=True)
    wait_listed(leaping, question.tag, 5)
    assert send()["submitted"] == 5
    assert send()["submitted"] == 5
    assert once(sandbox) == 5


def test_send_is_not_done_where_a_part_came_up_meanwhile(
    sandbox: SandboxProcess, leaping: LeapingTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_once_claimed(monkeypatch, sandbox, NUMBERS[0])
    sandbox.fault("late_listing", seconds=LATE, answer="lost", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(stop_clause=True)
    question = asked(lambda: send(stop_clause=True))
    question.decide("send", although_credits_are_gone=True)
    wait_listed(leaping, question.tag, 4)
    new = asked(lambda: send(stop_clause=True))
    assert (new.ways, new.code == question.code) == ("sent", False)
    assert once(sandbox) == 4


def test_resolved_as_send_is_not_done_on_another_account(
    sandbox: SandboxProcess, leaping: LeapingTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # there OVH shows nothing of it: everybody would get it once more
    sandbox.add_account("sms-zz00000-2")
    sandbox.fault("late_listing", seconds=LATE, answer="lost", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    question = asked(lambda: send())
    question.decide("send", although_credits_are_gone=True)
    wait_listed(leaping, question.tag, 5)
    with monkeypatch.context() as now:
        now.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, account="sms-zz00000-2"))
        with pytest.raises(RequestChanged, match="is now sms-zz00000-2"):
            send()
    assert send()["submitted"] == 5
    assert once(sandbox) == 5
    assert not sandbox.messages(account="sms-zz00000-2")


def test_send_is_done_where_ovh_has_nothing(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox.fault("reset_before", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    sandbox.account(creditsLeft=500)  # somebody else used some
    asked(lambda: send()).decide("send", although_credits_are_gone=True)
    assert send()["submitted"] == 5
    assert once(sandbox) == 5


def test_an_observation_that_is_not_exhaustive_is_not_shown_as_nothing(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # more messages are pending on the account than one observation reads, those of this batch among them
    sandbox.features(batch_header=False)
    monkeypatch.setattr(pending, "MOST_CALLS", 3)
    later = {"delay_minutes": 60}
    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send(**later)
    question = asked(lambda: send(**later))
    assert "0 of 5" not in question.says
    assert question.ways == "sent"
    question.decide("send", although_credits_are_gone=True)
    assert asked(lambda: send(**later)).ways == "sent"
    assert once(sandbox) == 5


@pytest.mark.parametrize("way", ["sent", None])
def test_the_file_of_those_not_found_is_of_the_last_observation(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str | None
) -> None:
    # OVH listed three of five for long; a campaign to the file would reach the other two twice
    (batch, _) = batches(tmp_path, 100)
    receivers = upload(batch)

    def again() -> dict[str, Any]:
        return send_batch(batch, receivers, **QUICK)

    sandbox.fault("lost_answer", **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        again()
    sandbox.clock(advance=60)
    listed = OutgoingClient.ids
    with monkeypatch.context() as short:
        short.setattr(OutgoingClient, "ids", lambda client, **which: listed(client, **which)[:1])
        question = asked(again)
    assert "1 of 3" in question.says
    (missing,) = tmp_path.rglob("receivers_not_found.csv")
    assert len(missing.read_text().splitlines()) == 3
    if way:
        question.decide(way)
    assert again()["submitted"] == 3
    assert not missing.exists()
    assert once(sandbox) == 3


def test_without_a_decision_it_is_asked_again_and_nothing_is_sent(sandbox: SandboxProcess) -> None:
    sandbox.fault("partial", count=2, **SUBMIT_CALL)
    with pytest.raises(OutcomeUnknown):
        send()
    sandbox.clock(advance=60)
    first = asked(lambda: send())
    with pytest.raises(AirflowFailException, match=first.code):
        send()
    assert once(sandbox) == 2
