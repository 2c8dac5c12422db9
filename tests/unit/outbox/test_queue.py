"""Queuing: each key once, each row as strict as a campaign's, all rows or none."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from ovh_sms.errors import ConfigurationError
from ovh_sms.outbox.queue import queue_rows
from ovh_sms.outbox.row_reasons import RowReason
from ovh_sms.store.outbox_queries import OutboxFilter
from ovh_sms.store.outbox_records import CANCELLED, PENDING, QueuedSms
from ovh_sms.store.store import Store
from support.outbox import insert, sms


def queue(store: Store, *rows: QueuedSms) -> int:
    return queue_rows(store, rows, allow_fiction=True)


def test_the_same_key_twice_is_one_sms(outbox_store: Store) -> None:
    assert queue(outbox_store, sms()) == 1
    assert queue(outbox_store, sms(receiver="06 39 98 00 00"), sms(1)) == 1  # the same number, written otherwise
    assert [row.key for row in outbox_store.outbox.latest(OutboxFilter(), limit=9)] == ["order-1", "order-0"]


@pytest.mark.parametrize(
    "changes",
    [
        {"message": "Votre colis est en retard."},
        {"receiver": "+33639980009"},
        {"stop_clause": True},
        {"validity": 5},
        {"priority": "low"},
        {"deferred_until": datetime(2027, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_key_with_another_content_is_refused_and_queues_nothing(outbox_store: Store, changes: dict[str, Any]) -> None:
    queue(outbox_store, sms())
    with pytest.raises(ConfigurationError, match=r"order-0.*another SMS.*Nothing was queued"):
        queue(outbox_store, sms(1), sms(**changes))
    assert [row.message for row in outbox_store.outbox.latest(OutboxFilter(), limit=9)] == [sms().message]


def test_a_key_that_another_program_wrote_is_compared_with_its_content(outbox_store: Store) -> None:
    insert(outbox_store, "order-0")
    assert queue(outbox_store, sms()) == 0
    with pytest.raises(ConfigurationError, match="another SMS"):
        queue(outbox_store, sms(message="Votre colis est en retard."))


def test_writers_of_one_key_at_once_queue_one_sms(outbox_store: Store) -> None:
    made: list[int] = []
    threads = [threading.Thread(target=lambda: made.append(queue(outbox_store, sms()))) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(made) == [0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": " "}, RowReason.NO_KEY),
        ({"key": "k" * 201}, RowReason.NO_KEY),
        ({"validity": 10**12}, RowReason.UNKNOWN_OPTION),
        ({"receiver": ""}, RowReason.NO_NUMBER),
        ({"receiver": "12"}, RowReason.INVALID_NUMBER),
        ({"receiver": "41791234567"}, RowReason.INVALID_NUMBER),
        ({"receiver": "6,3998E+08"}, RowReason.INVALID_NUMBER),
        ({"receiver": "+33139980000"}, RowReason.NOT_MOBILE),
        ({"message": " \n"}, RowReason.EMPTY_MESSAGE),
        ({"message": "Bonjour #prenom#"}, RowReason.SHARPS),
        ({"message": "Bonjour {{prenom}}"}, RowReason.LOOKS_LIKE_PLACEHOLDER),
        ({"message": "L&#39;article"}, RowReason.ESCAPED_TEXT),
        ({"message": "FranÃ§oise"}, RowReason.MISREAD_TEXT),
        ({"message": "a\x00b"}, RowReason.CONTROL_CHARACTER),
        ({"message": "x" * 153 * 256}, RowReason.TOO_LONG),
        ({"sender": ""}, RowReason.NO_SENDER),
        ({"message_class": "loud"}, RowReason.UNKNOWN_OPTION),
        ({"coding": "16bit"}, RowReason.UNKNOWN_OPTION),
        ({"priority": "urgent"}, RowReason.UNKNOWN_OPTION),
        ({"validity": 0}, RowReason.UNKNOWN_OPTION),
        ({"deferred_until": datetime(2027, 1, 1)}, RowReason.UNKNOWN_OPTION),  # noqa: DTZ001
        ({"stop_clause": None}, RowReason.UNKNOWN_OPTION),
        ({"coding": "7bit", "message": "Rendez-vous à l’hôtel"}, RowReason.NOT_GSM7),
    ],
)
def test_a_row_that_is_no_sms_is_refused_with_its_reason(
    outbox_store: Store, changes: dict[str, Any], reason: RowReason
) -> None:
    with pytest.raises(ConfigurationError, match=rf"\({reason.value}\)\..*Nothing was queued"):
        queue(outbox_store, sms(1), sms(**changes))
    assert outbox_store.outbox.counts() == {}


def test_a_number_for_fiction_is_refused_outside_of_the_sandbox(outbox_store: Store) -> None:
    with pytest.raises(ConfigurationError, match="fiction_number"):
        queue_rows(outbox_store, [sms()])


def test_only_rows_that_are_due_wait(outbox_store: Store) -> None:
    assert outbox_store.outbox.newest_waiting() is None
    now = outbox_store.clock.now()
    queue(outbox_store, sms(1, deferred_until=now + timedelta(hours=1)))
    assert outbox_store.outbox.newest_waiting() is None
    queue(outbox_store, sms(2, deferred_until=now - timedelta(hours=1)))
    insert(outbox_store, "theirs")
    theirs = outbox_store.outbox.get("theirs")
    assert theirs is not None
    assert outbox_store.outbox.newest_waiting() == theirs.id
    assert [row.key for row in outbox_store.outbox.new_rows("sms-a", takes_unnamed=True, limit=9)] == [
        "order-2",
        "theirs",
    ]
    assert outbox_store.outbox.new_rows("sms-a", takes_unnamed=False, limit=9) == []


def test_a_row_that_waits_can_be_cancelled_once(outbox_store: Store) -> None:
    queue(outbox_store, sms())
    row = outbox_store.outbox.cancel("order-0")
    assert row is not None
    assert (row.state, outbox_store.outbox.newest_waiting()) == (CANCELLED, None)
    assert outbox_store.outbox.cancel("nobody") is None
    assert queue(outbox_store, sms()) == 0  # the key stays used


def test_a_row_of_another_program_waits_with_what_it_left_out(outbox_store: Store) -> None:
    insert(outbox_store, "theirs")
    row = outbox_store.outbox.get("theirs")
    assert row is not None
    assert (row.state, row.account, row.reason) == (PENDING, "", None)
    assert abs(row.queued_at - outbox_store.clock.now()) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "moment", ["01/02/2027 09:00", "2027-02-30 09:00:00", "2027-01-31T09:00:00+01:00", "yesterday"]
)
def test_a_moment_that_nobody_can_read_does_not_enter_the_outbox(outbox_store: Store, moment: str) -> None:
    with pytest.raises(IntegrityError):
        insert(outbox_store, "order-0", deferred_until=moment)
    insert(outbox_store, "order-1", deferred_until="2026-01-31 09:00:00")
    insert(outbox_store, "order-2", deferred_until="2026-02-28 23:59:59.999999")
    assert len(outbox_store.outbox.new_rows("sms-a1-1", takes_unnamed=True, limit=9)) == 2
