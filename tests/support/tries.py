"""Tries to submit one batch, one after the other, and the resolutions of a person in between."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.send_job import SendJobOperator
from ovh_sms.store.attempts import Attempts
from ovh_sms.store.models import Resolution
from support.airflow_task import context
from support.sandbox import SandboxProcess

NUMBERS = [f"+336399800{n:02d}" for n in range(5)]
SUBMIT_CALL = {"method": "POST", "path": "/sms/*/jobs"}
#: Short waits; a busy machine needs this much between claim and POST.
QUICK = {"quiet_period": timedelta(seconds=2), "reconcile_timeout": timedelta(seconds=5), "deferrable": False}


def task(**changes: Any) -> SendJobOperator:
    """A task that sends five messages; with ``numbers=None`` say which list."""
    given = {"task_id": "send", "message": "Bonjour", "numbers": NUMBERS, "sender": "MYSHOP"}
    return SendJobOperator(**{**given, **QUICK, "stop_clause": False, **changes})


def send(*, run_id: str = "run_1", try_number: int = 1, force: bool = False, **changes: Any) -> dict[str, Any]:
    """One try; the same run again is a further try of the same task."""
    run = SimpleNamespace(conf={"force": force}, run_type="manual")
    here = context(task_id=changes.get("task_id", "send"), run_id=run_id, try_number=try_number)
    return task(**changes).execute({**here, "dag_run": run})


def sent(sandbox: SandboxProcess) -> Counter[tuple[str, str]]:
    """How often each person was sent each text, from the sandbox's truth, without cancelled messages."""
    return Counter((each["message"], each["receiver"]) for each in sandbox.messages(account=sandbox.account_name))


def receivers(sandbox: SandboxProcess, tag: str | None = None) -> set[str]:
    """Receivers of any message, or of those with this tag."""
    return {each["receiver"] for each in sandbox.messages(tag, account=sandbox.account_name)}


def once(sandbox: SandboxProcess) -> int:
    """How many people were sent a text; no one of them twice."""
    counted = sent(sandbox)
    assert max(counted.values(), default=1) == 1, "sent twice"
    return len(counted)


@dataclass(frozen=True)
class Question:
    """The question of a failed task."""

    tag: str
    code: str
    ways: str
    says: str

    def decide(self, way: str, *, although_credits_are_gone: bool = False) -> None:
        """Decide as ``ovh-sms resolve`` does."""
        made = Resolution(
            way=way, by="a person", at="2026-03-03T10:00:00+00:00", although_credits_are_gone=although_credits_are_gone
        )
        ResultsHook().store.attempts.resolve(self.tag, self.code, made)


def asked(make: Callable[[], object]) -> Question:
    """Run a try that leaves it to a person, and read what it asks."""
    with pytest.raises(AirflowFailException, match="ovh-sms resolve") as caught:
        make()
    says = str(caught.value)
    found = re.findall(r"'ovh-sms resolve (\S+) ([0-9a-f]{6}) (sent|send)[^']*'", says)
    tags, codes, ways = zip(*found, strict=True)
    assert len({*tags}) == len({*codes}) == 1
    return Question(tags[0], codes[0], " or ".join(ways), says)


def killed_once_answered(monkeypatch: pytest.MonkeyPatch, make: Callable[[], object], *, stored: bool) -> None:
    """Run a try whose process is killed right after the answer came; or right after it was stored, if it was."""
    succeed = Attempts.succeed

    def kill(self: Attempts, *given: Any, **more: Any) -> bool:
        if stored:
            succeed(self, *given, **more)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Attempts, "succeed", kill)
        with pytest.raises(KeyboardInterrupt):
            make()


def once_claimed(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen right after the next claim."""
    claim, left = Attempts.claim, [happens]

    def claim_then(self: Attempts, *given: Any, **more: Any) -> bool:
        claimed = claim(self, *given, **more)
        if left:
            left.pop()()
        return claimed

    monkeypatch.setattr(Attempts, "claim", claim_then)


def stop_once_claimed(monkeypatch: pytest.MonkeyPatch, sandbox: SandboxProcess, *numbers: str) -> None:
    """Let people answer STOP right after the next claim: their numbers are not left out, and OVH refuses them."""
    once_claimed(monkeypatch, lambda: [sandbox.block(number) for number in numbers])


def states(tag: str) -> list[str]:
    """The states of the attempts at a write, in the journal."""
    return [each.state for each in ResultsHook().store.attempts.all(tag)]


class Beside:
    """Something that runs in a thread of its own; what it returned or raised is here afterwards."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.made: Any = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(make,))
        self._thread.start()

    def _run(self, make: Callable[[], Any]) -> None:
        try:
            self.made = make()
        except Exception as error:
            self.error = error

    def end(self) -> None:
        """Wait until it is over."""
        self._thread.join(60)
        assert not self._thread.is_alive()


@contextmanager
def held(
    sandbox: SandboxProcess, make: Callable[[], Any], *, kind: str = "hold_before", **call: Any
) -> Iterator[Beside]:
    """Run something until a call of its is held at OVH, do the block, let the call go, and wait for the end."""
    fault = sandbox.fault(kind, **call)
    beside = Beside(make)
    try:
        sandbox.wait_held(fault, seconds=30)
        yield beside
    finally:
        sandbox.release(fault)
        beside.end()
