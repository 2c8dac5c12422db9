"""Resends in both databases: one open resend of a run, each failure claimed once, both messages joined."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import select

from ovh_sms.contacts.classify.receiver_digests import Digests, ReceiverDigester
from ovh_sms.errors import DuplicateSubmission, RequestChanged
from ovh_sms.messaging.delivery_status import DeliveryStatus, is_temporary
from ovh_sms.store.attempt_receivers import ClaimedReceivers, RepeatRule
from ovh_sms.store.message_figures import MessageFigures
from ovh_sms.store.models import Attempt
from ovh_sms.store.resend_tables import resent_messages
from ovh_sms.store.resends import TEMPORARY, Resend
from ovh_sms.store.resent_messages import PlannedResend
from ovh_sms.store.store import Store
from unit.store.attempt_samples import DAY, IN_FLIGHT, an_attempt
from unit.store.test_store import a_message, a_submission

NOW = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
DAG, FIRST, ACCOUNT = "sms_campaign_spring", "manual__1", "sms-sb00001-1"
#: Delivery status, receipt and operator's code of each message of the first run; 1 and 2 failed for a while.
ENDS = {1: ("failed", 2, 24), 2: ("expired", 2, 8), 3: ("failed", 2, 23), 4: ("delivered", 1, 4), 5: ("failed", 2, 6)}
MORE = {6: ("failed", None, 24), 7: ("pending", 0, 1000), 8: ("failed", 2, 255)}


def a_resend(name: str = "r1", **changes: object) -> Resend:
    given = {"campaign": "spring", "account": ACCOUNT, "dag_id": DAG, "source_run_id": FIRST, "failed": TEMPORARY}
    given |= {"run_id": f"resend__{name}", "asked_at": NOW, "asked_by": "anna"}
    return Resend(resend=name, **{**given, **changes})  # type: ignore[arg-type]


def digests(store: Store, *numbers: int) -> Digests:
    digester = ReceiverDigester(store.identity.secret(), message="Bonjour", marketing=True)
    return digester.of_rows([("number",), *((f"+336399800{at:02d}",) for at in numbers)])


def claimed(store: Store, run_id: str, numbers: Sequence[int], *, tag: str) -> bool:
    """Claim a batch of the campaign's message to some people."""
    attempt: Attempt = an_attempt(tag, run_id=run_id, holder=tag, snapshot={"batch": 1})
    rule = RepeatRule(
        account=ACCOUNT,
        message_key=ReceiverDigester(b"", message="Bonjour", marketing=True).message_key,
        dag_id=DAG,
        run_id=run_id,
        planned_at=None,
        window=DAY,
    )
    receivers = ClaimedReceivers(rule=rule, digests=np.sort(digests(store, *numbers)))
    return store.attempts.claim(attempt, in_flight_window=IN_FLIGHT, receivers=receivers)


def planned(store: Store, resend: Resend, *numbers: int) -> None:
    found = digests(store, *numbers).view(np.int64).tolist()
    rows = [PlannedResend(outgoing_id=at, batch=1, digest=each) for at, each in zip(numbers, found, strict=True)]
    store.resent_messages.plan(resend, rows)


@pytest.fixture
def first(store: Store) -> Store:
    """A run that was sent and collected."""
    every = {**ENDS, **MORE}
    assert claimed(store, FIRST, [*every], tag="t1")
    store.attempts.succeed("t1", 1)
    store.submissions.start(a_submission("t1", run_id=FIRST, submitted=len(every)))
    collect(store, "t1", every)
    return store


def collect(store: Store, tag: str, ends: dict[int, tuple[str, int | None, int]], *, shift: int = 0) -> None:
    names = ("delivery_status", "delivery_receipt", "operator_code")
    store.messages.save(
        tag,
        [
            a_message(at + shift, tag, receiver=f"+336399800{at:02d}", **dict(zip(names, end, strict=True)))
            for at, end in ends.items()
        ],
    )
    store.submissions.finish(tag, MessageFigures(groups={}), complete=True)


def failures(store: Store, run_id: str = FIRST, *, but: str = "") -> list[int]:
    return [each.outgoing_id for each in store.resent_messages.failures(DAG, run_id, but=but)]


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        *((code, "failed", True) for code in (24, 25, 21, 4)),
        (8, "expired", True),
        *((code, "failed", False) for code in (23, 6, 255, 804, 5)),
    ],
)
def test_a_failure_is_temporary_if_its_code_says_so_alone(code: int, status: str, expected: bool) -> None:
    assert is_temporary(code, DeliveryStatus(status)) is expected


def test_final_temporary_failures_of_collected_batches_are_found(first: Store) -> None:
    assert failures(first) == [1, 2]
    assert failures(first, "manual__2") == []


def test_of_two_persons_who_ask_at_once_one_resend_is_open(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        asked = list(pool.map(store.resends.ask, [a_resend(f"r{at}") for at in range(4)]))
    assert len({each.resend for each in asked}) == 1
    store.resends.close(asked[0].resend)
    assert store.resends.ask(a_resend("later")).resend == "later"
    assert store.resends.ask(a_resend("other", source_run_id="manual__2")).resend == "other"


def test_a_failure_is_claimed_once_by_two_resends_at_once(first: Store) -> None:
    made = [first.resends.ask(a_resend(name)) for name in ("r1",)]
    first.resends.close("r1")
    made.append(first.resends.ask(a_resend("r2")))
    for each in made:
        planned(first, each, 1, 2)

    def claim(resend: Resend) -> str:
        try:
            return str(claimed(first, resend.run_id, [1, 2], tag=f"t{resend.resend}"))
        except Exception as error:
            return type(error).__name__

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(claim, made)).count("True") == 1
    assert failures(first) == []


