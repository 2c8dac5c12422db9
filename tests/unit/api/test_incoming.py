"""Replies as OVH lists and reads them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ovh_sms.api.bulk_reads import MOST_IN_A_ROW
from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.models_incoming import IncomingMessage
from ovh_sms.errors import NotFound, Unavailable
from support.sandbox import SandboxProcess
from unit.api.samples import NUMBERS, submission

ONE = "GET /sms/{serviceName}/incoming/{id}"


@pytest.fixture
def people(client: OvhSmsClient, sandbox: SandboxProcess) -> list[str]:
    """Those who have got a message that they can answer."""
    sandbox.account(creditsLeft=10_000)
    ask = submission(
        receivers=NUMBERS, sender=None, sender_for_response=True, stop_clause=False, message="Venez-vous ?"
    )
    client.jobs.submit(ask)
    sandbox.clock(advance=3_600)
    return [each["receiver"] for each in sandbox.messages("spring") if each["delivery_receipt"] == 1]


def test_a_reply_is_read_with_its_tag_number_text_and_credits(
    client: OvhSmsClient, sandbox: SandboxProcess, people: list[str]
) -> None:
    made = sandbox.reply(people[0], "Oui à 9 h")
    (number,) = client.incoming.ids()
    found = client.incoming.get(number)
    assert (found.id, found.sender, found.message, found.tag) == (made["id"], people[0], "Oui à 9 h", "spring")
    assert found.credits == 1
    assert people[0] not in repr(found)
    assert "Oui" not in repr(found)


def test_a_nul_in_a_reply_which_no_database_takes_is_left_out() -> None:
    given = {"id": 1, "creationDatetime": "2026-11-30T10:00:00+01:00", "credits": 1.0}
    found = IncomingMessage.model_validate({**given, "sender": "MY\0SHOP", "message": "ST\0OP", "tag": "\0spring"})
    assert (found.sender, found.message, found.tag) == ("MYSHOP", "STOP", "spring")


def test_replies_are_listed_by_time_and_tag(client: OvhSmsClient, sandbox: SandboxProcess, people: list[str]) -> None:
    first = sandbox.reply(people[0], "OUI")["id"]
    sandbox.clock(advance=3_600)
    second = sandbox.reply(people[1], "NON", tag=None)["id"]
    at = client.incoming.get(first).created
    assert sorted(client.incoming.ids()) == sorted([first, second])
    assert client.incoming.ids(created_from=at, created_to=at) == [first]
    assert client.incoming.ids(created_from=at + timedelta(seconds=1)) == [second]
    assert client.incoming.ids(tag="spring") == [first]
    assert client.incoming.get(second).tag == ""


@pytest.mark.parametrize(("bulk", "calls"), [(True, 2), (False, 2 + 110)])
def test_many_replies_take_few_calls_if_ovh_allows_it(
    client: OvhSmsClient, sandbox: SandboxProcess, people: list[str], bulk: bool, calls: int
) -> None:
    sandbox.features(batch_header=bulk)
    for at in range(110):
        sandbox.reply(people[at % len(people)], f"OUI {at}")
    ids = client.incoming.ids()
    sandbox.reset_calls()
    found = list(client.incoming.iter(ids))
    assert [each.id for each in found] == ids
    assert {each.message for each in found} == {f"OUI {at}" for at in range(110)}
    assert sandbox.calls(ONE) == calls


@pytest.mark.parametrize("bulk", [True, False])
def test_a_reply_that_somebody_deleted_at_ovh_is_left_out(
    client: OvhSmsClient, sandbox: SandboxProcess, people: list[str], bulk: bool
) -> None:
    sandbox.features(batch_header=bulk)
    ids = [sandbox.reply(person, "OUI")["id"] for person in people[:3]]
    assert [each.id for each in client.incoming.iter([ids[0], 1, *ids[1:]])] == ids
    with pytest.raises(NotFound):
        client.incoming.get(1)


@pytest.mark.parametrize(("most", "calls"), [(50, 1 + 3), (20, 2 + 110)])
def test_fewer_are_read_in_a_call_if_ovh_refuses_a_hundred(
    client: OvhSmsClient, sandbox: SandboxProcess, people: list[str], most: int, calls: int
) -> None:
    sandbox.features(batch_most=most)
    ids = [sandbox.reply(people[at % len(people)], f"OUI {at}")["id"] for at in range(110)]
    sandbox.reset_calls()
    assert [each.id for each in client.incoming.iter(ids)] == ids
    assert sandbox.calls(ONE) == calls
    sandbox.reset_calls()
    assert [each.id for each in client.incoming.read(ids).found] == ids
    assert sandbox.calls(ONE) == (3 if most == 50 else 110), "what OVH refuses is not tried again"


@pytest.mark.parametrize("how", ["types", "error"])
@pytest.mark.parametrize("bulk", [True, False])
def test_one_that_cannot_be_read_holds_none_of_the_others_up(
    client: OvhSmsClient, sandbox: SandboxProcess, people: list[str], bulk: bool, how: str
) -> None:
    ids = [sandbox.reply(person, "OUI")["id"] for person in people[:6]]
    sandbox.features(batch_header=bulk, broken_replies={str(ids[2]): how})
    found = client.incoming.read([*ids, 1])
    assert [each.id for each in found.found] == [*ids[:2], *ids[3:]]
    assert (list(found.unreadable), found.gone, found.stopped_by) == ([ids[2]], [1], None)
    assert not any(person.removeprefix("+") in str(found.unreadable) for person in people)


def test_an_outage_is_no_fault_of_the_replies(client: OvhSmsClient, sandbox: SandboxProcess, people: list[str]) -> None:
    ids = [sandbox.reply(people[at % len(people)], "OUI")["id"] for at in range(150)]
    sandbox.features(batch_header=False)
    sandbox.fault("status", status=503, method="GET", path="/sms/*/incoming/*", times=None, after=20)
    found = client.incoming.read(ids)
    assert isinstance(found.stopped_by, Unavailable)
    assert len(found.unreadable) <= MOST_IN_A_ROW
    assert len(found.found) < 20
