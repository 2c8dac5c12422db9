"""A remote that holds what OVH would hold, in memory and on a fake clock, and a task instance that writes to it."""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from ovh_sms.errors import DeadlineMissed, OutcomeUnknown, RequestRefused, ResolutionRequired, Unavailable
from ovh_sms.idempotency.journal import ClaimRules, Journal, WriteIdentity
from ovh_sms.idempotency.protocol import OnceOnlyWrite, TaskTry
from ovh_sms.idempotency.reconcile import Observation
from ovh_sms.idempotency.remote_write import ReconcilePolicy
from ovh_sms.store.models import Attempt, Resolution
from ovh_sms.store.store import Store
from support.fake_clock import FakeClock

PEOPLE = ("p1", "p2", "p3")
IDENTITY = WriteIdentity(
    tag="spring-1",
    kind="batch",
    campaign="spring",
    dag_id="a_dag",
    run_id="run_1",
    account="sms-op00001-1",
    task_id="send",
    list_digest="p1 p2 p3",
    message_digest="hello",
)
POLICY = ReconcilePolicy(quiet_period=timedelta(seconds=60), reconcile_timeout=timedelta(seconds=200))


class Killed(BaseException):
    """The process is killed: none of its code runs any more."""


@dataclass(kw_only=True)
class FakeMessage:
    """One message that OVH accepted; it has taken one credit."""

    id: int
    tag: str
    run_id: str
    person: str
    text: str
    listed_at: float
    waiting: bool


