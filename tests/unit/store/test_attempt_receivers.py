"""Nobody gets the same message twice within ``duplicate_window``, from any list or campaign file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import insert, select, text

from ovh_sms.contacts.classify.receiver_digests import Digests, ReceiverDigester
from ovh_sms.errors import DuplicateSubmission, SubmissionInFlight
from ovh_sms.store import tables
from ovh_sms.store.attempt_receivers import ClaimedReceivers, RepeatRule, check_and_record, earlier_attempts, forget
from ovh_sms.store.models import NOT_EXECUTED, PENDING, SUCCEEDED, UNKNOWN
from ovh_sms.store.store import Store
from support.journal_rows import journal_row

NOW = datetime(2026, 3, 10, 10, 0, 15, tzinfo=UTC)
DAY = timedelta(days=1)
PARIS = ZoneInfo("Europe/Paris")
MESSAGE = "Bonjour #prenom#"


def people(*numbers: int) -> list[tuple[str, str]]:
    return [(f"+33639980{number:03d}", f"Anna {number}") for number in numbers]


def run(name: str = "one", **changes: Any) -> dict[str, Any]:
    return {"dag_id": "sms_campaign_spring", "run_id": name, "planned_at": None, "window": DAY, **changes}


class Account:
    """One account's journal: each run sends one batch."""

    def __init__(self, store: Store, *, message: str = MESSAGE, marketing: bool = True) -> None:
        self.store = store
        self.write(message, marketing=marketing)

    def write(self, message: str, *, marketing: bool = True) -> None:
        self.digester = ReceiverDigester(self.store.identity.secret(), message=message, marketing=marketing)

    def digests(self, rows: Sequence[tuple[str, str]]) -> Digests:
        return np.sort(self.digester.of_rows([("number", "prenom"), *rows]))

    def rule(self, who: dict[str, Any]) -> RepeatRule:
        return RepeatRule(**{"account": "sms-ab1-1", "message_key": self.digester.message_key, **who})

    def claim(
        self,
        who: dict[str, Any],
        rows: Sequence[tuple[str, str]],
        *,
        state: str = SUCCEEDED,
        now: datetime = NOW,
        force: bool = False,
        attempt: int = 1,
    ) -> int:
        """Claim an attempt and let it end in a state."""
        tag = f"t {who['dag_id'][-6:]} {who['run_id']}"
        with self.store.database.writing() as connection:
            connection.execute(insert(tables.attempts).values(journal_row(tag, attempt, state, now)))
            receivers = ClaimedReceivers(rule=self.rule(who), digests=self.digests(rows), force=force)
            return check_and_record(connection, receivers, tag=tag, attempt=attempt, now=now)

    def new(self, who: dict[str, Any], rows: Sequence[tuple[str, str]], *, now: datetime = NOW) -> list[bool]:
        """Which rows another run has not sent to."""
        digests = self.digester.of_rows([("number", "prenom"), *rows])
        with self.store.database.reading() as connection:
            earlier = earlier_attempts(connection, self.rule(who), now=now)
        return (~earlier.already_sent(digests)).tolist()


@pytest.fixture
def account(store: Store) -> Account:
    return Account(store)


def test_one_row_more_and_another_order_reach_nobody_again(account: Account) -> None:
    account.claim(run("one"), people(1, 2, 3))
    assert account.new(run("two"), people(3, 4, 2, 1)) == [False, True, False, False]
    with pytest.raises(DuplicateSubmission, match="3 of 4 receivers"):
        account.claim(run("two"), people(3, 4, 2, 1))


def test_a_grown_list_reaches_the_new_ones_only(account: Account) -> None:
    account.claim(run("one"), people(1, 2))
    assert account.claim(run("two"), people(4, 5)) == 0
    assert account.new(run("three"), people(1, 2, 3, 4, 5)) == [False, False, True, False, False]


def test_another_campaign_file_with_the_same_message_counts(account: Account) -> None:
    account.claim(run("one"), people(1, 2))
    with pytest.raises(DuplicateSubmission, match="2 of 2") as caught:
        account.claim(run("two", dag_id="sms_campaign_summer"), people(1, 2))
    for part in ("run one of sms_campaign_spring", "2026-03-10 10:00 UTC", "t spring one", "Nothing was sent", "force"):
        assert part in str(caught.value)


@pytest.mark.parametrize("marketing", [True, False])
def test_another_message_does_not_count(account: Account, marketing: bool) -> None:
    account.write(MESSAGE, marketing=marketing)
    account.claim(run("one"), people(1, 2))
    account.write("Bonsoir #prenom#", marketing=marketing)
    assert account.claim(run("two"), people(1, 2)) == 0


