"""A campaign's calls, from the list to the delivery receipts, against the sandbox."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.request import Request, urlopen

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.job_request import JobRequest
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.errors import (
    AccountExpired,
    ConfigurationError,
    MissingRight,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    RequestRefused,
    Unavailable,
)
from support.sandbox import SandboxProcess

MakeClient = Callable[..., OvhSmsClient]

NUMBERS = [f"+3363998{number:04d}" for number in range(120)]
POST_JOBS = "POST /sms/{serviceName}/jobs"


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
        assert client.count_outgoing(tag="spring") == 0
        client.send_job(job(stop_clause=False))
        sandbox.clock(advance=60)
        assert client.count_outgoing(tag="spring") == 3
        sandbox.clock(advance=3 * 86_400)
        assert client.count_outgoing(tag="spring", delivery_receipt=0) == 0

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


class TestTrouble:
    def test_a_lost_answer_is_unknown_and_nobody_got_two(
        self, client: OvhSmsClient, sandbox: SandboxProcess
    ) -> None:
        sandbox.fault("lost_answer", method="POST", path="/sms/*/jobs")
        with pytest.raises(OutcomeUnknown):
            client.send_job(job())
        assert sandbox.calls(POST_JOBS) == 1
        assert (sandbox.truth("spring")["accepted"], sandbox.truth("spring")["twice"]) == (3, 0)

    @pytest.mark.parametrize("kind", ["reset_before", "half_body", "wrong_json", "html_502"])
    def test_a_broken_answer_is_unknown_and_sent_once(
        self, client: OvhSmsClient, sandbox: SandboxProcess, kind: str
    ) -> None:
        sandbox.fault(kind, method="POST", path="/sms/*/jobs")
        with pytest.raises(OutcomeUnknown):
            client.send_job(job())
        assert sandbox.calls(POST_JOBS) == 1
        assert sandbox.truth("spring")["accepted"] == (0 if kind in ("reset_before", "html_502") else 3)

    def test_a_slow_answer_is_unknown_and_sent_once(
        self, make_client: MakeClient, sandbox: SandboxProcess
    ) -> None:
        sandbox.fault("slow", method="POST", path="/sms/*/jobs", seconds=1)
        with pytest.raises(OutcomeUnknown):
            make_client(read_timeout=0.3).send_job(job())
        assert sandbox.calls(POST_JOBS) == 1

    def test_a_write_over_the_rate_is_not_executed(
        self, client: OvhSmsClient, sandbox: SandboxProcess
    ) -> None:
        sandbox.fault("status", method="POST", path="/sms/*/jobs", status=429, retry_after=9)
        with pytest.raises(RateLimited) as caught:
            client.send_job(job())
        assert caught.value.retry_after == 9
        assert sandbox.truth()["accepted"] == 0

    @pytest.mark.parametrize("kind", ["reset_before", "lost_answer", "half_body", "wrong_json", "html_502"])
    def test_a_broken_read_is_tried_again(
        self, client: OvhSmsClient, sandbox: SandboxProcess, kind: str
    ) -> None:
        sandbox.fault(kind, method="GET", path="/sms/*/senders", times=2)
        assert "MYSHOP" in client.senders()
        assert sandbox.calls("GET /sms/{serviceName}/senders") == 3

    def test_a_read_over_the_rate_waits_as_long_as_it_is_told(
        self, make_client: MakeClient, sandbox: SandboxProcess
    ) -> None:
        waits: list[float] = []
        client = make_client(sleep=waits.append)
        sandbox.fault("status", method="GET", path="/sms", status=429, retry_after=2)
        assert client.accounts()
        assert [wait for wait in waits if wait >= 2] == [pytest.approx(2.1, abs=0.11)]

    def test_calls_are_paced_and_the_clock_counts_as_one(
        self, make_client: MakeClient, sandbox: SandboxProcess
    ) -> None:
        waits: list[float] = []

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            time.sleep(seconds)

        client = make_client(calls_per_minute=60, sleep=sleep)
        for _ in range(8):
            client.accounts()
        assert waits == []
        client.accounts()  # the tenth with the clock: it is left to a write
        assert waits == [pytest.approx(1.2, abs=0.5)]
        assert sandbox.calls()["total"] == 10

    def test_an_impatient_client_waits_out_the_limit_of_the_other_side(
        self, make_client: MakeClient, sandbox: SandboxProcess
    ) -> None:
        waits: list[float] = []
        sandbox.rate_limit(5)

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            sandbox.rate_limit(None)

        client = make_client(sleep=sleep, retry=RetryPolicy(total_seconds=120))
        for _ in range(6):
            assert client.accounts()
        assert len(waits) == 1
        assert 1 <= waits[0] <= 66

    def test_an_expired_account_is_told_as_such(self, client: OvhSmsClient, sandbox: SandboxProcess) -> None:
        sandbox.account(expired=True)
        for call in (client.account, lambda: client.send_job(job())):
            with pytest.raises(AccountExpired) as caught:
                call()
            assert caught.value.status == 460
            assert "Renew" in caught.value.action
        assert sandbox.truth()["accepted"] == 0

    def test_an_account_of_somebody_else(self, make_client: MakeClient) -> None:
        with pytest.raises(NotFound):
            make_client(account="sms-other-1").account()

    @pytest.mark.parametrize("sender", ["NOBODY", "WAITING", "REFUSED"])
    def test_a_sender_that_may_not_send_is_refused_in_ovhs_words(
        self, client: OvhSmsClient, sandbox: SandboxProcess, sender: str
    ) -> None:
        with pytest.raises(RequestRefused) as caught:
            client.send_job(job(sender=sender))
        assert not isinstance(caught.value, MissingRight)
        assert sandbox.truth()["accepted"] == 0

    def test_too_few_credits_send_nothing(self, client: OvhSmsClient, sandbox: SandboxProcess) -> None:
        sandbox.account(creditsLeft=1)
        with pytest.raises(RequestRefused):
            client.send_job(job())
        assert sandbox.truth()["accepted"] == 0


class TestRights:
    def test_what_a_key_lacks_is_named(self, make_client: MakeClient, sandbox: SandboxProcess) -> None:
        consumer = sandbox.key([("GET", "/sms"), ("GET", "/sms/*"), ("POST", "/sms/estimate")])
        client = make_client(credentials=_with_key(sandbox, consumer))
        rights = client.whoami()
        assert rights.rules == (("GET", "/sms"), ("GET", "/sms/*"), ("POST", "/sms/estimate"))
        assert rights.status == "validated"
        missing = client.missing_rights()
        assert "POST /sms/sms-sb00001-1/jobs" in missing
        assert "POST /me/document" in missing
        assert not [rule for rule in missing if rule.startswith("GET /sms")]
        assert client.missing_rights(["reports"]) == []
        with pytest.raises(MissingRight, match="`POST /sms/sms-sb00001-1/jobs`"):
            client.send_job(job())
        assert sandbox.truth()["accepted"] == 0

    def test_each_right_that_is_listed_is_enough_for_its_call(
        self, make_client: MakeClient, sandbox: SandboxProcess
    ) -> None:
        rules = [
            tuple(rule.split(" ", 1))
            for rule in ["GET /sms/sms-sb00001-1", "GET /sms/sms-sb00001-1/senders/*"]
        ]
        client = make_client(credentials=_with_key(sandbox, sandbox.key(rules)))  # type: ignore[arg-type]
        assert client.account().name
        assert client.sender("MYSHOP").is_enabled
        with pytest.raises(MissingRight, match="`GET /sms/sms-sb00001-1/senders`"):
            client.senders()

    def test_a_full_key_lacks_nothing(self, client: OvhSmsClient) -> None:
        assert client.missing_rights() == []
        assert client.whoami().expires is None


def _with_key(sandbox: SandboxProcess, consumer: str) -> object:
    from ovh_sms.api.credentials import Credentials

    return Credentials(
        sandbox.endpoint, sandbox.keys.application_key, sandbox.keys.application_secret, consumer_key=consumer
    )