class FakeOvh:
    """The truth: accepted messages, requests that are under way, credits."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.listed_late = 0.0
        self.credits = 1000.0
        self.messages: list[FakeMessage] = []
        self.under_way: list[Callable[[], object]] = []

    def accept(self, identity: WriteIdentity, people: Sequence[str], *, waiting: bool = False) -> None:
        at = self.clock.monotonic() + self.listed_late
        for person in people:
            given = {"tag": identity.tag, "run_id": identity.run_id, "text": identity.message_digest}
            message = FakeMessage(id=len(self.messages) + 1, person=person, listed_at=at, waiting=waiting, **given)
            self.messages.append(message)
        self.credits -= len(people)

    def land(self) -> None:
        """Execute the requests that are under way."""
        while self.under_way:
            self.under_way.pop()()

    def listed(self) -> list[FakeMessage]:
        return [each for each in self.messages if each.listed_at <= self.clock.monotonic()]

    def received(self) -> Counter[tuple[str, str]]:
        """How many messages each person got from each run."""
        return Counter((each.run_id, each.person) for each in self.messages)


@dataclass(kw_only=True)
class FakeWrite:
    """One process's remote write.

    :param result: of its first POST: ``ok``, ``lost`` (executed), ``half`` (executed in part), ``not_executed``,
        ``under_way`` (executed later), ``refused``, ``repeated`` (executed, and its repeat by a proxy refused),
        ``not_made`` (OVH was not reached), ``killed_before``, ``killed_after``; later ones are ``ok``.
    :param on: called at the beginning of a step, such as ``{"precheck": kill}``.
    """

    ovh: FakeOvh
    journal: Journal
    result: str = "ok"
    waiting: bool = False
    on: Mapping[str, Callable[[], object]] = field(default_factory=dict)
    done: str = field(default="submitted", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)
    steps: list[str] = field(default_factory=list, init=False)

    @property
    def request(self) -> dict[str, Any]:
        it = self.journal.identity
        return {"tag": it.tag, "list": it.list_digest, "text": it.message_digest}

    def expected(self, attempt: Attempt) -> int | None:
        return len(_people(attempt.list_digest))

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        return [name for name in ("list", "text") if earlier[name] != self.request[name]]

    def snapshot(self) -> dict[str, Any]:
        self._step("snapshot")
        return {**self.request, "credits": self.ovh.credits, "newest_id": len(self.ovh.messages)}

    def precheck(self, *, person_decided: bool = False) -> None:
        self._step("precheck")
        if any(each.tag == self.request["tag"] and not each.waiting for each in self.ovh.listed()):
            if self.journal.live() is not None:
                raise OutcomeUnknown("Another process is already running this task.")
            raise ResolutionRequired("OVH already lists the tag.")

    def post(self, deadline: float) -> dict[str, Any]:
        self._step("post")
        if self.ovh.clock.monotonic() > deadline:
            raise DeadlineMissed("Too late to send.")
        identity, people = self.journal.identity, _people(self.request["list"])
        result, self.result = self.result, "ok"
        before = len(self.ovh.messages)
        if result in ("ok", "lost", "repeated", "killed_after"):
            self.ovh.accept(identity, people, waiting=self.waiting)
        elif result == "half":
            self.ovh.accept(identity, people[:1], waiting=self.waiting)
        elif result == "under_way":
            self.ovh.under_way.append(lambda: self.ovh.accept(identity, people, waiting=self.waiting))
        if result in ("refused", "repeated"):
            error = RequestRefused("OVH refused the request.")
            error.was_executed = None
            raise error
        if result == "not_made":
            raise Unavailable("OVH cannot be reached.")
        if result.startswith("killed"):
            raise Killed
        if result != "ok":
            raise OutcomeUnknown("OVH gave no answer.")
        self.message_ids = [each.id for each in self.ovh.messages[before:]]
        return {**self.request, "submitted": len(people)}

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        self._step("observe")
        snapshot, listed = attempt.snapshot or {}, self.ovh.listed()
        before, others = self.journal.message_ids_of_others(attempt)
        tagged = [each for each in listed if each.tag == attempt.tag and not each.waiting]
        similar = [each for each in listed if each.waiting and self._may_be(each, attempt, before | others)]
        contested = any(self.journal.may_be_of_others(attempt, [("1", "")])) or bool(self.differences(snapshot))
        found = len(tagged) + (0 if contested else len(similar))
        gone = snapshot["credits"] - self.ovh.credits
        explained = sum(each.id > snapshot["newest_id"] for each in listed)
        exhaustive = not (contested and similar)
        return Observation(
            at=self.ovh.clock.now(),
            found=found,
            exhaustive=exhaustive,
            ambiguous=not exhaustive,
            credits_missing=found == 0 and exhaustive and gone != explained,
        )

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        self._step("adopt")
        return {**{name: (attempt.snapshot or {})[name] for name in self.request}, "submitted": observation.found}

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        self._step("describe")
        return f"Search for the tag {attempt.tag}."

    def _may_be(self, message: FakeMessage, attempt: Attempt, ids_of_others: set[int]) -> bool:
        same = message.text == attempt.message_digest and message.person in _people(attempt.list_digest)
        return same and message.id > (attempt.snapshot or {})["newest_id"] and message.id not in ids_of_others

    def _step(self, name: str) -> None:
        self.steps.append(name)
        self.on.get(name, lambda: None)()


@dataclass(kw_only=True)
class FakeTask:
    """One task instance; each call of :meth:`run` is a process of its own."""

    ovh: FakeOvh
    store: Store
    identity: WriteIdentity = IDENTITY
    rules: ClaimRules = field(default_factory=ClaimRules)
    journal_class: type[Journal] = Journal
    policy: ReconcilePolicy = POLICY

    @property
    def attempts(self) -> list[Attempt]:
        return self.store.attempts.all(self.identity.tag)

    @property
    def states(self) -> list[str]:
        return [each.state for each in self.attempts]

    def but(self, **changes: Any) -> FakeTask:
        """Another task instance at the same OVH, with the same store."""
        return dataclasses.replace(self, identity=dataclasses.replace(self.identity, **changes))

    def write(self, result: str = "ok", *, waiting: bool = False, **on: Callable[[], object]) -> FakeWrite:
        journal = self.journal_class(self.store, self.identity, self.rules, self.ovh.clock)
        return FakeWrite(ovh=self.ovh, journal=journal, result=result, waiting=waiting, on=on)

    def run(self, write: FakeWrite | None = None, *, last: bool = False, deferrable: bool = False) -> dict[str, Any]:
        write = self.write() if write is None else write
        task = TaskTry(is_last=last, is_deferrable=deferrable, log=logging.getLogger(__name__))
        once = OnceOnlyWrite(write=write, journal=write.journal, task=task, policy=self.policy, clock=self.ovh.clock)
        return once.run()

    def resolve(self, way: str, *, although: bool = False, code: str | None = None) -> None:
        """Answer the question about the task's unknown attempt, as a person."""
        live = self.store.attempts.live(self.identity.tag)
        asked = live.question["code"] if code is None and live and live.question else str(code)
        resolution = Resolution(way=way, by="anna", at="2026-03-03T12:00:00+00:00", although_credits_are_gone=although)
        self.store.attempts.resolve(self.identity.tag, asked, resolution)

    def cancel(self) -> None:
        self.store.cancelled_runs.add(self.identity.dag_id, self.identity.run_id)


def _people(list_digest: str) -> list[str]:
    return list_digest.split()