def test_marketing_counts_by_message_and_transactional_by_the_text_as_received(account: Account) -> None:
    code, other_code = [("+33639980001", "1234")], [("+33639980001", "5678")]
    account.claim(run("one"), code)
    assert account.new(run("two"), other_code) == [False]
    account.write("Code #prenom#", marketing=False)
    account.claim(run("three"), code)
    assert account.new(run("four"), [*other_code, *code]) == [True, False]
    account.write("Code 1234", marketing=False)
    assert account.new(run("five"), other_code) == [False]


def test_another_account_does_not_count(account: Account) -> None:
    account.claim(run("one"), people(1))
    assert account.new(run("two", account="sms-ab1-2"), people(1)) == [True]


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (SUCCEEDED, DuplicateSubmission),
        (UNKNOWN, DuplicateSubmission),
        (PENDING, SubmissionInFlight),
        (NOT_EXECUTED, None),
    ],
)
def test_what_an_attempts_state_means_to_a_run_a_second_later(
    account: Account, state: str, error: type[Exception] | None
) -> None:
    account.claim(run("one"), people(1, 2), state=state)
    later = {"now": NOW + timedelta(seconds=1)}
    if error is None:
        assert account.claim(run("two"), people(2, 3), **later) == 0
        return
    with pytest.raises(error, match="1 of") as caught:
        account.claim(run("two"), people(2, 3), **later)
    assert "run one of" in str(caught.value).replace("Run", "run")
    assert account.claim(run("three"), people(3, 4), **later) == 0


def test_a_claim_that_is_refused_records_nothing(account: Account) -> None:
    account.claim(run("one"), people(1))
    with pytest.raises(DuplicateSubmission):
        account.claim(run("two"), people(1, 2))
    assert account.claim(run("three"), people(2)) == 0


def test_only_other_runs_count(account: Account) -> None:
    account.claim(run("one"), people(1, 2), state=NOT_EXECUTED)
    assert account.claim(run("one"), people(1, 2), attempt=2) == 0
    assert account.new(run("one"), people(1, 2)) == [True, True]
    assert account.new(run("one", dag_id="sms_campaign_summer"), people(1, 2)) == [False, False]


def test_the_window_ends(account: Account) -> None:
    account.claim(run("one"), people(1))
    second = timedelta(seconds=1)
    assert account.new(run("two"), people(1), now=NOW + DAY - second) == [False]
    assert account.new(run("two"), people(1), now=NOW + DAY) == [True]
    assert account.new(run("two", window=3 * DAY), people(1), now=NOW + 2 * DAY) == [False]
    assert account.new(run("two", window=timedelta(0)), people(1)) == [True]
    # Two workers' clocks may differ.
    assert account.new(run("two"), people(1), now=NOW - timedelta(minutes=10)) == [False]


def test_force_repeats_and_says_how_many(account: Account) -> None:
    account.claim(run("one"), people(1, 2))
    account.claim(run("two"), people(3), state=PENDING)
    assert account.claim(run("three"), people(2, 3, 4, 1), force=True) == 2


def paris(day: int, hour: int, minute: int = 0, *, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=PARIS)


def test_a_schedule_of_twice_a_day_is_not_a_repetition(account: Account) -> None:
    for day, hour in ((10, 8), (10, 20), (11, 8), (11, 20)):
        planned = paris(day, hour)
        who = run(f"{day} {hour}", planned_at=planned)
        assert account.claim(who, people(1, 2), now=planned + timedelta(seconds=20)) == 0


def test_a_night_of_23_hours_is_not_a_repetition(account: Account) -> None:
    before, after = paris(28, 10), paris(29, 10)
    assert after.astimezone(UTC) - before.astimezone(UTC) == timedelta(hours=23)
    account.claim(run("before", planned_at=before), people(1), now=before + timedelta(seconds=40))
    assert account.claim(run("after", planned_at=after), people(1), now=after + timedelta(seconds=15)) == 0


def test_the_same_planned_time_of_one_dag_is_a_repetition(account: Account) -> None:
    account.claim(run("scheduled", planned_at=NOW), people(1))
    assert account.new(run("backfill", planned_at=NOW), people(1), now=NOW + 3 * DAY) == [False]


def test_scheduled_runs_of_two_dags_are_compared_by_planned_time(account: Account) -> None:
    account.claim(run("one", planned_at=NOW), people(1), now=NOW + timedelta(hours=5))
    late = NOW + timedelta(hours=30)

    def another(planned: datetime) -> dict[str, Any]:
        return run("two", dag_id="sms_campaign_summer", planned_at=planned)

    assert account.new(another(NOW + timedelta(hours=23)), people(1), now=late) == [False]
    assert account.new(another(NOW + DAY), people(1), now=NOW + DAY) == [True]


