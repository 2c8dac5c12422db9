"""A campaign's calls, from the list to the sending, against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.request import Request, urlopen

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.job_request import JobRequest
from ovh_sms.errors import ConfigurationError, NotFound, RequestRefused
from support.sandbox import SandboxProcess

MakeClient = Callable[..., OvhSmsClient]

NUMBERS = [f"+3363998{number:04d}" for number in range(120)]


def job(**given: object) -> JobRequest:
    settings: dict[str, object] = {
        "message": "Bonjour",
        "stop_clause": True,
        "tag": "spring",
        "receivers": NUMBERS[:3],
        "sender": "MYSHOP",
    }
    return JobRequest(**{**settings, **given})  # type: ignore[arg-type]


def put(url: str, text: str) -> None:
    with urlopen(Request(url, text.encode(), method="PUT"), timeout=10) as answer:
        assert answer.status < 300


def upload(client: OvhSmsClient, rows: list[str], header: str = "number;prenom") -> str:
    document = client.create_document("list.csv", tags={"campaign": "spring"})
    put(document.put_url, "\n".join([header, *rows]) + "\n")
    return document.id


def test_account_and_senders_in_a_campaigns_words(client: OvhSmsClient) -> None:
    account = client.account()
    assert (account.name, account.status, account.credits_left) == ("sms-sb00001-1", "enabled", 100_000)
    assert client.accounts() == ["sms-sb00001-1", "sms-sb00001-2"]
    senders = {name: client.sender(name) for name in client.senders()}
    assert {name: sender.status for name, sender in senders.items()} == {
        "MYSHOP": "enabled",
        "REFUSED": "refused",
        "WAITING": "waiting validation",
    }
    assert [name for name, sender in senders.items() if sender.is_enabled] == ["MYSHOP"]
    assert senders["REFUSED"].comment


def test_an_estimate_counts_the_stop_clause(client: OvhSmsClient) -> None:
    short, long = client.estimate("Bonjour", stop_clause=False), client.estimate("Bonjour", stop_clause=True)
    assert (short.characters, long.characters) == (7, 18)
    assert (short.encoding, short.parts) == ("7bits", 1)
    assert client.estimate("Bonjour ô", stop_clause=False).encoding == "unicode"


def test_a_list_goes_by_a_document_into_a_slot_and_back(client: OvhSmsClient) -> None:
    document_id = upload(client, [f"{number};Zoe" for number in NUMBERS[:5]])
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    client.expire_document(document_id, expires)
    document = client.document(document_id)
    assert (document.name, document.expires) == ("list.csv", expires)
    assert document.size > 0
    assert "http" not in repr(document)
    slot = client.create_slot(4, description="spring 0123", document_id=document_id)
    assert (slot.number, slot.description, slot.records) == (4, "spring 0123", 5)
    assert client.slots() == [4]
    assert client.slot(4) == slot
    assert client.slot_csv(4).splitlines()[:2] == ["number;prenom", f"{NUMBERS[0]};Zoe"]
    client.delete_document(document_id)
    client.delete_slot(4)
    assert client.slots() == []
    for gone in (lambda: client.slot(4), lambda: client.delete_slot(4), lambda: client.document(document_id)):
        with pytest.raises(NotFound):
            gone()


def test_a_list_that_ovh_does_not_take_is_refused_with_its_line(client: OvhSmsClient) -> None:
    document_id = upload(client, [f"{NUMBERS[0]};Zoe", f"{NUMBERS[1]};Zoë"])
    with pytest.raises(RequestRefused, match="on line 3") as caught:
        client.create_slot(1, description="bad", document_id=document_id)
    assert NUMBERS[0] not in str(caught.value)
    assert client.slots() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"description": "x"},
        {"description": "x", "document_id": "a", "csv_url": "b"},
        {"description": "", "document_id": "a"},
        {"description": "x" * 41, "document_id": "a"},
    ],
)
def test_a_slot_that_cannot_be_is_refused_before_any_call(
    client: OvhSmsClient, sandbox: SandboxProcess, wrong: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError):
        client.create_slot(1, **wrong)  # type: ignore[arg-type]
    assert sandbox.calls("POST /sms/{serviceName}/receivers") == 0


def test_a_sending_by_slot_merges_and_is_counted_by_tag(
    client: OvhSmsClient, sandbox: SandboxProcess
) -> None:
    document_id = upload(client, [f"{number};N{index}" for index, number in enumerate(NUMBERS)])
    client.create_slot(1, description="spring", document_id=document_id)
    answer = client.send_job(job(message="Bonjour #prenom#", receivers=None, slot=1))
    assert len(answer.ids) == len(set(answer.ids)) == len(NUMBERS)
    assert (answer.tag, answer.credits_removed) == ("spring", len(NUMBERS))
    truth = sandbox.truth("spring")
    assert (truth["accepted"], truth["twice"]) == (len(NUMBERS), 0)
    assert "Bonjour N7" in {message["message"].splitlines()[0] for message in sandbox.messages("spring")}


def test_a_number_that_cannot_be_is_told_and_the_others_are_sent(
    client: OvhSmsClient, sandbox: SandboxProcess
) -> None:
    answer = client.send_job(job(receivers=[NUMBERS[0], "+3312345"]))
    assert (answer.valid, answer.invalid) == ([NUMBERS[0]], ["+3312345"])
    assert sandbox.truth("spring")["accepted"] == 1


def test_a_waiting_message_can_be_read_and_taken_back(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    answer = client.send_job(job(delay_minutes=60, stop_clause=False))
    assert sorted(client.pending_jobs()) == sorted(answer.ids)
    waiting = client.job(answer.ids[0])
    assert (waiting.receiver, waiting.sender, waiting.delay_minutes) == (NUMBERS[0], "MYSHOP", 60)
    assert waiting.created.utcoffset() == timedelta(0)
    assert NUMBERS[0] not in repr(waiting)
    for number in answer.ids:
        client.cancel_job(number)
    assert client.pending_jobs() == []
    with pytest.raises(NotFound):
        client.cancel_job(answer.ids[0])
    sandbox.clock(advance=7200)
    truth = sandbox.truth("spring")
    assert truth["sent"] == truth["delivered"] == 0
