from __future__ import annotations

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.errors import AccountExpired, MissingRight, NotFound, OutcomeUnknown, RateLimited, RequestRefused
from support.fake_clock import FakeClock
from support.sandbox import SandboxProcess
from unit.api.samples import SUBMIT, MakeClient, submission


def test_a_lost_answer_is_unknown_and_nobody_got_two(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", method="POST", path="/sms/*/jobs")
    with pytest.raises(OutcomeUnknown):
        client.jobs.submit(submission())
    assert sandbox.calls(SUBMIT) == 1
    assert (sandbox.truth("spring")["accepted"], sandbox.truth("spring")["twice"]) == (3, 0)


@pytest.mark.parametrize("kind", ["reset_before", "half_body", "wrong_json", "html_502"])
def test_a_broken_answer_is_unknown_and_sent_once(client: OvhSmsClient, sandbox: SandboxProcess, kind: str) -> None:
    sandbox.fault(kind, method="POST", path="/sms/*/jobs")
    with pytest.raises(OutcomeUnknown):
        client.jobs.submit(submission())
    assert sandbox.calls(SUBMIT) == 1
    assert sandbox.truth("spring")["accepted"] == (0 if kind in ("reset_before", "html_502") else 3)


@pytest.mark.parametrize("page", ["html", "json"])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 429])
def test_a_refusal_by_a_proxy_is_unknown_and_sent_once(
    client: OvhSmsClient, sandbox: SandboxProcess, status: int, page: str
) -> None:
    sandbox.fault("proxy_4xx", method="POST", path="/sms/*/jobs", status=status, page=page)
    with pytest.raises(OutcomeUnknown, match="not OVH's own"):
        client.jobs.submit(submission())
    assert sandbox.calls(SUBMIT) == 1
    assert sandbox.truth("spring")["accepted"] == 3


def test_a_slow_answer_is_unknown_and_sent_once(make_client: MakeClient, sandbox: SandboxProcess) -> None:
    sandbox.fault("slow", method="POST", path="/sms/*/jobs", seconds=1)
    with pytest.raises(OutcomeUnknown):
        make_client(read_timeout=0.3).jobs.submit(submission())
    assert sandbox.calls(SUBMIT) == 1


def test_a_write_over_the_rate_is_not_executed(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    sandbox.fault("status", method="POST", path="/sms/*/jobs", status=429, retry_after=9)
    with pytest.raises(RateLimited) as caught:
        client.jobs.submit(submission())
    assert caught.value.retry_after == 9
    assert sandbox.truth()["accepted"] == 0


@pytest.mark.parametrize("kind", ["reset_before", "lost_answer", "half_body", "wrong_json", "html_502"])
def test_a_broken_read_is_tried_again(client: OvhSmsClient, sandbox: SandboxProcess, kind: str) -> None:
    sandbox.fault(kind, method="GET", path="/sms/*/senders", times=2)
    assert "MYSHOP" in client.senders.names()
    assert sandbox.calls("GET /sms/{serviceName}/senders") == 3


def test_a_read_over_the_rate_waits_as_long_as_ovh_asks(
    client: OvhSmsClient, clock: FakeClock, sandbox: SandboxProcess
) -> None:
    sandbox.fault("status", method="GET", path="/sms", status=429, retry_after=2)
    assert client.account.names()
    assert clock.sleeps == [pytest.approx(2.1, abs=0.11)]


def test_calls_are_paced_and_the_call_for_ovhs_time_counts(
    make_client: MakeClient, clock: FakeClock, sandbox: SandboxProcess
) -> None:
    client = make_client(calls_per_minute=60)
    for _ in range(8):
        client.account.names()
    assert clock.sleeps == []
    client.account.names()  # the tenth with OVH's time: the last of the burst is left to a write
    assert clock.sleeps == [pytest.approx(61 / 50)]
    assert sandbox.calls()["total"] == 10


def test_a_read_waits_out_a_limit_of_ovh(make_client: MakeClient, clock: FakeClock, sandbox: SandboxProcess) -> None:
    sandbox.rate_limit(5)
    clock.on_sleep = lambda seconds: sandbox.rate_limit(None)
    client = make_client(retry=RetryPolicy(total_seconds=120))
    for _ in range(6):
        assert client.account.names()
    assert len(clock.sleeps) == 1
    assert 1 <= clock.sleeps[0] <= 66


def test_waiting_for_its_turn_takes_nothing_of_the_time_to_retry_a_read(
    make_client: MakeClient, clock: FakeClock, sandbox: SandboxProcess
) -> None:
    client = make_client(calls_per_minute=1)
    client.time()
    sandbox.fault("status", method="GET", path="/sms", status=503)
    start = clock.monotonic()
    assert client.account.names()
    assert clock.monotonic() - start > 2 * 60, "each try has waited for longer than reads are retried"


def test_an_expired_account_is_an_error_of_its_own(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    sandbox.account(expired=True)
    for call in (client.account.get, lambda: client.jobs.submit(submission())):
        with pytest.raises(AccountExpired) as caught:
            call()
        assert caught.value.status == 460
        assert "Renew" in caught.value.action
    assert sandbox.truth()["accepted"] == 0


def test_an_account_of_another_customer_is_not_found(make_client: MakeClient) -> None:
    with pytest.raises(NotFound):
        make_client(account="sms-other-1").account.get()


@pytest.mark.parametrize("sender", ["NOBODY", "WAITING", "REFUSED"])
def test_a_sender_that_is_not_enabled_is_refused(client: OvhSmsClient, sandbox: SandboxProcess, sender: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        client.jobs.submit(submission(sender=sender))
    assert not isinstance(caught.value, MissingRight)
    assert sandbox.truth()["accepted"] == 0


def test_too_few_credits_send_nothing(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=1)
    with pytest.raises(RequestRefused):
        client.jobs.submit(submission())
    assert sandbox.truth()["accepted"] == 0
