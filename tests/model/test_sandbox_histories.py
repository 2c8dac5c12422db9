"""Random histories of the real operator on the sandbox: by its truth nobody gets a text twice, no success is empty."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import OvhSmsError
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.store.attempts import Attempts
from ovh_sms.store.models import Resolution
from ovh_sms.task_context import task_tag
from support.airflow_task import connection, context
from support.sandbox import SandboxProcess
from support.tries import NUMBERS, SUBMIT_CALL
from support.worlds import sandbox, world

__all__ = ["sandbox", "world"]

EXAMPLES, STEPS = 12, 14
QUIET, TIMEOUT = timedelta(minutes=2), timedelta(minutes=20)
#: What may become of a POST; ``None`` is an answer. Late listing lasts real seconds: the others take simulated time.
FAULTS: list[dict[str, Any] | None] = [
    None,
    {"kind": "lost_answer"},
    {"kind": "reset_before"},
    {"kind": "html_502"},
    {"kind": "proxy_4xx"},
    {"kind": "status", "status": 429},
    {"kind": "repeat", "status": 429},
    {"kind": "partial", "count": 2},
    {"kind": "late_listing", "seconds": 4.0},
    *3 * [{"kind": "late_listing", "seconds": 4.0, "answer": "lost"}],
]
_accounts = count(1)
_runs, _faults = st.sampled_from([0, 1]), st.sampled_from(FAULTS)


class SandboxHistories(RuleBasedStateMachine):
    """One account, two runs of one task with the same message and people, and everything that may happen to them."""

    sandbox: SandboxProcess

    @initialize(waiting=st.booleans(), honours_batches=st.booleans())
    def start(self, waiting: bool, honours_batches: bool) -> None:
        self.number = next(_accounts)
        self.account = f"sms-hy{self.number:05d}-1"
        self.sandbox.add_account(self.account, creditsLeft=1000)
        # The sandbox's fixture puts back what was there.
        os.environ["AIRFLOW_CONN_OVH_SMS_DEFAULT"] = connection(self.sandbox, account=self.account)
        self.sandbox.features(batch_header=honours_batches)
        self.delay = 600 if waiting else 0
        self.store = ResultsHook().store
        self.was_repeated = False
        self.offset = 0.0

    def teardown(self) -> None:
        self.sandbox.clear_faults()
        self.sandbox.features(batch_header=True)
        self.sandbox.clock(offset=0.0)

    @rule(run=_runs, fault=_faults, last=st.booleans())
    def a_worker_runs(self, run: int, fault: dict[str, Any] | None, last: bool) -> None:
        self._try(run, fault, last=last)

    @rule(run=_runs, other=_runs, fault=_faults)
    def two_workers_run_at_once(self, run: int, other: int, fault: dict[str, Any] | None) -> None:
        self._try(run, fault, once_claimed=lambda: self._try(other, None))

    @rule(run=_runs, fault=_faults)
    def a_run_is_cancelled_once_its_worker_has_claimed(self, run: int, fault: dict[str, Any] | None) -> None:
        self._try(run, fault, once_claimed=lambda: self.store.cancelled_runs.add("a_dag", self._run_id(run)))

    @rule(run=_runs, message=st.sampled_from(["Bonjour", "Bonsoir"]))
    def a_worker_runs_with_another_text(self, run: int, message: str) -> None:
        self._try(run, None, message=message)

    @rule(run=_runs, times=st.integers(1, 3))
    def its_trigger_resumes_the_task(self, run: int, times: int) -> None:
        for _ in range(times):
            self._advance(62)
            self._try(run, None)

    @rule(seconds=st.sampled_from([61, 130, 1300, 90_000]))
    def time_goes_by(self, seconds: int) -> None:
        self._advance(seconds)

    @rule(same_text=st.booleans(), same_receivers=st.booleans())
    def another_program_sends(self, same_text: bool, same_receivers: bool) -> None:
        receivers = NUMBERS[:2] if same_receivers else ["+33639980090"]
        request = SubmissionRequest(
            message="Bonjour" if same_text else "Promo",
            receivers=tuple(receivers),
            sender="MYSHOP",
            stop_clause=False,
            tag="another-program",
            delay_minutes=self.delay,
        )
        OvhSmsHook(account=self.account).client.jobs.submit(request)

    @rule()
    def credits_are_topped_up(self) -> None:
        left = OvhSmsHook(account=self.account).client.account.get().credits_left
        self.sandbox.account(self.account, creditsLeft=left + 1000.5)

    @rule(run=_runs, way=st.sampled_from(["sent", "send", "although"]))
    def a_person_resolves(self, run: int, way: str) -> None:
        tag = self._tag(run)
        live = self.store.attempts.live(tag)
        # a person may err, but who insists against the credits has checked
        if live is None or live.question is None or (way == "although" and self.sandbox.messages(tag)):
            return
        made = Resolution(
            way="sent" if way == "sent" else "send",
            by="anna",
            at="2026-03-03T12:00:00+00:00",
            although_credits_are_gone=way == "although",
        )
        try:
            self.store.attempts.resolve(tag, live.question["code"], made)
        except OvhSmsError:
            assert live.resolution or live.question["credits_missing"] or live.state != "unknown"

    @invariant()
    def nobody_gets_the_text_twice(self) -> None:
        made = [each for run in (0, 1) for each in self.sandbox.messages(self._tag(run))]
        for key in ("tag",) if self.was_repeated else ("tag", "account"):
            got = Counter((each.get(key), each["receiver"], each["message"]) for each in made)
            assert max(got.values(), default=1) == 1, got

    def _try(
        self,
        run: int,
        fault: dict[str, Any] | None,
        *,
        last: bool = False,
        once_claimed: Callable[[], object] | None = None,
        message: str = "Bonjour",
    ) -> None:
        if fault:
            self.was_repeated |= fault["kind"] == "repeat"
            self.sandbox.fault(**fault, **SUBMIT_CALL)
        task = SendJobOperator(
            task_id="send",
            message=message,
            numbers=NUMBERS,
            sender="MYSHOP",
            stop_clause=False,
            account=self.account,
            delay_minutes=self.delay,
            quiet_period=QUIET,
            reconcile_timeout=TIMEOUT,
        )
        here = context(run_id=self._run_id(run), try_number=4 if last else 1)
        with pytest.MonkeyPatch.context() as patch:
            if once_claimed:
                patch.setattr(Attempts, "claim", _then(Attempts.claim, once_claimed))
            try:
                answer = task.execute(here)
            except (OvhSmsError, TaskDeferred, AirflowFailException):
                return
            finally:
                self.sandbox.clear_faults()
        made = self.sandbox.messages(self._tag(run))
        assert {each["receiver"] for each in made} == {*NUMBERS} or answer["resolution"] == "sent"

    def _advance(self, seconds: float) -> None:
        self.offset += seconds  # OVH's own time too, by which the protocol waits
        self.sandbox.clock(offset=self.offset)

    def _run_id(self, run: int) -> str:
        return f"run_{self.number}_{run}"

    def _tag(self, run: int) -> str:
        return task_tag(context(run_id=self._run_id(run)))


def _then(claim: Callable[..., bool], happens: Callable[[], object]) -> Callable[..., bool]:
    todo = [happens]

    def claim_then(self: Attempts, *given: Any, **more: Any) -> bool:
        claimed = claim(self, *given, **more)
        if todo:
            todo.pop()()
        return claimed

    return claim_then


def test_histories_on_the_sandbox(sandbox: SandboxProcess) -> None:
    SandboxHistories.sandbox = sandbox
    few = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(SandboxHistories, settings=few)
