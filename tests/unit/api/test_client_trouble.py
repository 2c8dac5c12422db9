"""A campaign's calls while OVH breaks, is slow or refuses: nothing is sent twice."""

from __future__ import annotations

import time

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.errors import AccountExpired, MissingRight, NotFound, OutcomeUnknown, RateLimited, RequestRefused
from support.sandbox import SandboxProcess
from unit.api.test_client_sending import MakeClient, job

POST_JOBS = "POST /sms/{serviceName}/jobs"


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
