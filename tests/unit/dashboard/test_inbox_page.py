"""The pages of replies: who may read which, what is masked, what is searched and recorded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from ovh_sms.dashboard import inbox as inbox_page
from ovh_sms.dashboard import reading
from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.inbound_tables import inbound
from ovh_sms.store.published_lists import PublishedList
from support.inbox import SAID, only_these_replies, save_replies
from support.inbox import found_replies as rows
from support.inbox import get_page as get
from support.inbox import search_replies as find
from unit.dashboard.conftest import KNOWN, OTHER

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]
HIDDEN = "06 39 98 77 66"


@pytest.fixture(scope="module", autouse=True)
def replies(web: TestClient) -> list[InboundMessage]:
    return only_these_replies(reading.store())


def dags() -> set[str]:
    """All that are in this Airflow: other tests make more."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        return {dag_id for (dag_id,) in session.query(DagModel.dag_id)}


def test_replies_are_listed_the_newest_first_with_masked_numbers(web: TestClient, as_person: AsPerson) -> None:
    for person in ("admin", "vic"):
        shown = get(web, as_person(person)).text
        assert [text.split(",")[0] for text in rows(shown)][:3] == ["STOP", "Je viens a midi", "Oui"]
        assert HIDDEN not in shown
        assert "0639987766" not in re.sub(r"\D", "", shown)
        assert "+33 6 39 ·· ·· 00" in shown
        assert "read by no rule" in shown


@pytest.mark.timeout(60)  # many minutes, if all of it were masked
def test_a_page_shows_the_beginning_of_a_long_reply_and_halves_no_number() -> None:
    for before in (1_985, 1_990, 1_995):
        shown = inbox_page.masked_text("x" * before + " 0639980001 " + "36 " * 200_000, "+33639980000")
        assert len(shown) == 2_001
        assert not re.search(r"\d", shown[:2_000].removesuffix("01 ").removesuffix("01")[: before + 9])


def test_a_reply_that_a_rule_has_left_in_the_inbox_is_called_so() -> None:
    assert inbox_page.action_name("inbox") == "read by no rule"
    assert inbox_page.action_name("inbox", "PLUS TARD") == "left in the inbox by a rule"
    assert inbox_page.action_name("confirmed", "OUI") == "confirmed"


def test_only_replies_to_campaigns_of_readable_dags_are_listed(web: TestClient, as_person: AsPerson) -> None:
    shown = get(web, as_person("one")).text
    assert not [text for text, *_ in SAID if text in shown and text != "STOP"]
    assert OTHER.campaign not in shown


def test_a_reply_to_no_known_campaign_is_of_those_who_may_read_the_dag_that_collects(
    web: TestClient, as_person: AsPerson
) -> None:
    assert "Qui est-ce ?" not in get(web, as_person("admin")).text, "sms_replies is not in this Airflow"
    from unit.dashboard.conftest import make_dag

    make_dag(inbox_page.REPLIES_DAG)
    assert "Qui est-ce ?" in get(web, as_person("admin")).text
    assert "no known campaign" in get(web, as_person("admin")).text


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        ({"campaign": OTHER.campaign}, 3),
        ({"action": "confirmed"}, 1),
        ({"keyword": "STOP"}, 1),
        ({"keyword": "STOP", "action": "inbox"}, 0),
        ({"campaign": "another"}, 0),
    ],
)
def test_a_filter_leaves_what_it_says(web: TestClient, as_person: AsPerson, chosen: dict[str, str], left: int) -> None:
    assert len(rows(get(web, as_person("admin"), **chosen).text)) == left


def test_the_pages_of_the_list_hold_each_reply_once(
    web: TestClient, as_person: AsPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_page, "MOST", 2)
    admin, found, page = as_person("admin"), [], get(web, as_person("admin"), campaign=OTHER.campaign).text
    while True:
        found += rows(page)
        following = re.search(r'rel="next" href="inbox\?([^"]+)"', page)
        if following is None:
            break
        page = web.get(f"/ovh-sms/inbox?{following[1].replace('&amp;', '&')}", headers=admin).text
    assert [text.split(",")[0] for text in found] == ["STOP", "Je viens a midi", "Oui"]


