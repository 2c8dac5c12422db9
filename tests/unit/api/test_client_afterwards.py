"""What became of a sending: counts, messages, STOPs and the export, against the sandbox."""

from __future__ import annotations

import time
from datetime import timedelta
from urllib.request import urlopen

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.errors import NotFound, Unavailable
from support.sandbox import SandboxProcess
from unit.api.test_client_sending import NUMBERS, MakeClient, job


class TestAfterwards:
    @pytest.fixture
    def sent(self, client: OvhSmsClient, sandbox: SandboxProcess) -> SandboxProcess:
        client.send_job(job(receivers=NUMBERS))
        sandbox.clock(advance=86_400)
        return sandbox

    @pytest.mark.parametrize("pagination", [True, False])
    def test_counts_are_the_truth_with_and_without_pages(
        self, client: OvhSmsClient, sent: SandboxProcess, pagination: bool
    ) -> None:
        sent.features(pagination=pagination)
        truth = sent.truth("spring")
        assert client.count_outgoing(tag="spring") == truth["accepted"] == len(NUMBERS)
        assert client.count_outgoing(tag="spring", delivery_receipt=1) == truth["delivered"]
        failed = sum(client.count_outgoing(tag="spring", delivery_receipt=receipt) for receipt in (2, 16))
        assert failed == truth["failed"]
        assert client.count_outgoing(tag="nobody") == 0

    def test_a_count_is_never_an_old_one(self, client: OvhSmsClient, sandbox: SandboxProcess) -> None:
        """What is decided by it must not rest on a page that OVH kept."""
        sandbox.features(cache_seconds=300)
        try:
            assert client.count_outgoing(tag="spring") == 0
            client.send_job(job(stop_clause=False))
            sandbox.clock(advance=60)
            assert client.count_outgoing(tag="spring") == 3
            sandbox.clock(advance=3 * 86_400)
            assert client.count_outgoing(tag="spring", delivery_receipt=0) == 0
        finally:
            sandbox.features(cache_seconds=0)

    def test_a_single_message_is_counted_too(self, client: OvhSmsClient, sandbox: SandboxProcess) -> None:
        client.send_job(job(receivers=NUMBERS[:1]))
        sandbox.clock(advance=86_400)
        for pagination in (True, False):
            sandbox.features(pagination=pagination)
            assert client.count_outgoing(tag="spring") == 1

    def test_messages_are_listed_by_tag_and_time(self, client: OvhSmsClient, sent: SandboxProcess) -> None:
        ids = client.outgoing_ids(tag="spring")
        assert len(ids) == len(NUMBERS)
        created = client.outgoing(ids[0]).created
        assert ids[0] in client.outgoing_ids(created_from=created, created_to=created)
        assert client.outgoing_ids(tag="spring", created_to=created - timedelta(days=1)) == []
        assert client.outgoing_ids(tag="spring", created_from=created + timedelta(days=2)) == []
        with pytest.raises(NotFound):
            client.outgoing(1)

    @pytest.mark.parametrize(("batch", "calls"), [(True, 3), (False, 1 + len(NUMBERS))])
    def test_many_messages_take_few_calls_where_ovh_allows_it(
        self, client: OvhSmsClient, sent: SandboxProcess, batch: bool, calls: int
    ) -> None:
        sent.features(batch_header=batch)
        ids = client.outgoing_ids(tag="spring")
        sent.reset_calls()
        steps: list[tuple[int, int]] = []
        found = list(client.outgoing_many(ids, progress=lambda done, of: steps.append((done, of))))
        assert [one.id for one in found] == ids
        assert sorted(one.receiver for one in found) == NUMBERS
        assert {one.tag for one in found} == {"spring"}
        assert sent.calls("GET /sms/{serviceName}/outgoing/{id}") == calls
        assert steps == [(50, 120), (100, 120), (120, 120)]
        delivered = [one for one in found if one.delivery_receipt == 1]
        assert len(delivered) == sent.truth("spring")["delivered"]
        assert all(one.sent_at and one.delivered_at and one.sent_at <= one.delivered_at for one in delivered)

    def test_an_unknown_message_among_many_is_not_passed_over(
        self, client: OvhSmsClient, sent: SandboxProcess
    ) -> None:
        ids = client.outgoing_ids(tag="spring")[:3]
        with pytest.raises(NotFound):
            list(client.outgoing_many([*ids, 1]))

    @pytest.mark.parametrize("batch", [True, False])
    def test_stops_are_listed_and_read(
        self, client: OvhSmsClient, sandbox: SandboxProcess, batch: bool
    ) -> None:
        for start in (0, 400):  # one request takes at most 500
            client.send_job(job(receivers=[f"+3363998{number:04d}" for number in range(start, start + 400)]))
        sandbox.clock(advance=86_400)
        sandbox.features(batch_header=batch)
        stopped = client.blacklist()
        assert len(stopped) == sandbox.truth("spring")["stops"]
        assert len(stopped) >= 2, "the sample should hold several STOPs"
        entries = list(client.blacklist_many(stopped))
        assert [entry.number for entry in entries] == stopped
        assert client.blacklist_entry(stopped[0]) == entries[0]
        assert {entry.outgoing_id for entry in entries} <= set(client.outgoing_ids(tag="spring"))
        with pytest.raises(NotFound):
            client.blacklist_entry("+33639989999")

    def test_one_export_holds_all(self, make_client: MakeClient, sent: SandboxProcess) -> None:
        waits: list[float] = []

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            time.sleep(min(seconds, 0.3))  # an export takes the sandbox a second of real time

        document = make_client(sleep=sleep).export_outgoing(tag="spring")
        assert document.size > 0
        assert 5.0 in waits, "the file should not be ready at the first look"
        with urlopen(document.get_url, timeout=10) as answer:
            text = answer.read().decode()
        assert text.startswith("id;date;sender;receiver")
        assert all(number.lstrip("+") in text for number in NUMBERS)

    def test_an_export_that_never_comes_is_given_up(
        self, make_client: MakeClient, sent: SandboxProcess
    ) -> None:
        waits: list[float] = []
        sent.clock(speed=0)
        client = make_client(sleep=waits.append)
        with pytest.raises(Unavailable, match="within 20 s"):
            client.export_outgoing(tag="spring", wait_seconds=20)
        assert waits.count(5.0) == 4

    def test_operator_codes_are_explained(self, client: OvhSmsClient) -> None:
        assert client.operator_code(4).comment