def test_a_batch_that_was_not_executed_leaves_its_failures_to_another_resend(first: Store) -> None:
    one = first.resends.ask(a_resend("r1"))
    planned(first, one, 1, 2)
    assert claimed(first, one.run_id, [1, 2], tag="tr1")
    assert (failures(first), failures(first, but="r1")) == ([], [1, 2])
    first.attempts.mark_not_executed("tr1", 1)
    assert failures(first) == [1, 2]
    first.resends.close("r1")
    two = first.resends.ask(a_resend("r2"))
    planned(first, two, 1, 2)
    assert claimed(first, two.run_id, [1, 2], tag="tr2")


def test_a_list_that_is_prepared_again_leaves_claimed_failures_claimed(first: Store) -> None:
    """The preparation has started before the claim, and ends after it."""
    one = first.resends.ask(a_resend("r1"))
    planned(first, one, 1, 2)
    assert claimed(first, one.run_id, [1, 2], tag="tr1")
    planned(first, one, 1, 2)
    assert failures(first) == []
    first.attempts.mark_not_executed("tr1", 1)
    planned(first, one, 1)
    assert failures(first) == [1, 2], "nothing of it was sent: the list may be another one"


@pytest.mark.parametrize(("other", "left"), [(("delivered", 1, 4), [2]), (("pending", 0, 1000), [2])])
def test_a_person_with_one_of_two_equal_messages_delivered_gets_no_third_one(
    first: Store, other: tuple[str, int | None, int], left: list[int]
) -> None:
    """A proxy has repeated the request: one of the two messages has failed."""
    collect(first, "t1", {1: other}, shift=100)
    assert failures(first) == left
    one = first.resends.ask(a_resend("r1"))
    planned(first, one, 1, 2)
    with pytest.raises(RequestChanged, match="1 messages that were to be sent again"):
        claimed(first, one.run_id, [1, 2], tag="tr1")


def test_a_message_that_was_made_twice_and_failed_twice_is_resent_once(first: Store) -> None:
    collect(first, "t1", {1: ENDS[1]}, shift=100)
    assert failures(first) == [1, 2, 101], "the list of a resend has each person once"
    one = first.resends.ask(a_resend("r1"))
    planned(first, one, 1)
    assert claimed(first, one.run_id, [1], tag="tr1")
    assert failures(first) == [2]


def test_a_resend_lets_nobody_pass_but_those_who_failed(first: Store) -> None:
    one = first.resends.ask(a_resend("r1"))
    with pytest.raises(RequestChanged, match="not made of them alone"):
        claimed(first, one.run_id, [1], tag="tr1")
    planned(first, one, 1, 2)
    with pytest.raises(RequestChanged, match="others=1"):
        claimed(first, one.run_id, [1, 2, 4], tag="tr1")
    planned(first, one, 1, 3)
    with pytest.raises(RequestChanged, match="no temporary failures any more"):
        claimed(first, one.run_id, [1, 3], tag="tr1")
    planned(first, one, 1, 2)
    assert claimed(first, one.run_id, [1], tag="tr1"), "the other one opted out"
    first.attempts.succeed("tr1", 1)
    with pytest.raises(DuplicateSubmission, match="1 of 1 receivers"):
        claimed(first, "manual__3", [4], tag="t3")


def test_a_resent_message_is_joined_with_the_failed_one_and_purged_with_it(first: Store) -> None:
    one = first.resends.ask(a_resend("r1"))
    planned(first, one, 1, 2)
    assert claimed(first, one.run_id, [1, 2], tag="tr1")
    first.attempts.succeed("tr1", 1)
    first.submissions.start(a_submission("tr1", run_id=one.run_id, submitted=2))
    collect(first, "tr1", {1: ("delivered", 1, 4), 2: ("failed", 2, 24)}, shift=100)
    first.resent_messages.link("tr1")
    assert first.resent_messages.failed_ids("tr1") == {101: 1, 102: 2}
    assert failures(first, one.run_id) == [102]
    (result,) = first.resends.results(DAG, FIRST)
    assert (result.submitted, result.is_collected) == (2, True)
    first.personal_data.purge("t1")
    with first.database.reading() as connection:
        assert connection.execute(select(resent_messages)).all() == []


def test_earlier_runs_hold_no_resend(first: Store) -> None:
    one = first.resends.ask(a_resend("r1"))
    first.submissions.start(a_submission("tr1", run_id=one.run_id, submitted=2, sent_at=NOW))
    first.submissions.start(a_submission("t1", run_id=FIRST, sent_at=NOW))
    collect(first, "tr1", {})
    found = first.figures.earlier_runs(
        ACCOUNT, marketing=True, since=NOW - timedelta(1), before=NOW + timedelta(days=1)
    )
    assert [each.run_id for each in found] == [FIRST]
