"""Pages of messages: every message once, in order, with each filter; no phone number in an address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ovh_sms.store.message_pages import MessageFilter, MessagePages
from ovh_sms.store.models import Message, OptOut
from ovh_sms.store.store import Store
from support.postgresql import new_database
from support.stores import new_store
from unit.report.report_sample import small

TAGS = ("aaaa", "bbbb", "cccc")
RECORD, (SAMPLE, _) = small()
#: Delivery status, operator code and calling code of each seventh message.
FATES = [("delivered", 4, "33"), ("failed", 23, "33"), ("delivered", 4, "32"), ("expired", 8, "33")]


def messages() -> list[Message]:
    return [
        replace(
            SAMPLE,
            outgoing_id=100 + at,
            tag=TAGS[at % 3],
            receiver=f"+{FATES[at % 4][2]}63998{(at * 7919) % 10_000:04d}",
            delivery_status=FATES[at % 4][0],
            operator_code=FATES[at % 4][1],
            operator=("20801", "20810", None)[at % 3] if at % 5 else "20820",
        )
        for at in range(211)
    ]


ALL = messages()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    if request.param == "sqlite":
        where: Path | str = tmp_path_factory.mktemp("pages") / "results.sqlite"
    else:
        where = new_database(request.getfixturevalue("postgresql_server"))
    store = filled(new_store(where))
    yield store
    store.close()


@pytest.fixture(params=["few", "many"])
def pages(store: Store, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> MessagePages:
    """Pages that sort few messages, and pages that read the index of the order instead."""
    if request.param == "many":
        monkeypatch.setattr("ovh_sms.store.message_pages._FEW", 0)
    return store.message_pages


def filled(store: Store) -> Store:
    for tag in TAGS:
        store.submissions.start(replace(RECORD, tag=tag))
        store.messages.save(tag, [each for each in ALL if each.tag == tag])
    return store


FILTERS = {
    "all": (MessageFilter(), lambda _: True),
    "one status": (MessageFilter(outcomes=(("failed", None),)), lambda each: each.delivery_status == "failed"),
    "two causes": (
        MessageFilter(outcomes=(("failed", 23), ("expired", 8))),
        lambda each: each.delivery_status in ("failed", "expired"),
    ),
    "another cause": (MessageFilter(outcomes=(("failed", 99),)), lambda _: False),
    "operator": (MessageFilter(operator="20810"), lambda each: each.operator == "20810"),
    "country": (MessageFilter(calling_code=32), lambda each: each.receiver.startswith("+32")),
    "batch": (MessageFilter(tag="bbbb"), lambda each: each.tag == "bbbb"),
    "all at once": (
        MessageFilter(outcomes=(("delivered", None),), operator="20801", calling_code=33, tag="aaaa"),
        lambda each: (
            (each.delivery_status, each.operator, each.receiver[:3], each.tag) == ("delivered", "20801", "+33", "aaaa")
        ),
    ),
}
KEYS = {
    "time": lambda each: each.outgoing_id,
    "number": lambda each: (each.receiver, each.outgoing_id),
    "status": lambda each: (each.delivery_status, each.outgoing_id),
}


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("order", KEYS)
@pytest.mark.parametrize("wanted", FILTERS)
def test_pages_show_every_message_once_in_order_and_lead_back(
    pages: MessagePages, wanted: str, order: str, descending: bool
) -> None:
    asked, passes = FILTERS[wanted]
    expected = sorted((each for each in ALL if passes(each)), key=KEYS[order], reverse=descending)
    given = {"order": order, "descending": descending, "size": 20}
    page = pages.page(TAGS, asked, **given)
    found, shown = [*page.messages], [page.messages]
    assert page.before == ""
    while page.after:
        page = pages.page(TAGS, asked, after=page.after, **given)
        found += page.messages
        shown.append(page.messages)
    assert [each.outgoing_id for each in found] == [each.outgoing_id for each in expected]
    for earlier in reversed(shown[:-1]):
        page = pages.page(TAGS, asked, before=page.before, **given)
        assert page.messages == earlier
    assert page.before == ""


@pytest.mark.parametrize("wanted", FILTERS)
def test_blocks_hold_every_message_that_passes_the_filter(
    pages: MessagePages, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ovh_sms.store.message_pages._PER_BLOCK", 10)
    asked, passes = FILTERS[wanted]
    found = [each for block in pages.blocks(TAGS, asked) for each in block]
    expected = sorted(filter(passes, ALL), key=lambda each: (each.tag, each.outgoing_id))
    assert found == expected


def test_filters_offer_what_the_messages_hold(pages: MessagePages) -> None:
    assert pages.operators(TAGS) == ["20801", "20810", "20820"]
    assert pages.calling_codes(TAGS) == [32, 33]


@pytest.mark.parametrize("place", ["x", "-1", "1 OR 1=1", "9" * 40, "+33639980012"])
def test_a_place_that_is_none_begins_at_the_start(pages: MessagePages, place: str) -> None:
    assert pages.page(TAGS, after=place, size=5) == pages.page(TAGS, size=5)


def test_a_place_names_no_phone_number(pages: MessagePages) -> None:
    page = pages.page(TAGS, order="number", size=5)
    assert page.after == str(page.messages[-1].outgoing_id)


def test_a_number_finds_its_messages_in_campaigns_of_given_dags(tmp_path: Path) -> None:
    store = filled(new_store(tmp_path / "results.sqlite"))
    number = ALL[0].receiver
    store.submissions.start(replace(RECORD, tag="other", dag_id="another_dag"))
    store.messages.save("other", [replace(ALL[0], tag="other", outgoing_id=999)])
    store.opt_outs.save(TAGS[0], [OptOut(receiver=number, outgoing_id=ALL[0].outgoing_id)])
    (got,) = store.message_pages.of_receiver(number, [RECORD.dag_id])
    assert (got.message, got.campaign, got.said_stop) == (ALL[0], RECORD.campaign, True)
    both = store.message_pages.of_receiver(number, [RECORD.dag_id, "another_dag"])
    assert [each.message.outgoing_id for each in both] == [999, ALL[0].outgoing_id]
    assert store.message_pages.of_receiver(number, []) == []
    assert store.message_pages.of_receiver("+33639989999", [RECORD.dag_id]) == []
