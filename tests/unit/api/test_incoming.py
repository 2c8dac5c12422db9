"""Replies as OVH lists and reads them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.errors import NotFound
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


def test_replies_are_listed_by_time_sender_and_tag(
    client: OvhSmsClient, sandbox: SandboxProcess, people: list[str]
) -> None:
    first = sandbox.reply(people[0], "OUI")["id"]
    sandbox.clock(advance=3_600)
    second = sandbox.reply(people[1], "NON", tag=None)["id"]
    at = client.incoming.get(first).created
    assert sorted(client.incoming.ids()) == sorted([first, second])
    assert client.incoming.ids(created_from=at, created_to=at) == [first]
    assert client.incoming.ids(created_from=at + timedelta(seconds=1)) == [second]
    assert client.incoming.ids(sender=people[1]) == [second]
    assert client.incoming.ids(tag="spring") == [first]
    assert client.incoming.get(second).tag == ""


@pytest.mark.parametrize(("bulk", "calls"), [(True, 2), (False, 1 + 110)])
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
