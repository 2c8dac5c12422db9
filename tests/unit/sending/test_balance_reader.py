"""Readings of a real sandbox, with messages of others in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.clock import SystemClock
from ovh_sms.sending.account_balance import SECOND, BalanceReading, explained
from ovh_sms.sending.balance_reader import AccountMessages, BalanceReader
from support.sandbox import SandboxProcess
from unit.sending.balances import first_explained
from unit.sending.other_programs import PEOPLE, Beside, client_of, submit, traffic

READ_CALLS = ("GET /auth/time", "GET /sms/{serviceName}")


@pytest.fixture
def client(sandbox: SandboxProcess) -> Iterator[OvhSmsClient]:
    with client_of(sandbox) as made:
        yield made


def reader(client: OvhSmsClient, clock: SystemClock | None = None) -> BalanceReader:
    return BalanceReader(client=client, clock=clock or SystemClock())


@pytest.mark.usefixtures("leaping")
def test_a_quiet_account_is_read_exactly_by_a_handful_of_calls(sandbox: SandboxProcess, client: OvhSmsClient) -> None:
    client.time()
    sandbox.reset_calls()
    found = reader(client).read()
    assert (found.credits, found.exact, found.second.microsecond) == (1000.0, True, 0)
    assert abs(found.second - datetime.now(UTC)) < timedelta(seconds=5)
    assert sum(sandbox.calls(each) for each in READ_CALLS) <= 9


@pytest.mark.usefixtures("leaping")
def test_few_calls_a_minute_read_a_quiet_account_exactly(sandbox: SandboxProcess) -> None:
    with client_of(sandbox, calls_per_minute=40) as client:
        for _ in range(3):  # the first calls are not paced
            client.account.get()
        assert reader(client).read(tries=2).exact


def test_an_account_that_changes_at_every_turn_is_read_inexactly(sandbox: SandboxProcess, client: OvhSmsClient) -> None:
    others = client_of(sandbox)
    found = reader(client, Beside(lambda: submit(others, PEOPLE[:1]))).read(tries=2)
    others.close()
    assert not found.exact
    assert found.second_after is not None
    assert found.second <= found.second_after <= found.second + 3 * SECOND
    assert found.credits == 1000 - len(sandbox.messages(account=sandbox.account_name))


@pytest.mark.usefixtures("leaping")
def test_an_account_that_ovh_recredits_is_read_as_such(sandbox: SandboxProcess, client: OvhSmsClient) -> None:
    assert not reader(client).read().recredited
    client.account._calls.make("PUT", "/sms/{account}", lambda answer: None, body={"automaticRecreditAmount": 100})
    assert reader(client).read().recredited


@pytest.mark.parametrize("per_second", [0.5, 5.0])
def test_exact_readings_hold_what_was_created_before_their_second(
    sandbox: SandboxProcess, client: OvhSmsClient, per_second: float
) -> None:
    reading = reader(client)
    with traffic(sandbox, per_second):
        found = [each for _ in range(4) if (each := reading.read(tries=5)).exact]
    assert found
    listed = AccountMessages(client).listed(found[0].second - timedelta(minutes=5), found[-1].second)
    assert listed is not None
    for each in found:
        # The sandbox dates a message, and takes its credit a moment later: some may be under way at the very turn.
        under_way = each.credits - 1000 + sum(message.created < each.second for message in listed)
        assert under_way in (0, 1, 2)


def witness(
    client: OvhSmsClient, between: Callable[[], object], *, most: int = 3
) -> tuple[BalanceReading | None, list[BalanceReading]]:
    """Readings before and after something, compared with the messages listed once all is listed.

    :param most: readings that are made as long as none is explained.
    """
    reading, messages = reader(client), AccountMessages(client)
    known = messages.unbilled()
    before = reading.read(tries=8)
    assert before.exact
    between()
    readings: list[BalanceReading] = []
    found = None
    while found is None and len(readings) < most:
        readings.append(reading.read(tries=8))
        listed = messages.listed(before.second, readings[-1].second)
        assert listed is not None
        unbilled = messages.refunded(known, before)
        found = first_explained(before, readings, messages=listed, unbilled=unbilled, least=1.0)
    return found, readings


@pytest.mark.parametrize("per_second", [0.5, 5.0])
def test_messages_of_others_explain_the_credits_of_a_batch_that_never_arrived(
    sandbox: SandboxProcess, client: OvhSmsClient, per_second: float
) -> None:
    with traffic(sandbox, per_second):
        # One reading may find a message that is dated and not billed yet.
        found, readings = witness(client, lambda: None, most=10)
    assert found in readings


@pytest.mark.parametrize(("per_second", "receivers"), [(0.5, 5), (5.0, 1)])
def test_messages_of_others_do_not_explain_a_batch_that_is_not_listed(
    sandbox: SandboxProcess, client: OvhSmsClient, per_second: float, receivers: int
) -> None:
    def batch() -> None:
        # the fault hits the next submission, perhaps one of the others: then theirs is not listed
        sandbox.fault("late_listing", method="POST", path="/sms/*/jobs", seconds=60)
        submit(client, PEOPLE[-receivers:], tag="batch")

    with traffic(sandbox, per_second):
        found, _ = witness(client, batch)
    assert found is None


@pytest.mark.usefixtures("leaping")
def test_refunds_of_older_errors_are_known(sandbox: SandboxProcess, client: OvhSmsClient) -> None:
    reading, messages = reader(client), AccountMessages(client)
    sandbox.account(creditsLeft=6_000)
    submit(client, PEOPLE[:2_000], tag="older")
    known = messages.unbilled()
    before = reading.read()
    sandbox.clock(advance=300)  # they leave, and some fail
    after = reading.read()
    refunded = messages.refunded(known, before)
    assert refunded == after.credits - before.credits > 0
    assert explained(before, after, messages=[], unbilled=refunded, least=1.0)
    assert not explained(before, after, messages=[], unbilled=refunded + 1, least=1.0)


@pytest.mark.usefixtures("leaping")
def test_messages_are_listed_once_from_pending_to_outgoing(sandbox: SandboxProcess, client: OvhSmsClient) -> None:
    messages, since = AccountMessages(client), reader(client).read().second
    submit(client, PEOPLE[:60])
    until = reader(client).read().second
    sandbox.reset_calls()
    counts = []
    for advance in (0, 0.6, 300, 0):
        sandbox.clock(advance=advance)
        listed = messages.listed(since, until)
        assert listed is not None
        counts.append(len(listed))
    assert counts == [60] * 4
    assert messages.listed(since - 2 * SECOND, since) == []
    assert sandbox.calls("GET /sms/{serviceName}/jobs/{id}") <= 4


@pytest.mark.usefixtures("leaping")
def test_pending_messages_known_to_be_older_are_not_read(sandbox: SandboxProcess, client: OvhSmsClient) -> None:
    since = reader(client).read().second
    submit(client, PEOPLE[:3])
    until = reader(client).read().second
    waiting = client.jobs.pending_ids()
    sandbox.reset_calls()
    assert AccountMessages(client).listed(since, until, ids_before=waiting) is not None
    assert sandbox.calls("GET /sms/{serviceName}/jobs/{id}") == 0


def test_too_many_messages_to_be_read_are_undecidable(sandbox: SandboxProcess, client: OvhSmsClient) -> None:
    sandbox.account(creditsLeft=6_000)
    since = reader(client).read().second
    submit(client, PEOPLE[:5_001])
    assert AccountMessages(client).listed(since, since + timedelta(minutes=1)) is None