@pytest.mark.parametrize(
    "place",
    [
        *("x", "2026-03-12", "2026-03-12T10:00:00+00:00 x", f"2026-03-12T10:00:00+00:00 {9**99}"),
        *("9999-12-31T23:00:00-23:00 1 a", "0001-01-01T00:00:00+23:00 1 a"),
    ],
)
def test_a_place_that_is_none_is_the_first_page(web: TestClient, as_person: AsPerson, place: str) -> None:
    answer = web.get(f"/ovh-sms/inbox?before={quote(place)}", headers=as_person("admin"))
    assert answer.status_code == 200
    assert rows(answer.text)


def test_an_address_with_a_nul_is_refused_and_a_search_for_one_is_not(web: TestClient, as_person: AsPerson) -> None:
    for page in ("inbox", "conversation"):
        assert get(web, as_person("admin"), page, account="a\0", campaign="a\0", reply=1).status_code == 400
    assert len(rows(find(web, as_person("admin"), "a\0midi", campaign=f"{OTHER.campaign}\0").text)) == 1


def test_a_search_is_a_form_of_those_who_may_edit_and_is_recorded_without_its_words(
    web: TestClient, as_person: AsPerson
) -> None:
    audit = reading.store().audit
    before = len(audit.list(action="search"))
    found = find(web, as_person("admin"), "A MIDI")
    assert found.status_code == 200
    assert len(rows(found.text)) == 1
    assert find(web, as_person("admin"), "100%_nothing").text.count('class="said"') == 0
    lines = audit.list(action="search")
    assert len(lines) == before + 2
    assert not [line for line in lines if "midi" in line.detail.casefold()]
    assert 'name="text"' not in get(web, as_person("vic")).text
    refused = web.post("/ovh-sms/inbox", data={"text": "midi", "token": "x"}, headers=as_person("vic"))
    assert refused.status_code == 403


def test_a_conversation_has_the_messages_the_replies_and_the_answers_in_time(
    web: TestClient, as_person: AsPerson, replies: list[InboundMessage]
) -> None:
    reply, store = replies[0], reading.store()
    store.answers.start(OTHER.account, reply.inbound_id, "thanks", tag="canswer", task="ctask")
    store.answers.end(OTHER.account, reply.inbound_id, "thanks", "answered", credits_spent=1.0)
    store.published_lists.publish(
        PublishedList(
            list_tag="cconversation",
            dag_id=OTHER.dag_id,
            run_id=OTHER.run_id,
            account=OTHER.account,
            digest="d",
            folder="f",
            content={"message": "Bonjour #prenom#, venez-vous ?"},
        )
    )
    shown = get(web, as_person("vic"), "conversation", account=OTHER.account, reply=reply.inbound_id).text
    assert "Bonjour #prenom#, venez-vous ?" in shown
    kinds = re.findall(r'data-name="Who">([^<]*)<', shown)
    got = store.message_pages.of_receiver(reply.number, sorted(dags()))
    assert kinds == ["answer, rule thanks", "the person", *["campaign"] * len(got)]
    assert got
    assert OTHER.campaign in shown
    assert "+33 6 39 ·· ·· 00" in shown
    assert "Show whole numbers" not in shown


def test_an_answer_never_stands_before_its_reply_however_the_clocks_of_ovh_and_of_this_machine_differ(
    web: TestClient, as_person: AsPerson, replies: list[InboundMessage]
) -> None:
    store = reading.store()
    later = store.clock.now() + timedelta(days=3)
    ahead = replace(replies[2], inbound_id=600, received_at=later, number="+33639986001", text="Oui")
    store.inbound.save(OTHER.account, [ahead])
    store.answers.start(OTHER.account, 600, "thanks", tag="cearly", task="ctask")
    store.answers.end(OTHER.account, 600, "thanks", "answered", credits_spent=1.0)
    shown = get(web, as_person("vic"), "conversation", account=OTHER.account, reply=600).text
    kinds = re.findall(r'data-name="Who">([^<]*)<', shown)
    assert kinds[:2] == ["answer, rule thanks", "the person"]


