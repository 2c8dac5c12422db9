"""One process alone makes an attempt, and nobody gets the same message again too soon."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from ovh_sms.errors import ConfigurationError, DuplicateSubmission, RunCancelled, SubmissionInFlight
from ovh_sms.store.store import Store
from support.postgresql import new_database
from support.stores import new_store
from unit.store.attempt_samples import DAY, IN_FLIGHT, SECOND, age, an_attempt, another_run, claim, without_time
from unit.store.conftest import KINDS


@pytest.fixture(scope="module", params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path_factory.mktemp('attempts')}/results.sqlite"
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgresql_server"))
    store = new_store(url)
    yield store
    store.close()


@pytest.fixture
def store(database: Store) -> Store:
    with database.database.writing() as connection:
        connection.execute(text("DELETE FROM ovh_sms_attempts"))
        connection.execute(text("DELETE FROM ovh_sms_cancelled_runs"))
    return database


def test_an_attempt_is_recorded_before_it_is_made(store: Store) -> None:
    assert claim(store, an_attempt())
    assert without_time(store.attempts.all("t1")) == [an_attempt()]
    assert store.attempts.succeed("t1", 1)
    assert without_time(store.attempts.all("t1")) == [an_attempt(state="succeeded")]
    assert store.attempts.all("t2") == []


def test_claims_are_dated_in_utc_by_the_clock_that_all_workers_share(store: Store) -> None:
    claim(store, an_attempt())
    (attempt,) = store.attempts.all("t1")
    assert attempt.claimed_at is not None
    assert attempt.claimed_at.tzinfo is UTC
    assert abs(datetime.now(UTC) - attempt.claimed_at) < timedelta(seconds=30)


def test_one_holder_claims_an_attempt_and_may_claim_it_again(store: Store) -> None:
    assert [claim(store, an_attempt(holder=p)) for p in ("p1", "p2", "p1")] == [True, False, True]


def test_nobody_claims_a_closed_attempt(store: Store) -> None:
    claim(store, an_attempt())
    store.attempts.mark_not_executed("t1", 1)
    assert [claim(store, an_attempt(holder=p)) for p in ("p1", "p2")] == [False, False]
    store.attempts.succeed("t1", 1)
    assert [claim(store, an_attempt(holder=p)) for p in ("p1", "p2")] == [False, False]


def test_a_later_attempt_ends_the_earlier_ones(store: Store) -> None:
    claim(store, an_attempt())
    store.attempts.mark_not_executed("t1", 1)
    assert claim(store, an_attempt(attempt=3, holder="p2"))
    assert not claim(store, an_attempt(attempt=2, holder="p1"))
    assert [each.attempt for each in store.attempts.all("t1")] == [1, 3]
    live = store.attempts.live("t1")
    assert live is not None
    assert live.attempt == 3


def test_no_attempt_follows_one_that_succeeded(store: Store) -> None:
    claim(store, an_attempt())
    store.attempts.succeed("t1", 1)
    assert not claim(store, an_attempt(attempt=2, holder="p2"))


@pytest.mark.parametrize(
    "changes", [{"account": "sms-sb00001-2", "holder": "p2"}, {"message_digest": "other", "attempt": 2}]
)
def test_a_tag_that_another_batch_has_is_refused(store: Store, changes: dict[str, object]) -> None:
    claim(store, an_attempt())
    with pytest.raises(ConfigurationError, match="is that of another batch"):
        claim(store, an_attempt(**changes))


def test_succeeded_is_final_and_not_executed_may_turn_out_succeeded(store: Store) -> None:
    claim(store, an_attempt())
    assert store.attempts.mark_not_executed("t1", 1)
    assert store.attempts.succeed("t1", 1)
    assert not store.attempts.mark_not_executed("t1", 1)
    assert store.attempts.all("t1")[0].state == "succeeded"
    assert not store.attempts.succeed("t1", 2), "there is no second attempt"


def test_snapshot_and_first_answer_come_back(store: Store) -> None:
    given = an_attempt(snapshot={"ovh_time": "2026-03-01T10:00:00+00:00", "credits_left": 7.5})
    assert claim(store, given)
    found = store.attempts.live("t1")
    assert found is not None
    assert (found.snapshot, found.answer, store.attempts.message_ids("t1")) == (given.snapshot, None, [])
    store.attempts.succeed("t1", 1, answer={"submitted": 2}, message_ids=[11, 12])
    store.attempts.succeed("t1", 1, answer={"submitted": 9})
    found = store.attempts.live("t1")
    assert found is not None
    assert (found.state, found.answer) == ("succeeded", {"submitted": 2})
    assert store.attempts.message_ids("t1") == [11, 12]


def test_the_ids_of_an_account_are_those_of_all_its_batches_that_may_wait(store: Store) -> None:
    account = an_attempt().account
    assert store.attempts.message_ids_of_account(account).tolist() == []
    claim(store, an_attempt())
    assert store.attempts.message_ids_of_account(account).tolist() == [], "its answer is not known"
    store.attempts.succeed("t1", 1, message_ids=[2**53, 11])
    assert sorted(store.attempts.message_ids_of_account(account).tolist()) == [11, 2**53]
    assert store.attempts.message_ids_by_tag(account) == {"t1": {11, 2**53}}
    assert store.attempts.message_ids_of_account("sms-sb00009-9").tolist() == []


def test_a_cancelled_run_claims_nothing(store: Store) -> None:
    given = an_attempt()
    for _ in range(2):
        store.cancelled_runs.add(given.dag_id, given.run_id)
    with pytest.raises(RunCancelled, match="was cancelled"):
        claim(store, given)
    with pytest.raises(RunCancelled, match="was cancelled"):
        store.cancelled_runs.refuse(given.dag_id, given.run_id)
    assert store.attempts.all(given.tag) == []


class TestDuplicateWindow:
    @pytest.mark.parametrize(
        ("answer", "counts"),
        [
            ({"submitted": 0, "messages": 0, "refused": 5}, False),
            (
                {"submitted": 0, "messages": 0, "refused": 0, "nothing_leaves": True},
                False,
            ),  # its OVH batch is cancelled
            ({"submitted": 0, "messages": 0, "refused": 0, "nothing_leaves": False}, True),
            ({"submitted": 0, "messages": 0, "refused": 0, "decided": "sent"}, True),  # a person knows better
            ({"submitted": 0, "messages": 2, "refused": 5}, True),  # OVH contradicts itself
            ({"submitted": 4, "messages": 4, "refused": 1}, True),
            ({"order_id": 1}, True),
            (None, True),
        ],
    )
    def test_a_batch_whose_every_receiver_was_refused_does_not_count(
        self, store: Store, answer: dict[str, Any] | None, counts: bool
    ) -> None:
        claim(store, an_attempt())
        store.attempts.succeed("t1", 1, answer=answer)
        if not counts:
            assert claim(store, another_run())
            return
        with pytest.raises(DuplicateSubmission):
            claim(store, another_run())

    def test_the_same_message_to_the_same_list_is_refused_until_the_window_ends(self, store: Store) -> None:
        claim(store, an_attempt())
        store.attempts.succeed("t1", 1)
        age(store, DAY - SECOND)
        (first,) = store.attempts.all("t1")
        with pytest.raises(DuplicateSubmission) as caught:
            claim(store, another_run())
        at = f"{first.claimed_at:%Y-%m-%d %H:%M} UTC"
        for part in ("spring", at, "manual__1", "sms_campaign_spring", "t1", "force"):
            assert part in str(caught.value)
        assert store.attempts.all("t2") == []
        age(store, SECOND)
        assert claim(store, another_run())

    def test_force_sends_it_again(self, store: Store) -> None:
        claim(store, an_attempt())
        store.attempts.succeed("t1", 1)
        assert claim(store, another_run(), force=True)

    def test_another_batch_of_the_same_run_counts(self, store: Store) -> None:
        claim(store, an_attempt())
        with pytest.raises(DuplicateSubmission, match="may have been sent"):
            claim(store, an_attempt("t2"))

    def test_an_undecided_batch_counts(self, store: Store) -> None:
        claim(store, an_attempt())
        age(store, IN_FLIGHT)
        with pytest.raises(DuplicateSubmission, match="may have been sent"):
            claim(store, another_run())

    def test_a_succeeded_batch_is_named_before_a_newer_undecided_one(self, store: Store) -> None:
        claim(store, an_attempt())
        store.attempts.succeed("t1", 1)
        claim(store, another_run("t0", run_id="manual__0"), force=True)
        with pytest.raises(DuplicateSubmission, match=r"was sent for .* \(tag t1\)"):
            claim(store, another_run())

    def test_a_batch_that_was_not_executed_does_not_count(self, store: Store) -> None:
        claim(store, an_attempt())
        store.attempts.mark_not_executed("t1", 1)
        assert claim(store, another_run())

    @pytest.mark.parametrize("field", ["account", "campaign", "list_digest", "message_digest"])
    def test_a_different_batch_is_not_refused(self, store: Store, field: str) -> None:
        claim(store, an_attempt())
        store.attempts.succeed("t1", 1)
        assert claim(store, another_run(**{field: "other"}))

    def test_an_order_is_not_a_batch(self, store: Store) -> None:
        claim(store, an_attempt())
        assert claim(store, another_run(kind="order"))


class TestInFlightWindow:
    OTHER = another_run(list_digest="ef" * 32)

    @pytest.mark.parametrize("force", [False, True])
    def test_the_second_run_waits_for_the_first(self, store: Store, force: bool) -> None:
        claim(store, an_attempt())
        age(store, IN_FLIGHT - SECOND)
        with pytest.raises(SubmissionInFlight, match="manual__1 of sms_campaign_spring is submitting"):
            claim(store, self.OTHER, force=force)
        store.attempts.succeed("t1", 1)
        assert claim(store, self.OTHER)

    def test_it_waits_also_with_a_list_that_may_be_a_duplicate(self, store: Store) -> None:
        claim(store, an_attempt())
        with pytest.raises(SubmissionInFlight):
            claim(store, another_run())
        store.attempts.mark_not_executed("t1", 1)
        assert claim(store, another_run())

    def test_it_does_not_wait_forever(self, store: Store) -> None:
        claim(store, an_attempt())
        age(store, IN_FLIGHT)
        assert claim(store, self.OTHER)

    def test_batches_of_one_run_are_submitted_side_by_side(self, store: Store) -> None:
        claim(store, an_attempt())
        assert claim(store, an_attempt("t2", list_digest="ef" * 32))

    def test_the_same_run_id_of_another_dag_is_another_run(self, store: Store) -> None:
        claim(store, an_attempt())
        with pytest.raises(SubmissionInFlight):
            claim(store, an_attempt("t2", dag_id="another", list_digest="ef" * 32))

    @pytest.mark.parametrize("field", ["account", "campaign"])
    def test_other_campaigns_do_not_wait(self, store: Store, field: str) -> None:
        claim(store, an_attempt())
        assert claim(store, dataclasses.replace(self.OTHER, **{field: "other"}))


@pytest.mark.parametrize(
    "wrong", [{"attempt": 0}, {"kind": "letter"}, {"holder": ""}, {"state": "open"}, {"tag": "t" * 21}]
)
def test_a_senseless_attempt_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        an_attempt(**wrong)
