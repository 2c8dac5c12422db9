"""Messages are loaded fast, and a block that another writer was in the way of is stored again: only that."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, event, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from ovh_sms.errors import ConfigurationError, OvhSmsError
from ovh_sms.messaging.delivery_status import DeliveryStatus
from ovh_sms.store import database, tables
from ovh_sms.store.database import transaction
from ovh_sms.store.models import Message
from ovh_sms.store.store import Store
from ovh_sms.store.upsert import upsert
from ovh_sms.store.write_retry import PAUSES
from support.stores import new_store
from unit.store.test_store import NOON, a_message, a_submission

NUMBER = "+33639980001"


@pytest.mark.parametrize("odd", ["", "\\N", "a\tb\nc\rd", "back\\slash", "é 😀 \u2028 \u00a0", "'; DROP --", '"'])
def test_every_text_comes_back_as_it_was(store: Store, odd: str) -> None:
    store.submissions.start(a_submission())
    wanted = [a_message(1, sender=odd, operator=odd), a_message(2, operator=None, sent_at=None, operator_code=None)]
    store.messages.save("t1", wanted)
    assert list(store.messages.iter("t1")) == wanted


def test_rows_are_stored_as_sqlalchemy_would_store_them(store: Store) -> None:
    summer = timezone(timedelta(hours=2))
    store.submissions.start(a_submission())
    moment = datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=summer)
    sample = a_message(1, created_at=moment, delivered_at=moment.replace(microsecond=0), segments=2)
    store.messages.save("t1", [sample, a_message(2, delivery_status=DeliveryStatus.DELIVERED)])
    table = tables.messages
    with store.database.reading() as connection:
        rows = [dict(row) for row in connection.execute(select(table).order_by(table.c.outgoing_id)).mappings()]
        stored = connection.execute(text("SELECT * FROM ovh_sms_messages ORDER BY outgoing_id")).all()
    with store.database.writing() as connection:
        upsert(connection, table, rows)
    with store.database.reading() as connection:
        assert connection.execute(text("SELECT * FROM ovh_sms_messages ORDER BY outgoing_id")).all() == stored
    assert (rows[0]["created_at"], rows[0]["created_at"].tzinfo, rows[1]["delivery_status"]) == (
        moment,
        UTC,
        "delivered",
    )


def test_a_moment_without_a_time_zone_is_refused(store: Store) -> None:
    store.submissions.start(a_submission())
    with pytest.raises(ValueError, match="without a time zone"):
        store.messages.save("t1", [a_message(1, created_at=NOON.replace(tzinfo=None))])
    assert store.messages.count("t1") == 0


def test_no_message_is_stored_for_a_submission_that_goes_away_while_it_is_loaded(store: Store) -> None:
    store.submissions.start(a_submission())

    def messages() -> Iterator[Message]:
        yield a_message(1)
        with store.database.writing() as connection:
            connection.execute(delete(tables.submissions))

    with pytest.raises(ConfigurationError, match="no submission with the tag 't1'"):
        store.messages.save("t1", messages())
    assert store.messages.count("t1") == 0


@pytest.mark.services
@pytest.mark.parametrize("change", [{"receiver": NUMBER * 4}, {"segments": "many"}, {"sender": "a\0b"}])
def test_a_value_that_copy_refuses_shows_no_number(postgresql_url: str, change: dict[str, object]) -> None:
    store = new_store(postgresql_url)
    store.submissions.start(a_submission())
    with pytest.raises(OvhSmsError, match="refused 1 rows") as caught:
        store.messages.save("t1", [a_message(1, **{"receiver": NUMBER, **change})])
    assert caught.value.__suppress_context__
    assert NUMBER[1:] not in str(caught.value)
    store.close()


@pytest.mark.services
def test_a_transfer_that_the_server_ends_shows_no_number(postgresql_url: str) -> None:
    store = new_store(f"{postgresql_url}?options=-c%20statement_timeout%3D40")
    store.submissions.start(a_submission())
    many = [a_message(number, receiver=NUMBER) for number in range(60_000)]
    with pytest.raises(OvhSmsError) as caught:
        store.messages.save("t1", many, block_size=60_000)
    assert NUMBER[1:] not in f"{caught.value} {caught.value!r}"
    store.close()


def test_rows_that_are_there_as_they_are_stay_untouched(store: Store) -> None:
    store.submissions.start(a_submission())
    store.messages.save("t1", [a_message(number) for number in range(100)])
    changed: list[int] = []
    event.listen(
        store.database.engine,
        "after_cursor_execute",
        lambda _c, cursor, statement, *_: changed.append(cursor.rowcount) if "ON CONFLICT" in statement else None,
    )
    delivered = a_message(7, delivery_status="delivered", delivered_at=NOON)
    store.messages.save("t1", [delivered if number == 7 else a_message(number) for number in range(100)])
    assert changed == [1]
    assert [each for each in store.messages.iter("t1") if each.delivery_status == "delivered"] == [delivered]


def refuse(store: Store, code: str, *, times: int) -> None:
    """Let the server refuse the first transactions that insert a message; a sequence counts them beyond rollbacks."""
    with transaction(store.database.engine) as connection:
        connection.execute(text("CREATE SEQUENCE tries"))
        connection.execute(
            text(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"IF nextval('tries') <= {times} THEN RAISE EXCEPTION 'refused' USING ERRCODE = '{code}'; END IF; "
                "RETURN NULL; END $$"
            )
        )
        connection.execute(
            text("CREATE TRIGGER refuse BEFORE INSERT ON ovh_sms_messages FOR EACH STATEMENT EXECUTE FUNCTION refuse()")
        )


def tries(store: Store) -> int:
    with store.database.reading() as connection:
        return int(connection.execute(text("SELECT last_value FROM tries")).scalar_one())


@pytest.mark.services
@pytest.mark.parametrize("code", ["40001", "40P01", "55P03"])
def test_a_serialization_failure_or_a_deadlock_repeats_the_block(postgresql_url: str, code: str) -> None:
    store = new_store(postgresql_url)
    store.submissions.start(a_submission())
    refuse(store, code, times=2)
    assert store.messages.save("t1", [a_message(number) for number in range(10)]) == 10
    assert tries(store) == 3
    store.close()


@pytest.mark.services
@pytest.mark.parametrize("code", ["P0001", "57014", "42501", "XX000"])
def test_another_error_of_the_database_is_not_repeated(postgresql_url: str, code: str) -> None:
    store = new_store(postgresql_url)
    store.submissions.start(a_submission())
    refuse(store, code, times=1)
    with pytest.raises(DBAPIError):
        store.messages.save("t1", [a_message(1)])
    assert (tries(store), store.messages.count("t1")) == (1, 0)
    store.close()


@pytest.mark.services
def test_conflicts_without_end_are_an_error(postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = new_store(postgresql_url)
    store.submissions.start(a_submission())
    refuse(store, "40001", times=1000)
    monkeypatch.setattr("ovh_sms.store.write_retry.PAUSES", (0.01,) * len(PAUSES))
    with pytest.raises(OperationalError, match="refused"):
        store.messages.save("t1", [a_message(1)])
    assert tries(store) == len(PAUSES) + 1
    store.close()


@pytest.mark.services
def test_a_real_deadlock_with_another_writer_ends_with_every_message_stored(postgresql_url: str) -> None:
    store = new_store(postgresql_url)
    store.submissions.start(a_submission())
    store.messages.save("t1", [a_message(1), a_message(2)])
    touch = "UPDATE ovh_sms_messages SET segments = 9 WHERE outgoing_id = {}"
    other = create_engine(postgresql_url)
    delivered = [a_message(number, delivery_status="delivered") for number in (1, 2, 3)]
    with other.begin() as connection:
        connection.execute(text("SET LOCAL deadlock_timeout = '60s'"))  # so that the store's transaction is refused
        connection.execute(text(touch.format(2)))
        saving = threading.Thread(target=store.messages.save, args=("t1", delivered))
        saving.start()
        time.sleep(0.5)  # it holds the first message and waits for the second one
        connection.execute(text(touch.format(1)))
    saving.join(timeout=30)
    assert list(store.messages.iter("t1")) == delivered
    other.dispose()
    store.close()


def test_a_locked_file_repeats_the_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_WAIT_SECONDS", 0.05)
    store = new_store(tmp_path / "results.sqlite")
    store.submissions.start(a_submission())
    locked, free = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction(store.database.engine):
            locked.set()
            free.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(10)
    threading.Timer(0.6, free.set).start()
    assert store.messages.save("t1", [a_message(1)]) == 1
    holder.join()
    store.close()


def test_a_file_that_stays_locked_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_WAIT_SECONDS", 0.01)
    monkeypatch.setattr("ovh_sms.store.write_retry.PAUSES", (0.01,) * len(PAUSES))
    store, other = new_store(tmp_path / "results.sqlite"), new_store(tmp_path / "results.sqlite")
    store.submissions.start(a_submission())
    with transaction(other.database.engine), pytest.raises(OperationalError, match="locked"):
        store.messages.save("t1", [a_message(1)])
    assert store.messages.count("t1") == 0
    store.close()