def test_a_run_by_hand_beside_a_scheduled_one_is_compared_by_the_time_of_the_claim(account: Account) -> None:
    planned = NOW - timedelta(hours=4)
    account.claim(run("scheduled", planned_at=planned), people(1))
    assert account.new(run("manual"), people(1), now=NOW + timedelta(hours=23)) == [False]
    assert account.new(run("manual"), people(1), now=NOW + timedelta(hours=24)) == [True]


def test_refused_receivers_and_withdrawn_messages_do_not_count(account: Account) -> None:
    account.claim(run("one"), people(1, 2, 3, 4))
    with account.store.database.writing() as connection:
        assert forget(connection, "t spring one", account.digester.of_rows([("number",), ("33639980002",)])) == 1
    assert account.store.attempt_receivers.forget("t spring one", account.digests(people(3, 9))) == 1
    assert account.new(run("two"), people(1, 2, 3, 4)) == [False, True, True, False]


@pytest.mark.parametrize("marketing", [True, False])
def test_a_withdrawn_message_is_forgotten_by_number_and_text(account: Account, marketing: bool) -> None:
    account.write(MESSAGE, marketing=marketing)
    account.claim(run("one"), people(1, 2, 3))
    withdrawn = [("0033639980001"[2:], "Bonjour Anna 1"), ("+33639980003", "another text"), ("+33639980009", "x")]
    expected = 2 if marketing else 1
    assert account.store.attempt_receivers.forget_messages("t spring one", withdrawn) == expected
    assert account.store.attempt_receivers.forget_messages("t spring one", withdrawn) == 0
    assert account.store.attempt_receivers.forget_messages("unknown", withdrawn) == 0
    assert account.new(run("two"), people(1, 2, 3)) == [True, False, marketing]


def test_a_run_with_a_short_window_makes_nobody_forgotten(account: Account) -> None:
    account.claim(run("one"), people(1))
    account.claim(run("none", window=timedelta(0)), people(2), now=NOW + 10 * DAY)
    account.claim(run("short", window=DAY / 24), people(3), now=NOW + 12 * DAY)
    fortnight = run("fortnight", window=14 * DAY)
    assert account.new(fortnight, people(1, 2, 3, 4), now=NOW + 13 * DAY) == [False, False, False, True]


def test_the_receivers_are_purged_after_a_fortnight_or_the_longest_window(account: Account, store: Store) -> None:
    def tags() -> list[str]:
        with store.database.reading() as connection:
            return list(connection.execute(select(tables.attempt_receivers.c.run_id)).scalars())

    second = timedelta(seconds=1)
    account.claim(run("one"), people(1))
    account.claim(run("month", window=30 * DAY), people(2), now=NOW + DAY)
    account.claim(run("three"), people(3), now=NOW + 31 * DAY)
    assert sorted(tags()) == ["month", "one", "three"]
    account.claim(run("four"), people(4), now=NOW + 32 * DAY + second)  # a late run has an early planned time
    assert sorted(tags()) == ["four", "three"]
    account.claim(run("five"), people(5), now=NOW + 46 * DAY)
    assert sorted(tags()) == ["five", "four", "three"]
    account.claim(run("six"), people(6), now=NOW + 46 * DAY + second)
    assert sorted(tags()) == ["five", "four", "six"]


@pytest.mark.parametrize("marketing", [True, False])
def test_the_table_holds_no_number_and_no_text(account: Account, marketing: bool) -> None:
    account.write(MESSAGE, marketing=marketing)
    rows = people(*range(50))
    account.claim(run("one"), rows)
    with account.store.database.reading() as connection:
        (row,) = connection.execute(text("SELECT * FROM ovh_sms_attempt_receivers")).all()
    shown = repr(tuple(row)).encode() + bytes(row.digests)
    assert len(row.digests) == 8 * 50
    assert b"Anna" not in shown
    assert b"63998" not in shown
    # With the table but without the secret, trying all numbers is in vain.
    for guess in (b"", bytes(32)):
        tried = ReceiverDigester(guess, message=MESSAGE, marketing=marketing).of_rows([("number", "prenom"), *rows])
        assert not np.isin(tried, np.frombuffer(row.digests, dtype="<u8")).any()
        integers = np.array([int(number[1:]) for number, _ in rows], dtype=np.uint64)
        assert not np.isin(integers, np.frombuffer(row.digests, dtype="<u8")).any()


def test_every_store_has_a_secret_of_its_own(store: Store, tmp_path: Any) -> None:
    from support.stores import new_store

    other = new_store(tmp_path / "other.sqlite")
    first = store.identity.secret()
    assert len(first) == 32
    assert store.identity.secret() == first != other.identity.secret()
    other.close()
