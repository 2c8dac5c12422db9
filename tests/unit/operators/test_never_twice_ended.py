"""A process looks for what became of a write, and another one of the same task ends it meanwhile.

The write is made up here; what is known of it is kept as always: in the task's state and in the results.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from ovh_sms.errors import OutcomeUnknown
from ovh_sms.idempotency.journal import Journal
from ovh_sms.idempotency.protocol import run_once
from ovh_sms.idempotency.reconcile import Observation
from ovh_sms.idempotency.remote import ReconcilePolicy
from ovh_sms.idempotency.task_state import TaskState
from ovh_sms.store.store import ResultsStore
from support.airflow_task import Store
from support.sandbox import SandboxProcess

FACTS = {
    "tag": "spring-1",
    "campaign": "spring",
    "dag_id": "a_dag",
    "run_id": "run_1",
    "account": "sms-op00001-1",
    "list_digest": "cd" * 32,
    "message_digest": "ab" * 32,
}
ANSWER = {"tag": "spring-1", "submitted": 3}


class Made:
    """A write that OVH shows so much of; ``meanwhile`` happens while a person's question is put together."""

    name = "sent"
    expected = 3
    ids = (1, 2, 3)

    def __init__(
        self, claims: Journal, *, shows: int = 0, meanwhile: Callable[[], None] | None = None
    ) -> None:
        self.claims = claims
        self.shows = shows
        self.meanwhile = meanwhile
        self.posts = 0

    def facts(self) -> dict[str, Any]:
        return dict(FACTS)

    def verify(self) -> None:
        return

    def make(self, not_after: float) -> dict[str, Any]:
        self.posts += 1
        return dict(ANSWER)

    def look(self, intent: Mapping[str, Any]) -> Observation:
        return Observation(at=datetime.now(UTC), found=self.shows)

    def adopt(self, intent: Mapping[str, Any], look: Observation) -> dict[str, Any]:
        return {"tag": "spring-1", "submitted": look.found}

    def concerned(self, intent: Mapping[str, Any], look: Observation) -> str:
        if self.meanwhile is not None:
            self.meanwhile()
        return "Look."


@pytest.fixture
def results(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[ResultsStore]:
    """Results of their own, beside an Airflow that knows no others."""
    store = ResultsStore(f"sqlite:///{tmp_path}/results.sqlite")
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def state() -> Store:
    return Store()


@pytest.fixture
def claims(results: ResultsStore) -> Callable[[], Journal]:
    """The claims of a process; each call is another process."""
    return lambda: Journal(results, FACTS, kind="sending")


def carried(
    write: Made,
    state: Store,
    *,
    check: Callable[[], None] = lambda: None,
    last_try: bool = False,
    decision: str = "",
) -> dict[str, Any]:
    return run_once(
        write,
        TaskState(state, "sending"),
        reconcile_policy=ReconcilePolicy(
            quiet_period=timedelta(seconds=1), poll_interval=timedelta(seconds=0.2)
        ),
        check=check,
        decision=lambda: decision,
        last_try=last_try,
        log=logging.getLogger(__name__),
    )


@pytest.mark.parametrize("last_try", [True, False])
@pytest.mark.parametrize("remembered", [True, False])
def test_the_other_one_has_ended_before_this_one_claims(
    claims: Callable[[], Journal], state: Store, last_try: bool, remembered: bool
) -> None:
    """A last try finds out at once; any other leaves it to the next one. Neither writes again."""
    write = Made(claims(), shows=3)
    theirs = state if remembered else Store()

    def other() -> None:
        assert carried(Made(claims()), theirs) == ANSWER

    if last_try:
        assert carried(write, state, check=other, last_try=True) == ANSWER
    else:
        with pytest.raises(OutcomeUnknown):
            carried(write, state, check=other)
    assert carried(write, state) == ANSWER
    assert write.posts == 0


def test_an_answer_that_comes_while_a_person_is_being_asked_is_not_lost(
    claims: Callable[[], Journal], state: Store
) -> None:
    """This one writes its file of receivers, the other one gets OVH's answer: the next try hands it on."""
    first, holder = Made(claims()), TaskState(state, "sending")
    intent = holder.intend({}, 1, **FACTS)
    assert first.claims.take(1, intent)

    def answered() -> None:
        holder.settle(ANSWER)
        first.claims.done(1, ANSWER, first.ids)

    with pytest.raises(AirflowFailException):
        carried(Made(claims(), shows=1, meanwhile=answered), state)
    assert carried(Made(claims(), shows=1), state) == ANSWER
    assert TaskState(state, "sending").answer == ANSWER


def test_an_answer_that_the_results_alone_hold_is_enough(claims: Callable[[], Journal], state: Store) -> None:
    """Airflow remembers the question, the results the answer; no decision is needed, and a wrong one does nothing."""
    first, holder = Made(claims()), TaskState(state, "sending")
    assert first.claims.take(1, holder.intend({}, 1, **FACTS))
    with pytest.raises(AirflowFailException) as asked:
        carried(Made(claims(), shows=1), state)
    first.claims.done(1, ANSWER)
    code = str(asked.value).split("spring-1 ")[1][:6]
    late = Made(claims())
    assert carried(late, state, decision=f"{code} send") == ANSWER
    assert late.posts == 0


def test_the_other_one_has_sent_again_while_this_one_looked(
    claims: Callable[[], Journal], state: Store
) -> None:
    """Both found nothing of the first attempt; the other one was faster, and its answer is on its way."""
    first = TaskState(state, "sending")
    lost = first.intend({}, 1, **FACTS)
    assert claims().take(1, lost)

    def other() -> None:
        again = claims()
        again.void(1)
        assert again.take(2, first.intend(first.seen, 2, **FACTS))

    write = Made(claims())
    with pytest.raises(OutcomeUnknown):
        carried(write, state, check=other)
    assert write.posts == 0
    assert TaskState(state, "sending").attempts == 2
