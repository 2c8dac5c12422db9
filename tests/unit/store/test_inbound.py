"""Replies and the mark up to which they are read change together; each reply is stored and announced once."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest

from ovh_sms.contacts.classify.person_digests import PersonDigester
from ovh_sms.errors import OvhSmsError
from ovh_sms.store.inbound import InboundFilter
from ovh_sms.store.inbound_announcements import AnnouncingTask
from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.store import Store
from unit.store.test_store import NOON

ACCOUNT, OTHER = "sms-sb00001-1", "sms-sb00001-2"
FIRST, SECOND = (
    AnnouncingTask(dag_id="sms_replies", run_id=run, task_id="announce", map_index=-1) for run in ("first", "second")
)
PERSON = "+33639980001"


def a_reply(at: int = 1, **changes: object) -> InboundMessage:
    row = InboundMessage(
        inbound_id=at,
        received_at=NOON + timedelta(seconds=at),
        number=PERSON,
        text="Oui à 9 h €",
        tag="t1",
        campaign="spring",
        dag_id="sms_campaign_spring",
        run_id="manual__1",
        action="inbox",
        credits=1.0,
    )
    return dataclasses.replace(row, **changes)  # type: ignore[arg-type]


def ids(found: list[InboundMessage]) -> list[int]:
    return [each.inbound_id for each in found]


def test_a_reply_comes_back_as_it_was_stored(store: Store) -> None:
    row = a_reply(receiver_key="C-17", keyword="OUI", action="confirmed")
    unmatched = a_reply(2, campaign=None, dag_id=None, run_id=None, tag="")
    assert store.inbound.save(ACCOUNT, [row, unmatched], read_up_to=NOON) == [row, unmatched]
    assert store.inbound.page(InboundFilter(account=ACCOUNT)) == [unmatched, row]
    assert store.inbound.mark(ACCOUNT) == NOON


def test_a_reply_is_stored_once_however_often_it_is_read(store: Store) -> None:
    assert ids(store.inbound.save(ACCOUNT, [a_reply(1), a_reply(1), a_reply(3)])) == [1, 3]
    assert ids(store.inbound.save(ACCOUNT, [a_reply(3, text="changed"), a_reply(2)])) == [2]
    assert ids(store.inbound.page(InboundFilter())) == [3, 2, 1]
    assert store.inbound.page(InboundFilter())[0].text == "Oui à 9 h €"
    assert store.inbound.unknown(ACCOUNT, [4, 3, 5, 4, 1]) == [4, 5]
    assert store.inbound.unknown(OTHER, [3]) == [3], "ids belong to an account"


def test_more_replies_than_one_statement_takes_are_stored(store: Store) -> None:
    many = [a_reply(number) for number in range(1, 1_301)]
    assert len(store.inbound.save(ACCOUNT, many)) == 1_300
    assert store.inbound.unknown(ACCOUNT, [*range(1, 1_400)]) == [*range(1_301, 1_400)]


def test_the_mark_never_goes_back(store: Store) -> None:
    assert store.inbound.mark(ACCOUNT) is None
    for moment, kept in ((NOON, NOON), (NOON - timedelta(hours=1), NOON), (NOON + timedelta(1), NOON + timedelta(1))):
        store.inbound.save(ACCOUNT, [], read_up_to=moment)
        assert store.inbound.mark(ACCOUNT) == kept
    store.inbound.save(ACCOUNT, [a_reply()])
    assert store.inbound.mark(ACCOUNT) == NOON + timedelta(1), "without a moment it stays"
    assert store.inbound.mark(OTHER) is None


def test_replies_that_cannot_be_stored_leave_the_mark_where_it_is(store: Store) -> None:
    broken = dataclasses.replace(a_reply(2), action=None)  # type: ignore[arg-type]
    with pytest.raises(OvhSmsError, match="refused 2 rows of ovh_sms_inbound"):
        store.inbound.save(ACCOUNT, [a_reply(), broken], read_up_to=NOON)
    assert (store.inbound.mark(ACCOUNT), store.inbound.count(InboundFilter())) == (None, 0)


def test_an_opt_out_is_known_for_every_account_once_its_reply_is_stored(store: Store) -> None:
    import numpy as np

    store.inbound.save(ACCOUNT, [a_reply(action="opt_out", keyword="STOP"), a_reply(2, number="+33639980002")])
    known = store.opt_out_digests.opted_out().contains(np.array([33639980001, 33639980002], dtype=np.int64))
    assert known.tolist() == [True, False]


def test_only_opt_outs_are_left_to_act_on(store: Store) -> None:
    rows = [a_reply(1, action="opt_out"), a_reply(2), a_reply(3, action="confirmed"), a_reply(4, action="opt_out")]
    store.inbound.save(ACCOUNT, rows)
    assert ids(store.inbound.to_act(ACCOUNT)) == [1, 4]
    store.inbound.acted(ACCOUNT, [1])
    assert ids(store.inbound.to_act(ACCOUNT)) == [4]
    assert store.inbound.to_act(OTHER) == []


def test_a_text_that_postgresql_cannot_keep_is_stored_without_its_nul(store: Store) -> None:
    store.inbound.save(ACCOUNT, [a_reply(text="o\x00ui")])
    assert store.inbound.page(InboundFilter())[0].text == "oui"


def test_replies_are_counted_and_paged_by_what_is_asked_for(store: Store) -> None:
    rows = [
        a_reply(1, keyword="OUI", action="confirmed"),
        a_reply(2, keyword="OUI", action="confirmed", run_id="manual__2"),
        a_reply(3, keyword="NON", action="declined"),
        a_reply(4, number="+33639980009"),
    ]
    store.inbound.save(ACCOUNT, rows)
    store.inbound.save(OTHER, [a_reply(5)])
    wanted = InboundFilter(account=ACCOUNT)
    assert store.inbound.count_by_keyword(wanted) == {"NON": 1, "OUI": 2}
    (digest,) = PersonDigester(store.identity.secret()).of_numbers(["+33639980009"])
    counts = {
        "all": store.inbound.count(InboundFilter()),
        "run": store.inbound.count(InboundFilter(dag_id="sms_campaign_spring", run_id="manual__2")),
        "event": store.inbound.count(InboundFilter(action="confirmed")),
        "since": store.inbound.count(InboundFilter(account=ACCOUNT, since=NOON + timedelta(seconds=3))),
        "person": store.inbound.count(InboundFilter(digest=digest)),
    }
    assert counts == {"all": 5, "run": 1, "event": 2, "since": 2, "person": 1}
    first = store.inbound.page(wanted, limit=3)
    last = first[-1].received_at, first[-1].inbound_id
    assert (ids(first), ids(store.inbound.page(wanted, limit=3, before=last))) == ([4, 3, 2], [1])


def test_each_reply_is_announced_by_one_task_and_again_by_its_next_try(store: Store) -> None:
    at = [NOON + timedelta(seconds=number) for number in range(9)]
    rows = [
        a_reply(1, keyword="OUI", action="confirmed", receiver_key="C-1"),
        a_reply(2, keyword="STOP", action="opt_out"),
        a_reply(3, campaign=None, dag_id=None, run_id=None),
        a_reply(4, run_id="manual__2"),
    ]
    store.inbound.save(ACCOUNT, rows)
    found = store.inbound_announcements.claim(FIRST)
    assert [(each.campaign, each.run_id, each.replies) for each in found] == [
        (None, None, 1),
        ("spring", "manual__1", 2),
        ("spring", "manual__2", 1),
    ]
    assert (found[1].by_keyword, found[1].by_action) == ({"OUI": 1, "STOP": 1}, {"confirmed": 1, "opt_out": 1})
    assert found[1].events == (("confirmed", "C-1", at[1]),)
    assert store.inbound_announcements.claim(SECOND) == []
    store.inbound.save(ACCOUNT, [a_reply(5)])
    assert [each.replies for each in store.inbound_announcements.claim(SECOND)] == [1]
    assert store.inbound_announcements.claim(FIRST) == found, "the same again for a further try"
    assert store.inbound_announcements.tasks() == [FIRST, SECOND]
    store.inbound_announcements.announced(FIRST)
    store.inbound_announcements.release(SECOND)
    assert store.inbound_announcements.tasks() == []
    assert store.inbound_announcements.claim(FIRST)[1].replies == 3


def test_old_replies_lose_number_text_and_key_and_stay_counted(store: Store) -> None:
    store.inbound.save(ACCOUNT, [a_reply(1, receiver_key="C-1", keyword="OUI", action="confirmed"), a_reply(100)])
    before: datetime = NOON + timedelta(seconds=50)
    assert (store.personal_data.purge_replies(before), store.personal_data.purge_replies(before)) == (1, 0)
    new, old = store.inbound.page(InboundFilter())
    assert (old.number, old.text, old.receiver_key, old.keyword) == ("erased", "", None, "OUI")
    assert new == a_reply(100)


def test_an_erased_person_is_in_no_reply(store: Store) -> None:
    store.inbound.save(ACCOUNT, [a_reply(1), a_reply(2, number="+33639980002")])
    assert store.personal_data.ask_to_erase(PERSON).replies == 1
    assert {each.number for each in store.inbound.page(InboundFilter())} == {"erased", "+33639980002"}
    # One that they wrote before comes in empty; one that they write later is theirs, unless the erasure still waits.
    store.inbound.save(ACCOUNT, [a_reply(3), a_reply(4, received_at=store.clock.now() + timedelta(hours=1))])
    assert [each.number for each in store.inbound.page(InboundFilter(), limit=2)] == [PERSON, "erased"]
    asked = store.personal_data.to_erase()
    assert store.personal_data.erase_stored_since(asked, NOON).replies == 1
    assert PERSON not in {each.number for each in store.inbound.page(InboundFilter())}
