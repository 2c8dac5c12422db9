"""The message table of a run, after what can happen to its messages."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from ovh_sms.dashboard import reading
from ovh_sms.messaging.receiver_zones import PARIS
from ovh_sms.report.counting import compute
from ovh_sms.report.short_moments import short_moment
from ovh_sms.store.run_records import BatchRecord
from unit.dashboard.conftest import KNOWN
from unit.report.report_sample import SENT_AT, collect, small, start_run

if TYPE_CHECKING:
    from starlette.testclient import TestClient

AsPerson = Callable[[str], dict[str, str]]


def collected(run_id: str, tag: str, *, number: str = "+336399810") -> None:
    """A run of two messages, to receivers whose numbers begin so."""
    record, messages = small()
    ours = [
        replace(each, tag=tag, outgoing_id=each.outgoing_id + int(tag, 16), receiver=f"{number}{at:02d}")
        for at, each in enumerate(messages)
    ]
    collect(reading.store(), replace(record, run_id=run_id, tag=tag), ours)


def page(web: TestClient, headers: dict[str, str], run_id: str, name: str = "messages", **changes: str) -> str:
    asked = {"dag_id": KNOWN.dag_id, "run_id": run_id, **changes}
    answer = web.get(f"/ovh-sms/{name}?{urlencode(asked)}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_the_messages_of_an_erased_person_stay_in_the_table(web: TestClient, as_person: AsPerson) -> None:
    collected("manual__erased", "e001")
    reading.store().personal_data.ask_to_erase("+33639981001")
    for name in ("messages", "messages.csv"):
        for numbers in ("", "shown"):
            shown = page(web, as_person("admin"), "manual__erased", name, numbers=numbers)
            assert ">erased<" in shown or ";erased;" in shown
            assert "39981001" not in shown.replace(" ", "")


def test_a_run_whose_messages_were_removed_says_so(web: TestClient, as_person: AsPerson) -> None:
    collected("manual__purged", "e010", number="+336399811")
    reading.store().personal_data.purge("e010")
    shown = page(web, as_person("admin"), "manual__purged")
    removed = reading.store().submissions.get("e010").purged_at
    assert removed is not None
    here = removed.astimezone(ZoneInfo(PARIS))
    assert f"removed on {here.day} {here:%B %Y, %H:%M}" in shown
    assert "2 messages" not in shown
    assert "none is collected yet" not in shown
    assert "messages.csv" not in shown


def test_a_batch_has_its_number_in_the_run_whichever_was_sent_first(web: TestClient, as_person: AsPerson) -> None:
    store, run_id = reading.store(), "manual__batches"
    record, messages = small()
    for batch, tag, minutes in ((2, "e021", 0), (1, "e022", 5)):  # the second one left first
        submission = replace(record, run_id=run_id, tag=tag, batches=2, sent_at=SENT_AT + timedelta(minutes=minutes))
        start_run(store, replace(submission, tag="e02"))
        store.runs.named("ce02", BatchRecord(list_tag="ce02", batch=batch, receivers=1, credits=1.0, tag=tag))
        store.submissions.start(submission)
        store.messages.save(tag, [replace(messages[0], tag=tag, outgoing_id=int(tag, 16))])
        store.submissions.finish(tag, compute(store, tag), complete=True)
    shown = page(web, as_person("admin"), run_id)
    assert '<option value="e021">Batch 2</option>' in shown
    assert '<option value="e022">Batch 1</option>' in shown
    assert shown.index("Batch 1<") < shown.index("Batch 2<")
    only = page(web, as_person("admin"), run_id, batch="e021")
    assert '<td data-name="Batch" class="number">2</td>' in only


def lost(run_id: str, tag: str, number: str) -> None:
    """A run of a message that failed, one that expired, and one that was delivered."""
    record, messages = small()
    fates = (("failed", 23), ("expired", 8), ("delivered", 4))
    ours = [
        replace(
            messages[0],
            tag=tag,
            outgoing_id=int(tag, 16) + at,
            receiver=f"{number}{at:02d}",
            delivery_status=status,
            operator_code=code,
        )
        for at, (status, code) in enumerate(fates)
    ]
    collect(reading.store(), replace(record, run_id=run_id, tag=tag, sent_at=SENT_AT, submitted=3, accepted=3), ours)


def test_the_failures_of_a_run_are_listed_together_with_what_to_do(web: TestClient, as_person: AsPerson) -> None:
    lost("manual__lost", "e030", "+336399812")
    admin = as_person("admin")
    run = page(web, admin, "manual__lost", "run")
    assert 'status=lost">Failed or expired messages (2)</a>' in run.replace("&amp;", "&")
    shown = page(web, admin, "manual__lost", status="lost")
    assert "2 messages" in shown
    assert '<option value="lost" selected>failed or expired</option>' in shown
    assert '<td data-name="What to do">remove the number</td>' in shown
    assert '<td data-name="What to do">retry later</td>' in shown
    assert '<td data-name="Operator">Orange (20801)</td>' in shown
    rows = list(
        csv.DictReader(page(web, admin, "manual__lost", "messages.csv", status="lost").splitlines(), delimiter=";")
    )
    assert [(row["delivery_status"], row["what_to_do"]) for row in rows] == [("failed", "remove"), ("expired", "retry")]
    assert rows[0]["sent_at_utc"] == "2026-03-12 09:02:17"


def test_the_two_downloads_say_what_they_hold(web: TestClient, as_person: AsPerson) -> None:
    lost("manual__two", "e040", "+336399813")
    for person, whole in (("admin", True), ("vic", False)):
        shown = page(web, as_person(person), "manual__two", **({"numbers": "shown"} if whole else {}))
        masked = re.search(r'<a href="([^"]+)" download>CSV, numbers masked</a>', shown)
        assert masked is not None
        assert "numbers" not in masked[1]
        assert ("CSV, whole numbers (it is recorded)" in shown) == whole


def test_a_receiver_that_is_searched_learns_which_runs_are_not_collected(web: TestClient, as_person: AsPerson) -> None:
    lost("manual__searched", "e050", "+336399814")
    record = small()[0]
    waiting = replace(record, run_id="manual__waits", tag="e060", sent_at=SENT_AT, submitted=2)
    start_run(reading.store(), waiting)
    reading.store().submissions.start(waiting)
    headers = as_person("admin")
    token = re.search(r'name="token" value="([^"]+)"', web.get("/ovh-sms/receiver", headers=headers).text)
    assert token
    form = {"token": token[1], "number": "+33639981400"}
    shown = web.post("/ovh-sms/receiver", headers=headers, data=form).text
    assert "Their messages are not collected yet, so they are not searched:" in shown
    assert "run_id=manual__waits" in shown
    assert '<td data-name="STOP">no</td>' in shown


def test_the_way_to_a_page_names_the_moment_of_the_run_instead_of_its_id(web: TestClient, as_person: AsPerson) -> None:
    lost("manual__crumbs", "e070", "+336399815")
    record = reading.started(KNOWN.dag_id, "manual__crumbs")
    assert record is not None
    assert record.started_at is not None
    moment = short_moment(record.started_at, ZoneInfo(record.timezone), "en")
    for name in ("messages", "rejects"):
        crumbs = page(web, as_person("admin"), "manual__crumbs", name).split('<p class="crumbs">')[1].split("</p>")[0]
        assert crumbs.endswith(f">{moment}</a>")


def test_the_language_can_be_changed_after_a_search(web: TestClient, as_person: AsPerson) -> None:
    headers = as_person("admin")
    token = re.search(r'name="token" value="([^"]+)"', web.get("/ovh-sms/receiver", headers=headers).text)
    assert token
    for number in ("+33639981400", "no number"):
        shown = web.post("/ovh-sms/receiver", headers=headers, data={"token": token[1], "number": number}).text
        assert '<a class="language" href="?language=fr"' in shown
    assert "Numéro de téléphone" in web.get("/ovh-sms/receiver?language=fr", headers=headers).text
    web.cookies.clear()
