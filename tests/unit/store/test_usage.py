"""The usage in the store: replies of a month, campaigns by tag, and closed months that stay."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from ovh_sms.accounts.usage_month import UsageMonth
from ovh_sms.store import tables
from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.models import BATCH, NOT_EXECUTED, PENDING, SUCCEEDED, UNKNOWN
from ovh_sms.store.store import Store
from ovh_sms.store.usage import KnownTag
from support.journal_rows import journal_row
from support.usage_sample import ACCOUNT, usage_month
from unit.store.test_store import a_submission

MONTH = UsageMonth.read("2026-10")


def a_reply(at: int, received_at: datetime) -> InboundMessage:
    about = {"number": "+33639980001", "text": "Oui", "tag": "t1", "action": "inbox", "credits": 1.0}
    return InboundMessage(inbound_id=at, received_at=received_at, **about)  # type: ignore[arg-type]


def test_a_reply_at_midnight_is_of_the_month_that_begins(store: Store) -> None:
    moments = (MONTH.start - timedelta(seconds=1), MONTH.start, MONTH.end - timedelta(seconds=1), MONTH.end)
    store.inbound.save(ACCOUNT, [a_reply(at, moment) for at, moment in enumerate(moments)])
    found = {str(each): store.usage.replies(ACCOUNT, *each.moments) for each in (MONTH.previous, MONTH, MONTH.next)}
    assert {name: [each.at for each in replies] for name, replies in found.items()} == {
        "2026-09": [moments[0]],
        "2026-10": [moments[1], moments[2]],
        "2026-11": [moments[3]],
    }


@pytest.mark.parametrize(
    ("state", "known"),
    [
        (SUCCEEDED, {"t1": KnownTag("spring", 25_000)}),
        (PENDING, {"t1": KnownTag("spring", None)}),
        (UNKNOWN, {"t1": KnownTag("spring", None)}),
        (NOT_EXECUTED, {}),
    ],
)
def test_messages_of_an_attempt_without_an_answer_are_their_campaigns(
    store: Store, state: str, known: dict[str, KnownTag]
) -> None:
    answer = {"credits_spent": 2.5} if state == SUCCEEDED else None
    about = {"kind": BATCH, "account": ACCOUNT, "campaign": "spring", "answer": answer}
    with store.database.writing() as connection:
        connection.execute(insert(tables.attempts), [journal_row("t1", 1, state, MONTH.start) | about])
    assert store.usage.tags(ACCOUNT, MONTH.start) == known


def test_a_month_that_another_process_has_closed_keeps_its_figures(store: Store) -> None:
    closed, open_ = usage_month(), usage_month(not_explained=0.0, closed=False)
    assert store.usage.save(closed.record, closed.lines)
    later = datetime(2026, 11, 6, tzinfo=UTC)
    for other in (open_.record, replace(open_.record, closed_at=later)):
        assert not store.usage.save(other, open_.lines), "it was computed before the other one closed it"
        assert store.usage.month(ACCOUNT, "2026-10") == closed.record
        assert store.usage.lines(ACCOUNT, "2026-10") == list(closed.lines)
    again = replace(open_.record, closed_at=later)
    assert store.usage.save(again, open_.lines, replaces=closed.record.closed_at)
    assert store.usage.month(ACCOUNT, "2026-10") == again
    store.usage.note(replace(closed.record, has_changed=True))
    assert store.usage.month(ACCOUNT, "2026-10") == again, "it was compared before it was opened again"


@pytest.mark.parametrize("before", [timedelta(seconds=1), timedelta(days=31)])
def test_the_stop_clause_of_messages_submitted_before_the_month_is_counted(store: Store, before: timedelta) -> None:
    record = a_submission("t1", account=ACCOUNT, recorded_at=MONTH.start - before)
    with store.database.writing() as connection:
        connection.execute(insert(tables.submissions), [asdict(record)])
    assert store.usage.marketing_tags(ACCOUNT, MONTH.start) == {"t1"}
