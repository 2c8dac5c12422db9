"""Replies as the pages read them: none is left out of a page or a day, and none stands in two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ovh_sms.store.inbound_pages import InboxFilter, ReplyRate
from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.models import SubmissionRecord
from ovh_sms.store.store import Store
from support.stores import new_store

NOW = datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
ACCOUNT = "sms-xx12345-1"
VISIT = {"campaign": "visit", "dag_id": "sms_campaign_visit", "run_id": "r1"}
OUI = InboundMessage(
    inbound_id=1, received_at=NOW, number="+33639980001", text="Oui", tag="", action="confirmed", keyword="OUI", **VISIT
)
STOP = replace(OUI, inbound_id=2, number="+33639980002", text="STOP 100%", action="opt_out", keyword="STOP")
STRAY = replace(OUI, inbound_id=3, text="Qui ?", campaign=None, dag_id=None, run_id=None, action="inbox", keyword=None)
OTHER = replace(OUI, inbound_id=4, campaign="club", dag_id="sms_campaign_club", received_at=NOW - timedelta(days=1))
ALL = InboxFilter(dag_ids={"sms_campaign_visit", "sms_campaign_club"}, with_unknown=True)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = new_store(url)
    made.inbound.save(ACCOUNT, [OUI, STOP, STRAY, OTHER])
    yield made
    made.close()


def ids(store: Store, wanted: InboxFilter) -> list[int]:
    found: list[int] = []
    before = None
    while rows := store.inbound_pages.page(wanted, limit=1, before=before):
        found.append(rows[0].inbound_id)
        before = rows[0].place
    return found


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (ALL, [3, 2, 1, 4]),
        (replace(ALL, with_unknown=False), [2, 1, 4]),
        (InboxFilter(dag_ids=(), with_unknown=True), [3]),
        (InboxFilter(dag_ids=()), []),
        (replace(ALL, campaign="club"), [4]),
        (replace(ALL, action="opt_out"), [2]),
        (replace(ALL, keyword="OUI"), [1, 4]),
        (replace(ALL, text="oUI"), [1, 4]),
        (replace(ALL, text="100%"), [2]),
        (replace(ALL, text="1_0%"), []),
    ],
)
def test_the_pages_of_a_filter_hold_each_of_its_replies_once(
    store: Store, wanted: InboxFilter, left: list[int]
) -> None:
    assert ids(store, wanted) == left


def test_replies_of_one_person_are_those_of_the_same_number(store: Store) -> None:
    (row,) = [each for each in store.inbound_pages.page(ALL, limit=9) if each.inbound_id == 1]
    assert row.digest is not None
    found = store.inbound_pages.of_person(row.digest, ALL, limit=9)
    assert [each.inbound_id for each in found] == [3, 1, 4] or [each.inbound_id for each in found] == [1, 3, 4]
    assert store.inbound_pages.find(ACCOUNT, 1) == row
    assert store.inbound_pages.find(ACCOUNT, 9) is None


def test_the_kinds_are_counted(store: Store) -> None:
    kinds = store.inbound_pages.kinds(ALL)
    assert (kinds.campaigns, kinds.actions, kinds.keywords) == (
        {"visit": 2, "club": 1, "": 1},
        {"confirmed": 2, "opt_out": 1, "inbox": 1},
        {"OUI": 2, "STOP": 1, "": 1},
    )


def test_each_reply_is_of_one_day(store: Store) -> None:
    starts = [NOW - timedelta(days=2), NOW - timedelta(days=1), NOW]
    assert store.inbound_pages.by_day(ALL, starts) == [(0, 0), (1, 0), (3, 1)]
    assert store.inbound_pages.by_day(ALL, [NOW - timedelta(days=1), NOW - timedelta(seconds=1)]) == [(1, 0), (3, 1)]
    assert store.inbound_pages.by_day(ALL, [NOW + timedelta(days=1)]) == [(0, 0)]


def test_the_reply_rate_counts_each_person_once_for_a_run_that_could_be_answered(store: Store) -> None:
    sent = SubmissionRecord(
        tag="ctag1",
        **VISIT,
        account=ACCOUNT,
        sender="",
        marketing=False,
        message_digest="m",
        list_digest="l",
        rows=5,
        accepted=5,
        sent_at=NOW,
    )
    store.submissions.start(sent)
    store.submissions.start(replace(sent, tag="ctag2", campaign="shop", dag_id="sms_campaign_shop", sender="MYSHOP"))
    store.inbound.save(ACCOUNT, [replace(OUI, inbound_id=9, received_at=NOW + timedelta(minutes=1))])
    found = store.inbound_pages.rates(["sms_campaign_visit", "sms_campaign_shop"], NOW - timedelta(days=1))
    visit = {"campaign": "visit", "dag_id": "sms_campaign_visit", "not_collected": 5}
    assert found == [ReplyRate(**visit, delivered=0, people=2, of_delivered=0, opt_outs=1)]
    assert found[0].percent is None, "no receipts are collected yet"
    assert store.inbound_pages.rates([], NOW - timedelta(days=1)) == []
