"""The results database behind PgBouncer with transaction pooling: nothing rests on the session of a connection."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from ovh_sms.store import migrate
from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.models import BATCH, Attempt, Message, SubmissionRecord
from ovh_sms.store.store import Store
from ovh_sms.store.turns import shared_queue
from support.pgbouncer import SERVER_CONNECTIONS, running_pgbouncer
from support.postgresql import new_database, postgresql_server

__all__ = ["postgresql_server"]

#: Clients at once; each has a pool of connections of its own, as a process has.
CLIENTS = 12
TAG = "pgbouncer"
MESSAGES = 3000
#: OVH's ids of messages of other tests do not reach these.
FIRST_READ, FIRST_OF_TWINS = 1_000_000, 2_000_000
RUN = {
    "campaign": "spring",
    "dag_id": "sms_campaign_spring",
    "run_id": "manual__1",
    "account": "sms-sb00001-1",
    "list_digest": "cd" * 32,
    "message_digest": "ab" * 32,
}


@pytest.fixture(scope="module")
def direct(postgresql_server: str) -> str:
    """URL of the database without PgBouncer."""
    return new_database(postgresql_server)


@pytest.fixture(scope="module")
def pooled(postgresql_server: str, direct: str) -> Iterator[str]:
    """URL of the same database through PgBouncer, its tables made by several clients at once."""
    with running_pgbouncer(postgresql_server) as bouncer:
        url = f"{bouncer}/{direct.rpartition('/')[2]}"
        assert any(at_once(url, lambda store, _: migrate.init(store)))
        yield url


def at_once(url: str, work: Callable[[Store, int], Any]) -> list[Any]:
    """Let several clients do the same, each with connections of its own."""

    def one(number: int) -> Any:
        store = Store(url)
        try:
            return work(store, number)
        finally:
            store.close()

    with ThreadPoolExecutor(CLIENTS) as threads:
        return list(threads.map(one, range(CLIENTS)))


def attempt(holder: str, **changes: Any) -> Attempt:
    return Attempt(**{**RUN, "attempt": 1, "kind": BATCH, "holder": holder, **changes})


def claim(store: Store, wanted: Attempt) -> bool:
    return store.attempts.claim(wanted, duplicate_window=None, in_flight_window=timedelta(minutes=5))


def test_clients_share_few_connections_of_the_server(pooled: str) -> None:
    def process(store: Store, _: int) -> int:
        with store.database.reading() as connection:
            return int(connection.execute(text("SELECT pg_backend_pid() FROM pg_sleep(0.05)")).scalar_one())

    assert len(set(at_once(pooled, process))) <= SERVER_CONNECTIONS


def test_of_clients_that_claim_one_attempt_exactly_one_gets_it(pooled: str) -> None:
    for number in range(5):
        tag = f"{TAG}{number}"
        wanted = {"tag": tag, "run_id": f"r{number}", "campaign": f"c{number}"}
        got = at_once(pooled, lambda store, client, w=wanted: claim(store, attempt(f"holder {client}", **w)))
        assert sorted(got) == [False] * (CLIENTS - 1) + [True]


def test_the_lock_of_an_account_keeps_others_out_and_ends_with_its_transaction(pooled: str, direct: str) -> None:
    watch = create_engine(direct, isolation_level="AUTOCOMMIT")
    with watch.connect() as connection:
        connection.execute(text("CREATE TABLE counted (n integer)"))
        connection.execute(text("INSERT INTO counted VALUES (0)"))

    def count(store: Store, _: int) -> None:
        for _ in range(5):
            with store.database.writing() as connection:
                lock_account(connection, "sms-sb00001-1")
                n = connection.execute(text("SELECT n FROM counted")).scalar_one()
                connection.execute(text("SELECT pg_sleep(0.002)"))
                connection.execute(text("UPDATE counted SET n = :n"), {"n": n + 1})

    at_once(pooled, count)
    with watch.connect() as connection:
        assert connection.execute(text("SELECT n FROM counted")).scalar_one() == 5 * CLIENTS
        assert connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar_one() == 0
    watch.dispose()


def test_no_turn_is_lost_and_no_setting_stays_on_a_shared_connection(pooled: str) -> None:
    key = uuid4().hex

    def queue(_store: Store, _: int) -> None:
        turns = shared_queue(pooled, key)
        for _ in range(5):
            turns.change(lambda row, _now: ({"n": (row or {"n": 0})["n"] + 1}, None))

    at_once(pooled, queue)
    counted = shared_queue(pooled, key).change(lambda row, _now: (dict(row or {}), row))
    assert counted == {"n": 5 * CLIENTS}

    def settings(store: Store, _: int) -> tuple[Any, ...]:
        with store.database.reading() as connection:
            return tuple(
                connection.execute(text(f"SHOW {name}")).scalar_one()
                for name in ("lock_timeout", "synchronous_commit", "idle_in_transaction_session_timeout")
            )

    assert set(at_once(pooled, settings)) == {("0", "on", "0")}


def start(store: Store, tag: str) -> None:
    """Record a submission whose messages may be stored."""
    sent = datetime(2026, 3, 3, 9, tzinfo=UTC)
    store.submissions.start(
        SubmissionRecord(
            **RUN, tag=tag, sender="MYSHOP", marketing=False, rows=MESSAGES, accepted=MESSAGES, sent_at=sent
        )
    )


def messages_of(tag: str, count: int, first: int = 0) -> list[Message]:
    unknown = dict.fromkeys(("delivered_at", "delivery_receipt", "operator_code", "operator"))
    return [
        Message(
            outgoing_id=first + number,
            tag=tag,
            receiver=f"+3363998{number % 10_000:04d}",
            sender="MYSHOP",
            sent_at=datetime(2026, 3, 3, 9, tzinfo=UTC),
            delivery_status="pending",
            segments=1,
            **unknown,
        )
        for number in range(count)
    ]


def test_blocks_of_messages_are_stored_by_many_at_once_each_message_once(pooled: str) -> None:
    store = Store(pooled)
    start(store, TAG)
    messages = messages_of(TAG, MESSAGES)
    at_once(pooled, lambda each, client: each.messages.save(TAG, messages[client * 100 : client * 100 + 1500]))
    at_once(pooled, lambda each, _: each.messages.save(TAG, messages))
    assert sorted(each.outgoing_id for each in store.messages.iter(TAG)) == list(range(MESSAGES))
    store.close()


def test_a_cursor_of_the_server_reads_each_message_once_while_others_use_its_connections(pooled: str) -> None:
    """Messages are read in blocks: the cursor and its connection belong to one transaction until the last block."""
    store = Store(pooled)
    tag, count = f"{TAG}cursor", 12_007
    start(store, tag)
    store.messages.save(tag, messages_of(tag, count, first=FIRST_READ))

    def read(each: Store, _: int) -> list[int]:
        return [message.outgoing_id for message in each.messages.iter(tag)]

    reading = store.messages.columns(tag)
    first = list(next(reading)["outgoing_id"])
    assert 0 < len(first) < count
    whole = list(range(FIRST_READ, FIRST_READ + count))
    assert at_once(pooled, read) == [whole] * CLIENTS
    assert first + [number for block in reading for number in block["outgoing_id"]] == whole
    store.close()


#: Waits for its start, then claims the attempts that all processes want, and reads the messages of a submission.
PROCESS = """
import json, sys
from datetime import timedelta
from ovh_sms.store.models import Attempt
from ovh_sms.store.store import Store

