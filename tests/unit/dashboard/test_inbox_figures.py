"""The page of replies: a search keeps the filters, and the figures are true."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from ovh_sms.dashboard import inbox as inbox_page
from ovh_sms.dashboard import reading
from ovh_sms.store.inbound_records import InboundMessage
from support.inbox import found_replies as rows
from support.inbox import get_page as get
from support.inbox import only_these_replies
from support.inbox import search_replies as find
from unit.dashboard.conftest import KNOWN, OTHER
from unit.report.report_sample import collect, small

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]


@pytest.fixture(scope="module", autouse=True)
def replies(web: TestClient) -> list[InboundMessage]:
    return only_these_replies(reading.store())


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


def test_the_trend_of_opt_outs_has_figures(web: TestClient, as_person: AsPerson) -> None:
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
