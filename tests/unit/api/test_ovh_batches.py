"""OVH batches through the client: made once, found by name, cancelled, counted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.ovh_batches import batch_body
from ovh_sms.errors import ConfigurationError, NotFound, OutcomeUnknown, RequestRefused
from support.sandbox import SandboxProcess
from unit.api.samples import NUMBERS, submission


def later(sandbox: SandboxProcess) -> datetime:
    """A moment of the sandbox's own days, in whole seconds."""
    now = datetime.fromisoformat(sandbox.ask("GET", "/health")["now"])
    return now.replace(microsecond=0) + timedelta(minutes=20)


@pytest.fixture(autouse=True)
def _a_clock_that_only_the_test_moves(sandbox: SandboxProcess) -> None:
    sandbox.clock(speed=0)


def test_an_ovh_batch_is_found_by_its_name(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    leaves_at = later(sandbox)
    made = client.ovh_batches.create(submission(tag="spring"), leaves_at=leaves_at)
    client.ovh_batches.create(submission(tag="other"), leaves_at=leaves_at)
    assert client.ovh_batches.named("spring") == [made] == [client.ovh_batches.get(made.id)]
    assert (made.status, made.records, made.leaves) == ("pending", len(made.receivers or []), leaves_at)
    assert not made.is_read
    assert "+33" not in repr(made)


def test_its_messages_have_the_tag_and_leave_when_due(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    made = client.ovh_batches.create(submission(tag="spring"), leaves_at=later(sandbox))
    sandbox.clock(advance=60)
    assert client.outgoing.ids(tag="spring") == []
    assert client.ovh_batches.get(made.id).is_read
    sandbox.clock(advance=10 * 86_400)
    assert len(client.outgoing.ids(tag="spring")) == made.records
    counted = client.ovh_batches.statistics(made.id)
    assert (counted.final, counted.pending, counted.sent) == (made.records, 0, 0)
    assert counted.credits == made.credits_estimated


def test_a_cancelled_ovh_batch_stays_in_the_list_as_cancelled(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    made = client.ovh_batches.create(submission(tag="spring"), leaves_at=later(sandbox))
    assert client.ovh_batches.cancel(made.id).is_cancelled
    with pytest.raises(RequestRefused):
        client.ovh_batches.cancel(made.id)
    assert [each.is_cancelled for each in client.ovh_batches.named("spring")] == [True]
    assert sandbox.truth()["accepted"] == 0


def test_a_lost_answer_is_an_unknown_outcome_and_is_not_repeated(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", method="POST", path="/sms/*/batches")
    with pytest.raises(OutcomeUnknown):
        client.ovh_batches.create(submission(tag="spring"), leaves_at=later(sandbox))
    assert len(client.ovh_batches.named("spring")) == 1


def test_receivers_who_get_nothing_are_named_once_it_is_read(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    sandbox.block(NUMBERS[0])
    made = client.ovh_batches.create(submission(tag="spring", receivers=NUMBERS[:2]), leaves_at=later(sandbox))
    assert made.refused == []
    sandbox.clock(advance=3)
    assert [each.receiver for each in client.ovh_batches.get(made.id).refused] == [NUMBERS[0]]


def test_an_unknown_ovh_batch_is_not_found(client: OvhSmsClient) -> None:
    with pytest.raises(NotFound):
        client.ovh_batches.get("00000000-0000-4000-8000-000000000000")


def test_a_list_at_an_address_is_refused_before_anything_is_sent(client: OvhSmsClient) -> None:
    given = submission(receivers=None, document_url="http://127.0.0.1/list.csv")
    with pytest.raises(ConfigurationError, match="no list at an address"):
        batch_body(given, client.time())
