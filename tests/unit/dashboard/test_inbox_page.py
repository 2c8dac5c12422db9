"""The pages of replies: who may read which, what is masked, what is searched and recorded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest

from ovh_sms.dashboard import inbox as inbox_page
from ovh_sms.dashboard import reading
from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.inbound_tables import inbound
from support.inbox import SAID, save_replies
from unit.dashboard.conftest import KNOWN, OTHER
from unit.report.report_sample import collect, small

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]
HIDDEN = "06 39 98 77 66"


@pytest.fixture(scope="module", autouse=True)
def replies(web: TestClient) -> list[InboundMessage]:
    return save_replies(reading.store())


def get(web: TestClient, headers: dict[str, str], page: str = "inbox", **chosen: Any) -> Any:
    return web.get(f"/ovh-sms/{page}?{urlencode(chosen)}", headers=headers)


def find(web: TestClient, headers: dict[str, str], text: str, **more: str) -> Any:
    token = re.search(r'name="token" value="([^"]+)"', get(web, headers).text)
    assert token, "a person who may edit a DAG has the form"
    return web.post("/ovh-sms/inbox", data={"token": token[1], "text": text, **more}, headers=headers)


def dags() -> set[str]:
    """All that are in this Airflow: other tests make more."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    with create_session() as session:
        return {dag_id for (dag_id,) in session.query(DagModel.dag_id)}


def rows(page: str) -> list[str]:
    return re.findall(r'class="said">([^<]*)<', page)


def test_replies_are_listed_the_newest_first_with_masked_numbers(web: TestClient, as_person: AsPerson) -> None:
    for person in ("admin", "vic"):
        shown = get(web, as_person(person)).text
        assert [text.split(",")[0] for text in rows(shown)][:3] == ["STOP", "Je viens a midi", "Oui"]
        assert HIDDEN not in shown
        assert "0639987766" not in re.sub(r"\D", "", shown)
        assert "+33 6 39 ·· ·· 00" in shown
        assert "read by no rule" in shown


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
    "place", ["x", "2026-03-12", "2026-03-12T10:00:00+00:00 x", f"2026-03-12T10:00:00+00:00 {9**99}"]
)
def test_a_place_that_is_none_is_the_first_page(web: TestClient, as_person: AsPerson, place: str) -> None:
    answer = web.get(f"/ovh-sms/inbox?before={quote(place)}", headers=as_person("admin"))
    assert answer.status_code == 200
    assert rows(answer.text)


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


def hidden(page: str, name: str) -> str | None:
    found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', page.split('class="pages"')[1])
    return found and found[1]


