from __future__ import annotations

import time
from datetime import timedelta
from urllib.request import urlopen

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.errors import NotFound, Unavailable
from support.fake_clock import FakeClock
from support.sandbox import SandboxProcess
from unit.api.samples import NUMBERS, submission


@pytest.fixture
def sent(client: OvhSmsClient, sandbox: SandboxProcess) -> SandboxProcess:
    client.jobs.submit(submission(receivers=NUMBERS))
    sandbox.clock(advance=86_400)
    return sandbox


@pytest.mark.parametrize("pagination", [True, False])
def test_counts_are_exact_with_and_without_pages(client: OvhSmsClient, sent: SandboxProcess, pagination: bool) -> None:
    sent.features(pagination=pagination)
    truth = sent.truth("spring")
    assert client.outgoing.count(tag="spring") == truth["accepted"] == len(NUMBERS)
    assert client.outgoing.count(tag="spring", delivery_receipt=1) == truth["delivered"]
    failed = sum(client.outgoing.count(tag="spring", delivery_receipt=receipt) for receipt in (2, 16))
    assert failed == truth["failed"]
    assert client.outgoing.count(tag="nobody") == 0


def test_a_count_is_never_an_old_one(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    sandbox.features(cache_seconds=300)
    try:
        assert client.outgoing.count(tag="spring") == 0
        client.jobs.submit(submission(stop_clause=False))
        sandbox.clock(advance=60)
        assert client.outgoing.count(tag="spring") == 3
        sandbox.clock(advance=3 * 86_400)
        assert client.outgoing.count(tag="spring", delivery_receipt=0) == 0
    finally:
        sandbox.features(cache_seconds=0)


def test_a_single_message_is_counted_too(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    client.jobs.submit(submission(receivers=NUMBERS[:1]))
    sandbox.clock(advance=86_400)
    for pagination in (True, False):
        sandbox.features(pagination=pagination)
        assert client.outgoing.count(tag="spring") == 1


def test_messages_are_listed_by_tag_and_time(client: OvhSmsClient, sent: SandboxProcess) -> None:
    ids = client.outgoing.ids(tag="spring")
    assert len(ids) == len(NUMBERS)
    created = client.outgoing.get(ids[0]).created
    assert ids[0] in client.outgoing.ids(created_from=created, created_to=created)
    assert client.outgoing.ids(tag="spring", created_to=created - timedelta(days=1)) == []
    assert client.outgoing.ids(tag="spring", created_from=created + timedelta(days=2)) == []
    with pytest.raises(NotFound):
        client.outgoing.get(1)


@pytest.mark.parametrize(("bulk", "calls"), [(True, 3), (False, 1 + len(NUMBERS))])
def test_many_messages_take_few_calls_if_ovh_allows_it(
    client: OvhSmsClient, sent: SandboxProcess, bulk: bool, calls: int
) -> None:
    sent.features(batch_header=bulk)
    ids = client.outgoing.ids(tag="spring")
    sent.reset_calls()
    steps: list[tuple[int, int]] = []
    found = list(client.outgoing.iter(ids, progress=lambda done, of: steps.append((done, of))))
    assert [one.id for one in found] == ids
    assert sorted(one.receiver for one in found) == NUMBERS
    assert {one.tag for one in found} == {"spring"}
    assert sent.calls("GET /sms/{serviceName}/outgoing/{id}") == calls
    assert steps == [(50, 120), (100, 120), (120, 120)]
    delivered = [one for one in found if one.delivery_receipt == 1]
    assert len(delivered) == sent.truth("spring")["delivered"]
    assert all(one.sent_at and one.delivered_at and one.sent_at <= one.delivered_at for one in delivered)


@pytest.mark.parametrize(
    ("bulk", "most", "calls", "read"),
    [(True, 3, 3, True), (True, 2, 0, False), (False, 121, 121, True), (False, 120, 1, False), (False, 2, 0, False)],
)
def test_many_messages_are_read_in_so_many_calls_or_not_at_all(
    client: OvhSmsClient, sent: SandboxProcess, bulk: bool, most: int, calls: int, read: bool
) -> None:
    sent.features(batch_header=bulk)
    ids = client.outgoing.ids(tag="spring")
    sent.reset_calls()
    found = client.outgoing.read_within(ids, most)
    assert (None if found is None else [one.id for one in found]) == (ids if read else None)
    assert sent.calls("GET /sms/{serviceName}/outgoing/{id}") == calls


def test_a_client_tries_only_once_to_read_several_at_a_time(client: OvhSmsClient, sent: SandboxProcess) -> None:
    sent.features(batch_header=False)
    ids = client.outgoing.ids(tag="spring")[:2]
    sent.reset_calls()
    for _ in range(2):
        assert len(list(client.outgoing.iter(ids))) == 2
    assert sent.calls("GET /sms/{serviceName}/outgoing/{id}") == 1 + 2 + 2


def test_an_unknown_message_among_many_is_an_error(client: OvhSmsClient, sent: SandboxProcess) -> None:
    ids = client.outgoing.ids(tag="spring")[:3]
    with pytest.raises(NotFound):
        list(client.outgoing.iter([*ids, 1]))


@pytest.mark.parametrize("bulk", [True, False])
def test_opt_outs_are_listed_and_read(client: OvhSmsClient, sandbox: SandboxProcess, bulk: bool) -> None:
    for start in (0, 400):  # one request takes at most 500
        client.jobs.submit(submission(receivers=[f"+3363998{number:04d}" for number in range(start, start + 400)]))
    sandbox.clock(advance=86_400)
    sandbox.features(batch_header=bulk)
    stopped = client.blacklists.numbers()
    assert len(stopped) == sandbox.truth("spring")["stops"]
    assert len(stopped) >= 2, "the sample should hold several STOPs"
    entries = list(client.blacklists.iter(stopped))
    assert [entry.number for entry in entries] == stopped
    assert client.blacklists.get(stopped[0]) == entries[0]
    assert {entry.outgoing_id for entry in entries} <= set(client.outgoing.ids(tag="spring"))
    with pytest.raises(NotFound):
        client.blacklists.get("+33639989999")


def test_one_export_holds_all(client: OvhSmsClient, clock: FakeClock, sent: SandboxProcess) -> None:
    clock.on_sleep = lambda seconds: time.sleep(1.2)  # the sandbox takes one real second
    document = client.outgoing.export(tag="spring")
    assert document.size > 0
    assert clock.sleeps == [1.0], "the file should not be ready at the first read"
    with urlopen(document.get_url, timeout=10) as answer:
        text = answer.read().decode()
    assert text.startswith("id;date;sender;receiver")
    assert all(number.lstrip("+") in text for number in NUMBERS)


def test_an_export_that_is_never_filled_ends_unavailable(
    client: OvhSmsClient, clock: FakeClock, sent: SandboxProcess
) -> None:
    sent.clock(speed=0)
    with pytest.raises(Unavailable, match="within 20 s"):
        client.outgoing.export(tag="spring", wait_seconds=20)
    assert clock.sleeps == [1.0, 1.0, 1.0, 1.5, 2.25, 3.375, 5.0, 5.0]


def test_operator_codes_are_explained(client: OvhSmsClient) -> None:
    assert client.outgoing.operator_code(4).comment
