"""One process alone hands a sending to OVH, and nobody hands it over again too soon."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ovh_sms.errors import ConfigurationError, DuplicateSubmission, RunCancelled, SubmissionInFlight
from ovh_sms.store.engine import writing
from ovh_sms.store.models import Attempt
from ovh_sms.store.store import ResultsStore
from support.postgresql import new_database

NOON = datetime(2026, 3, 12, 12, 0, tzinfo=UTC)
DAY = timedelta(hours=24)
BUSY = timedelta(minutes=10)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ResultsStore]:
    url = f"sqlite:///{tmp_path_factory.mktemp('posts')}/results.sqlite"
    if request.param == "postgresql":
        url = new_database(request.getfixturevalue("postgresql_server"))
    results = ResultsStore(url)
    results.migrate()
    yield results
    results.close()


@pytest.fixture
def store(database: ResultsStore) -> ResultsStore:
    with writing(database.engine) as connection:
        connection.execute(text("DELETE FROM ovh_sms_posts"))
        connection.execute(text("DELETE FROM ovh_sms_stopped"))
    return database


def a_post(tag: str = "t1", **changes: object) -> Attempt:
    post = Attempt(
        tag=tag,
        attempt=1,
        kind="sending",
        holder="p1",
        campaign="spring",
        dag_id="sms_campaign_spring",
        run_id="manual__1",
        account="sms-sb00001-1",
        list_digest="cd" * 32,
        message_digest="ab" * 32,
    )
    return dataclasses.replace(post, **changes)  # type: ignore[arg-type]


def opened(
    store: ResultsStore,
    post: Attempt,
    *,
    force: bool = False,
    now: datetime | None = NOON,
    guard: timedelta = DAY,
) -> bool:
    return store.claim_attempt(post, duplicate_window=guard, force=force, in_flight_window=BUSY, now=now)


def test_an_attempt_is_put_on_record_before_it_is_made(store: ResultsStore) -> None:
    assert opened(store, a_post())
    assert store.posts("t1") == [a_post(opened_at=NOON)]
    assert store.close_attempt("t1", 1, "done")
    assert store.posts("t1") == [a_post(opened_at=NOON, state="done")]
    assert store.posts("t2") == []


def test_the_time_is_the_databases_own(store: ResultsStore) -> None:
    opened(store, a_post(), now=None)
    (post,) = store.posts("t1")
    assert post.opened_at is not None
    assert post.opened_at.tzinfo is UTC
    assert abs(datetime.now(UTC) - post.opened_at) < timedelta(seconds=30)


def test_one_holder_has_it_and_has_it_again(store: ResultsStore) -> None:
    assert [opened(store, a_post(holder=who)) for who in ("p1", "p2", "p1")] == [True, False, True]


@pytest.mark.parametrize("state", ["done", "void"])
def test_a_closed_attempt_is_nobodys(store: ResultsStore, state: str) -> None:
    opened(store, a_post())
    store.close_attempt("t1", 1, state)
    assert [opened(store, a_post(holder=who)) for who in ("p1", "p2")] == [False, False]


def test_the_next_attempt_ends_the_earlier_ones(store: ResultsStore) -> None:
    opened(store, a_post())
    store.close_attempt("t1", 1, "void")
    assert opened(store, a_post(attempt=3, holder="p2"))
    assert not opened(store, a_post(attempt=2, holder="p1"))
    assert [post.attempt for post in store.posts("t1")] == [1, 3]


def test_no_attempt_follows_one_that_is_done(store: ResultsStore) -> None:
    opened(store, a_post())
    store.close_attempt("t1", 1, "done")
    assert not opened(store, a_post(attempt=2, holder="p2"))


def test_a_tag_of_another_account_is_not_taken_over(store: ResultsStore) -> None:
    opened(store, a_post())
    with pytest.raises(ConfigurationError, match="is that of another sending"):
        opened(store, a_post(account="sms-sb00001-2", holder="p2"))


def test_done_stays_done_and_void_may_turn_out_done(store: ResultsStore) -> None:
    opened(store, a_post())
    assert store.close_attempt("t1", 1, "void")
    assert store.close_attempt("t1", 1, "done")
    assert not store.close_attempt("t1", 1, "void")
    assert store.posts("t1")[0].state == "done"
    assert not store.close_attempt("t1", 2, "done"), "there is no second attempt"
    with pytest.raises(ValueError, match="not as 'open'"):
        store.close_attempt("t1", 1, "open")


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        ({"submitted": 0, "messages": 0, "refused": 5}, False),
        ({"submitted": 0, "messages": 0, "refused": 0, "resolution": "sent"}, True),  # a person knows better
        ({"submitted": 0, "messages": 2, "refused": 5}, True),  # OVH contradicts itself
        ({"submitted": 4, "messages": 4, "refused": 1}, True),
        ({"order_id": 1}, True),
        (None, True),
    ],
)
def test_one_of_which_ovh_refused_everybody_is_no_repetition(
    store: ResultsStore, answer: dict[str, Any] | None, kept: bool
) -> None:
    opened(store, a_post())
    store.close_attempt("t1", 1, "done", answer=answer)
    other = a_post("t2", run_id="manual__2")
    if not kept:
        assert opened(store, other, now=NOON + SECOND)
        return
    with pytest.raises(DuplicateSubmission):
        opened(store, other, now=NOON + SECOND)


class TestRepeatGuard:
    def test_the_same_message_to_the_same_list_is_refused(self, store: ResultsStore) -> None:
        opened(store, a_post())
        store.close_attempt("t1", 1, "done")
        with pytest.raises(DuplicateSubmission) as caught:
            opened(store, a_post("t2", run_id="manual__2"), now=NOON + DAY - SECOND)
        told = str(caught.value)
        for part in ("spring", "2026-03-12 12:00 UTC", "manual__1", "sms_campaign_spring", "t1", "force"):
            assert part in told
        assert store.posts("t2") == []
        assert opened(store, a_post("t2", run_id="manual__2"), now=NOON + DAY)

    def test_force_sends_it_again(self, store: ResultsStore) -> None:
        opened(store, a_post())
        store.close_attempt("t1", 1, "done")
        assert opened(store, a_post("t2", run_id="manual__2"), force=True)

    def test_also_in_the_same_run(self, store: ResultsStore) -> None:
        opened(store, a_post())
        with pytest.raises(DuplicateSubmission, match="may have been handed"):
            opened(store, a_post("t2"))

    def test_what_is_not_decided_counts_as_sent(self, store: ResultsStore) -> None:
        opened(store, a_post())
        with pytest.raises(DuplicateSubmission, match="may have been handed"):
            opened(store, a_post("t2", run_id="manual__2"), now=NOON + BUSY)

    def test_what_certainly_did_not_go_out_does_not_count(self, store: ResultsStore) -> None:
        opened(store, a_post())
        store.close_attempt("t1", 1, "void")
        assert opened(store, a_post("t2", run_id="manual__2"))

    @pytest.mark.parametrize("field", ["account", "campaign", "list_digest", "message_digest"])
    def test_something_else_is_not_refused(self, store: ResultsStore, field: str) -> None:
        opened(store, a_post())
        store.close_attempt("t1", 1, "done")
        assert opened(store, a_post("t2", run_id="manual__2", **{field: "other"}))

    def test_the_same_contact_list_counts_whatever_was_prepared_from_it(self, store: ResultsStore) -> None:
        opened(store, a_post(source_digest="12" * 32))
        store.close_attempt("t1", 1, "done")
        other = a_post("t2", run_id="manual__2", list_digest="ef" * 32, source_digest="12" * 32)
        with pytest.raises(DuplicateSubmission, match="same contact list") as caught:
            opened(store, other)
        assert "manual__1" in str(caught.value)
        assert opened(store, other, force=True)

    def test_pieces_of_one_run_come_from_one_contact_list(self, store: ResultsStore) -> None:
        opened(store, a_post(source_digest="12" * 32))
        assert opened(store, a_post("t2", list_digest="ef" * 32, source_digest="12" * 32))

    def test_the_same_list_from_another_contact_list_counts(self, store: ResultsStore) -> None:
        opened(store, a_post(source_digest="12" * 32))
        store.close_attempt("t1", 1, "done")
        with pytest.raises(DuplicateSubmission, match="to the same list"):
            opened(store, a_post("t2", run_id="manual__2", source_digest="34" * 32))

    def test_lists_of_which_no_source_is_known_have_none_in_common(self, store: ResultsStore) -> None:
        opened(store, a_post())
        store.close_attempt("t1", 1, "done")
        assert opened(store, a_post("t2", run_id="manual__2", list_digest="ef" * 32))

    @pytest.mark.parametrize("field", ["account", "campaign", "message_digest"])
    def test_something_else_from_the_same_contact_list_is_not_refused(
        self, store: ResultsStore, field: str
    ) -> None:
        opened(store, a_post(source_digest="12" * 32))
        store.close_attempt("t1", 1, "done")
        changes = {"list_digest": "ef" * 32, "source_digest": "12" * 32, field: "other"}
        assert opened(store, a_post("t2", run_id="manual__2", **changes))

    def test_an_order_is_not_a_sending(self, store: ResultsStore) -> None:
        opened(store, a_post())
        assert opened(store, a_post("t2", run_id="manual__2", kind="order"))


class TestTwoRuns:
    OTHER = a_post("t2", run_id="manual__2", list_digest="ef" * 32)

    def test_the_second_waits_for_the_first(self, store: ResultsStore) -> None:
        opened(store, a_post())
        for force in (False, True):
            with pytest.raises(SubmissionInFlight, match="manual__1 of sms_campaign_spring is sending"):
                opened(store, self.OTHER, force=force, now=NOON + BUSY - SECOND)
        store.close_attempt("t1", 1, "done")
        assert opened(store, self.OTHER)

    def test_even_with_the_same_list_as_the_first_may_not_go_out(self, store: ResultsStore) -> None:
        opened(store, a_post())
        with pytest.raises(SubmissionInFlight):
            opened(store, a_post("t2", run_id="manual__2"))
        store.close_attempt("t1", 1, "void")
        assert opened(store, a_post("t2", run_id="manual__2"))

    def test_it_does_not_wait_forever(self, store: ResultsStore) -> None:
        opened(store, a_post())
        assert opened(store, self.OTHER, now=NOON + BUSY)

    def test_pieces_of_one_run_go_out_side_by_side(self, store: ResultsStore) -> None:
        opened(store, a_post())
        assert opened(store, a_post("t2", list_digest="ef" * 32))

    def test_the_same_run_id_of_another_dag_is_another_run(self, store: ResultsStore) -> None:
        opened(store, a_post())
        with pytest.raises(SubmissionInFlight):
            opened(store, a_post("t2", dag_id="another", list_digest="ef" * 32))

    @pytest.mark.parametrize("field", ["account", "campaign"])
    def test_other_campaigns_do_not_wait(self, store: ResultsStore, field: str) -> None:
        opened(store, a_post())
        assert opened(store, dataclasses.replace(self.OTHER, **{field: "other"}))


@pytest.mark.parametrize("wrong", [{"attempt": 0}, {"kind": "letter"}, {"holder": ""}, {"tag": "t" * 21}])
def test_a_post_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        a_post(**wrong)  # type: ignore[arg-type]


def test_a_sqlite_claim_outlives_a_power_cut_and_other_writes_stay_fast(tmp_path: Path) -> None:
    store = ResultsStore(f"sqlite:///{tmp_path}/results.sqlite")
    for durable, level in ((True, 2), (False, 1)):
        with writing(store.engine, durable=durable) as connection:
            assert connection.execute(text("PRAGMA synchronous")).scalar_one() == level


def test_what_was_handed_over_and_answered_comes_back(store: ResultsStore) -> None:
    given = a_post(facts={"ovh_time": "2026-03-01T10:00:00+00:00", "credits_left": 7.5})
    assert opened(store, given)
    found = store.attempt_of(given.tag)
    assert found is not None
    assert (found.facts, found.answer, store.job_ids(given.tag)) == (given.facts, None, [])
    store.close_attempt(given.tag, 1, "done", answer={"submitted": 2}, job_ids=[11, 12])
    store.close_attempt(given.tag, 1, "done", answer={"submitted": 9})  # the first answer stays
    found = store.attempt_of(given.tag)
    assert found is not None
    assert (found.state, found.answer, store.job_ids(given.tag)) == ("done", {"submitted": 2}, [11, 12])


def test_a_stopped_run_gets_no_attempt(store: ResultsStore) -> None:
    given = a_post()
    store.cancel_run(given.dag_id, given.run_id)
    store.cancel_run(given.dag_id, given.run_id)
    with pytest.raises(RunCancelled, match="was stopped"):
        opened(store, given)
    assert store.posts(given.tag) == []


def test_a_tag_of_another_task_is_refused(store: ResultsStore) -> None:
    given = a_post()
    assert opened(store, given)
    with pytest.raises(ConfigurationError, match="is that of another sending"):
        opened(store, dataclasses.replace(given, message_digest="other", attempt=2))