def test_a_search_keeps_the_filters_and_its_pages_keep_both(
    web: TestClient, as_person: AsPerson, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin, chosen = as_person("admin"), {"campaign": OTHER.campaign, "action": "inbox", "keyword": ""}
    page = find(web, admin, "i", **chosen).text
    assert [text.split(",")[0] for text in rows(page)] == ["Je viens a midi"]
    for name, value in (("campaign", OTHER.campaign), ("action", "inbox")):
        assert re.search(rf'<option value="{value}" selected>', page), name
    assert f'href="inbox?{urlencode({"campaign": OTHER.campaign, "action": "inbox"}).replace("&", "&amp;")}"' in page
    monkeypatch.setattr(inbox_page, "MOST", 1)
    page, found = find(web, admin, "o", campaign=OTHER.campaign).text, []
    while True:
        found += rows(page)
        before = hidden(page.split(">Newest<")[-1], "before") if ">Next<" in page else None
        if before is None:
            break
        assert (hidden(page, "campaign"), hidden(page, "text")) == (OTHER.campaign, "o")
        page = find(web, admin, "o", campaign=OTHER.campaign, before=before).text
    assert [text.split(",")[0] for text in found] == ["STOP", "Oui"]


def test_filters_without_a_text_are_no_search_and_stand_in_the_address(web: TestClient, as_person: AsPerson) -> None:
    audit = reading.store().audit
    before = len(audit.list(action="search"))
    shown = find(web, as_person("admin"), "  ", campaign=OTHER.campaign, keyword="STOP")
    assert str(shown.url).endswith(f"/ovh-sms/inbox?{urlencode({'campaign': OTHER.campaign, 'keyword': 'STOP'})}")
    assert rows(shown.text) == ["STOP"]
    assert len(audit.list(action="search")) == before


def test_a_conversation_has_the_messages_the_replies_and_the_answers_in_time(
    web: TestClient, as_person: AsPerson, replies: list[InboundMessage]
) -> None:
    reply, store = replies[0], reading.store()
    store.answers.start(OTHER.account, reply.inbound_id, "thanks", tag="canswer", task="ctask")
    store.answers.end(OTHER.account, reply.inbound_id, "thanks", "answered", credits_spent=1.0)
    shown = get(web, as_person("vic"), "conversation", account=OTHER.account, reply=reply.inbound_id).text
    kinds = re.findall(r'data-name="Who">([^<]*)<', shown)
    got = store.message_pages.of_receiver(reply.number, sorted(dags()))
    assert kinds == ["answer, rule thanks", "the person", *["campaign"] * len(got)]
    assert got
    assert OTHER.campaign in shown
    assert "+33 6 39 ·· ·· 00" in shown
    assert "Show whole numbers" not in shown


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
    assert "+33 6 39 98 00 01" in whole
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


def test_the_reply_rate_counts_people_of_the_runs_that_could_be_answered(web: TestClient, as_person: AsPerson) -> None:
    store = reading.store()
    record, messages = small()
    now = store.clock.now()
    ours = replace(record, run_id="manual__answered", tag="ab0001", sender="", sent_at=now, submitted=2)
    collect(store, ours, [replace(each, tag=ours.tag, outgoing_id=70_000 + each.outgoing_id) for each in messages])
    run = {"campaign": ours.campaign, "dag_id": ours.dag_id, "run_id": ours.run_id}
    said = InboundMessage(
        inbound_id=900, received_at=now, number=messages[0].receiver, text="Oui", tag=ours.tag, action="inbox", **run
    )
    store.inbound.save(ours.account, [said, replace(said, inbound_id=901, received_at=now + timedelta(seconds=1))])
    (rate,) = store.inbound_pages.rates([KNOWN.dag_id, OTHER.dag_id], now - timedelta(days=1))
    assert (rate.campaign, rate.delivered, rate.people, rate.opt_outs) == (ours.campaign, 2, 1, 0)
    shown = get(web, as_person("admin")).text
    assert '<td data-name="Reply rate" class="number">50.0 %</td>' in shown
    assert "2 today" in shown


def test_the_reply_rate_of_a_half_collected_run_is_that_of_the_batches_whose_deliveries_are_known(
    web: TestClient, as_person: AsPerson
) -> None:
    store = reading.store()
    record, messages = small()
    now, run_id = store.clock.now(), "manual__half"
    first = replace(record, campaign="half", run_id=run_id, tag="ab1001", sender="", sent_at=now, submitted=2)
    collect(store, first, [replace(each, tag=first.tag, outgoing_id=80_000 + each.outgoing_id) for each in messages])
    store.submissions.start(replace(first, tag="ab1002", submitted=40))
    about = {"campaign": "half", "dag_id": first.dag_id, "run_id": run_id, "action": "inbox", "text": "Oui"}
    said = [
        InboundMessage(inbound_id=950 + at, received_at=now, number=f"+3363998400{at}", tag=tag, **about)
        for at, tag in enumerate((first.tag, "ab1002", "ab1002"))
    ]
    store.inbound.save(first.account, said)
    rate = next(each for each in store.inbound_pages.rates([first.dag_id], now) if each.campaign == "half")
    assert (rate.delivered, rate.not_collected, rate.people, rate.of_delivered, rate.percent) == (2, 40, 3, 1, 50.0)
    shown = get(web, as_person("admin")).text
    assert '<td data-name="Without receipts yet" class="number">40</td>' in shown


def test_the_trend_of_stops_has_figures(web: TestClient, as_person: AsPerson) -> None:
    store = reading.store()
    now, run = store.clock.now(), {"campaign": KNOWN.campaign, "dag_id": KNOWN.dag_id, "run_id": KNOWN.run_id}
    said = [
        InboundMessage(
            inbound_id=970 + at,
            received_at=now - timedelta(days=days),
            number=f"+3363998500{at}",
            text="STOP",
            tag=KNOWN.tag,
            action="opt_out",
            keyword="STOP",
            **run,
        )
        for at, days in enumerate((0, 9, 9))
    ]
    store.inbound.save(KNOWN.account, said)
    shown = re.sub(r"\s+", " ", get(web, as_person("one")).text)
    assert "1 today; 1 in 7 days, 2 in the 7 days before" in shown
    assert len(re.findall(r'<th scope="row">\d{4}-\d\d-\d\d</th>', shown)) == inbox_page.DAYS


def test_the_pages_speak_french(web: TestClient, as_person: AsPerson) -> None:
    shown = get(web, as_person("admin"), language="fr").text
    assert "<h1>Réponses</h1>" in shown
    assert "Taux de réponse par campagne" in shown
    web.cookies.clear()