def test_whole_numbers_of_a_conversation_are_for_those_who_may_edit_and_are_recorded(
    web: TestClient, as_person: AsPerson, replies: list[InboundMessage]
) -> None:
    reply, audit = replies[1], reading.store().audit
    asked = {"account": OTHER.account, "reply": reply.inbound_id, "numbers": "shown"}
    masked = get(web, as_person("vic"), "conversation", **asked).text
    assert HIDDEN not in masked
    assert audit.list(digest=audit.digest_of(reply.number)) == []
    whole = get(web, as_person("admin"), "conversation", **asked).text
    assert HIDDEN in whole
    assert "+33 6 39 98 00 01".replace(" ", "\u00a0") in whole, "a title does not break within a number"
    (line,) = audit.list(digest=audit.digest_of(reply.number))
    assert (line.action, reply.number[4:] in line.detail) == ("open", False)


@pytest.mark.parametrize(
    "written", ["0639985533", "06.39.98.55.33", "+33 6 39 98 55 33", "0033639985533", "639985533", "6 39 98 55 33"]
)
def test_a_number_in_a_reply_is_masked_however_it_is_written(
    web: TestClient, as_person: AsPerson, replies: list[InboundMessage], written: str
) -> None:
    said = replace(replies[1], inbound_id=800, text=f"appelez {written} svp")
    store = reading.store()
    with store.database.writing() as connection:
        connection.execute(inbound.delete().where(inbound.c.inbound_id == 800))
    store.inbound.save(OTHER.account, [said])
    for page, chosen in (("inbox", {}), ("conversation", {"account": OTHER.account, "reply": 800})):
        shown = get(web, as_person("admin"), page, **chosen).text
        assert "appelez" in shown
        assert written not in shown
    with store.database.writing() as connection:
        connection.execute(inbound.delete().where(inbound.c.inbound_id == 800))


def test_digits_right_before_a_number_leave_no_more_of_it_readable() -> None:
    for before in ("2, ", "1 ou 2: ", "rdv 12 - ", "5 "):
        shown = inbox_page.masked_text(f"{before}06 39 98 55 44", "+33639980001")
        assert re.sub(r"\D", "", shown.removeprefix(before)) == "44"


def test_numbers_in_replies_to_dags_that_a_person_may_only_read_stay_masked(
    web: TestClient, as_person: AsPerson, replies: list[InboundMessage]
) -> None:
    said, store = replies[1], reading.store()
    run = {"campaign": KNOWN.campaign, "dag_id": KNOWN.dag_id, "run_id": KNOWN.run_id}
    ours = replace(said, inbound_id=700, text="Non, appelez le 06 39 98 55 44", **run)
    store.inbound.save(OTHER.account, [ours])
    shown = get(web, as_person("half"), "conversation", account=OTHER.account, reply=700, numbers="shown").text
    assert "06 39 98 55 44" in shown
    assert "Je viens a midi" in shown
    assert HIDDEN not in shown
    refused = get(web, as_person("half"), "conversation", account=OTHER.account, reply=said.inbound_id, numbers="shown")
    assert HIDDEN not in refused.text
    assert "+33 6 39 98 00 01" not in refused.text


def test_a_conversation_of_another_dag_and_one_that_does_not_exist_are_refused_alike(
    web: TestClient, as_person: AsPerson, replies: list[InboundMessage]
) -> None:
    for reply in (replies[0].inbound_id, 999_999, 2**64):
        answer = get(web, as_person("one"), "conversation", account=OTHER.account, reply=reply)
        assert (answer.status_code, answer.json()) == (403, {"detail": "Forbidden"})


def test_an_erased_person_has_no_number_and_no_text(web: TestClient, as_person: AsPerson) -> None:
    store = reading.store()
    (gone, *_) = save_replies(store, first=100)
    one = replace(gone, inbound_id=500, number="+33639985001", text="Effacez-moi")
    store.inbound.save(OTHER.account, [one])
    store.personal_data.ask_to_erase(one.number)
    shown = get(web, as_person("admin"), "conversation", account=OTHER.account, reply=500, numbers="shown").text
    assert "erased" in shown
    assert "Effacez-moi" not in shown
    assert "985001" not in re.sub(r"\D", "", shown)