url, tag, holder, run = *sys.argv[1:4], json.loads(sys.argv[4])
store = Store(url)
store.identity.read()
print("ready", flush=True)
sys.stdin.readline()
claimed = []
for number in range(20):
    names = {"tag": f"twin{number}", "run_id": f"twin{number}", "campaign": f"twin{number}"}
    attempt = Attempt(**{**run, **names, "attempt": 1, "kind": "batch", "holder": holder})
    if store.attempts.claim(attempt, duplicate_window=None, in_flight_window=timedelta(minutes=5)):
        claimed.append(number)
print(json.dumps([claimed, [each.outgoing_id for each in store.messages.iter(tag)]]))
store.close()
"""


def test_of_two_processes_each_attempt_is_claimed_by_one_and_both_read_all_messages(pooled: str) -> None:
    store = Store(pooled)
    tag = f"{TAG}twins"
    start(store, tag)
    store.messages.save(tag, messages_of(tag, MESSAGES, first=FIRST_OF_TWINS))
    store.close()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", PROCESS, pooled, tag]
    with ExitStack() as stack:
        twins = [
            stack.enter_context(subprocess.Popen([*command, holder, json.dumps(RUN)], **pipes))
            for holder in ("one", "other")
        ]
        assert [each.stdout.readline() for each in twins] == ["ready\n"] * 2
        for each in twins:
            each.stdin.write("go\n")
            each.stdin.flush()
        found = [json.loads(each.communicate(timeout=60)[0]) for each in twins]
    assert sorted(number for claimed, _ in found for number in claimed) == list(range(20))
    for _, read in found:
        assert read == list(range(FIRST_OF_TWINS, FIRST_OF_TWINS + MESSAGES))


def test_nothing_of_a_transaction_is_left_on_the_server(pooled: str, direct: str) -> None:
    engine = create_engine(direct)
    with engine.connect() as connection:
        temporary = "SELECT count(*) FROM pg_class WHERE relpersistence = 't'"
        assert connection.execute(text(temporary)).scalar_one() == 0
    engine.dispose()

    def prepared(store: Store, _: int) -> int:
        with store.database.reading() as connection:
            return int(connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one())

    assert set(at_once(pooled, prepared)) == {0}
