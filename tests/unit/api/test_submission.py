from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.request import Request, urlopen

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.errors import ConfigurationError, NotFound, RequestRefused
from support.sandbox import SandboxProcess
from unit.api.samples import NUMBERS, submission


def put(url: str, text: str) -> None:
    with urlopen(Request(url, text.encode(), method="PUT"), timeout=10) as answer:
        assert answer.status < 300


def upload(client: OvhSmsClient, rows: list[str], header: str = "number;prenom") -> str:
    document = client.documents.create("list.csv", tags={"campaign": "spring"})
    put(document.put_url, "\n".join([header, *rows]) + "\n")
    return document.id


def test_account_and_senders_are_read_in_the_words_of_a_campaign(client: OvhSmsClient) -> None:
    account = client.account.get()
    assert (account.name, account.status, account.credits_left) == ("sms-sb00001-1", "enabled", 100_000)
    assert client.account.names() == ["sms-sb00001-1", "sms-sb00001-2"]
    senders = {name: client.senders.get(name) for name in client.senders.names()}
    assert {name: sender.status for name, sender in senders.items()} == {
        "MYSHOP": "enabled",
        "REFUSED": "refused",
        "WAITING": "waiting validation",
    }
    assert [name for name, sender in senders.items() if sender.is_enabled] == ["MYSHOP"]
    assert senders["REFUSED"].comment


def test_an_estimate_counts_the_stop_clause(client: OvhSmsClient) -> None:
    short, long = (
        client.jobs.estimate("Bonjour", stop_clause=False),
        client.jobs.estimate("Bonjour", stop_clause=True),
    )
    assert (short.characters, long.characters) == (7, 18)
    assert (short.encoding, short.segments) == ("7bits", 1)
    assert client.jobs.estimate("Bonjour ô", stop_clause=False).encoding == "unicode"


def test_receivers_go_by_a_document_into_a_slot_and_back(client: OvhSmsClient) -> None:
    document_id = upload(client, [f"{number};Zoe" for number in NUMBERS[:5]])
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    client.documents.expire(document_id, expires)
    document = client.documents.get(document_id)
    assert (document.name, document.expires) == ("list.csv", expires)
    assert document.size > 0
    assert "http" not in repr(document)
    slot = client.receivers.create(4, description="spring 0123", document_id=document_id)
    assert (slot.number, slot.description, slot.records) == (4, "spring 0123", 5)
    assert client.receivers.ids() == [4]
    assert client.receivers.get(4) == slot
    assert client.receivers.csv(4).splitlines()[:2] == ["number;prenom", f"{NUMBERS[0]};Zoe"]
    client.documents.delete(document_id)
    client.receivers.delete(4)
    assert client.receivers.ids() == []
    for gone in (
        lambda: client.receivers.get(4),
        lambda: client.receivers.delete(4),
        lambda: client.documents.get(document_id),
    ):
        with pytest.raises(NotFound):
            gone()


def test_a_refused_list_names_its_line(client: OvhSmsClient) -> None:
    document_id = upload(client, [f"{NUMBERS[0]};Zoe", f"{NUMBERS[1]};Zoë"])
    with pytest.raises(RequestRefused, match="on line 3") as caught:
        client.receivers.create(1, description="bad", document_id=document_id)
    assert NUMBERS[0] not in str(caught.value)
    assert client.receivers.ids() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"description": "x"},
        {"description": "x", "document_id": "a", "csv_url": "b"},
        {"description": "", "document_id": "a"},
        {"description": "x" * 41, "document_id": "a"},
    ],
)
def test_an_impossible_slot_is_refused_before_any_call(
    client: OvhSmsClient, sandbox: SandboxProcess, wrong: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError):
        client.receivers.create(1, **wrong)  # type: ignore[arg-type]
    assert sandbox.calls("POST /sms/{serviceName}/receivers") == 0


def test_a_submission_by_slot_merges_columns_and_is_counted_by_tag(
    client: OvhSmsClient, sandbox: SandboxProcess
) -> None:
    document_id = upload(client, [f"{number};N{index}" for index, number in enumerate(NUMBERS)])
    client.receivers.create(1, description="spring", document_id=document_id)
    answer = client.jobs.submit(submission(message="Bonjour #prenom#", receivers=None, slot=1))
    assert len(answer.ids) == len(set(answer.ids)) == len(NUMBERS)
    assert (answer.tag, answer.credits_removed) == ("spring", len(NUMBERS))
    truth = sandbox.truth("spring")
    assert (truth["accepted"], truth["twice"]) == (len(NUMBERS), 0)
    assert "Bonjour N7" in {message["message"].splitlines()[0] for message in sandbox.messages("spring")}


def test_refused_receivers_are_named_and_the_others_get_their_message(
    client: OvhSmsClient, sandbox: SandboxProcess
) -> None:
    answer = client.jobs.submit(submission(receivers=[NUMBERS[0], "+3312345"]))
    assert (answer.accepted, answer.refused) == ([NUMBERS[0]], ["+3312345"])
    assert sandbox.truth("spring")["accepted"] == 1


def test_a_pending_message_is_read_and_withdrawn(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    answer = client.jobs.submit(submission(delay_minutes=60, stop_clause=False))
    assert sorted(client.jobs.pending_ids()) == sorted(answer.ids)
    waiting = client.jobs.get(answer.ids[0])
    assert (waiting.receiver, waiting.sender, waiting.delay_minutes) == (NUMBERS[0], "MYSHOP", 60)
    assert waiting.created.utcoffset() == timedelta(0)
    assert NUMBERS[0] not in repr(waiting)
    for number in answer.ids:
        client.jobs.delete(number)
    assert client.jobs.pending_ids() == []
    with pytest.raises(NotFound):
        client.jobs.delete(answer.ids[0])
    sandbox.clock(advance=7200)
    truth = sandbox.truth("spring")
    assert truth["sent"] == truth["delivered"] == 0
