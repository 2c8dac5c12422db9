"""Replies: who can answer, what OVH lists of it, and what it costs."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from support.replies import HOUR, INBOUND, RECEIVERS, asked, left, listed
from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Signed

BLACKLIST = f"{ACCOUNT}/blacklists"
OTHER = "sms-sb00001-2"


@pytest.fixture(autouse=True)
def _standing_clock(sandbox: SandboxProcess) -> None:
    sandbox.clock(speed=0)


def test_a_reply_answers_the_newest_message_that_asked_for_one(api: Signed, sandbox: SandboxProcess) -> None:
    asked(api, sandbox, RECEIVERS[:5], tag="old")
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    api.post(JOBS, {"message": "News", "sender": "MYSHOP", "receivers": [person], "tag": "news"})
    sandbox.clock(advance=HOUR)
    made = sandbox.reply(person, "Oui, à 9 h")
    (only,) = listed(api)
    assert only == {
        "id": made["id"],
        "creationDatetime": "2026-03-03T13:00:00+01:00",
        "credits": 1,
        "message": "Oui, à 9 h",
        "sender": person,
        "tag": "visit",
    }
    (answered,) = api.get(f"{ACCOUNT}/outgoing", tag="visit", receiver=person).json
    about = {"account": "sms-sb00001-1", "tag": "visit", "stop": False}
    assert made == {**about, "id": only["id"], "outgoing_id": answered}
    assert sandbox.reply(person, "Non", tag="old")["tag"] == "old"


def test_an_account_lists_its_own_replies_only(api: Signed, sandbox: SandboxProcess) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    assert person in asked(api, sandbox, [person], account=f"/sms/{OTHER}", tag="other")
    mine, theirs = (sandbox.reply(person, "OUI", account=name)["id"] for name in ("sms-sb00001-1", OTHER))
    assert (api.get(INBOUND).json, api.get(f"/sms/{OTHER}/incoming").json) == ([mine], [theirs])
    assert api.get(f"{INBOUND}/{theirs}").status == 404
    assert [each["id"] for each in sandbox.replies(account=OTHER)] == [theirs]


def test_a_reply_takes_a_credit_a_part_and_the_ledger_counts_it(api: Signed, sandbox: SandboxProcess) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    before = left(api)
    sandbox.reply(person, "x" * 161)
    assert (listed(api)[0]["credits"], left(api)) == (2, before - 2)
    ledger = sandbox.truth()["ledger"]["sms-sb00001-1"]
    assert (ledger["replies"], ledger["lost"]) == (2, 0)


def test_a_reply_is_received_when_no_credits_are_left(api: Signed, sandbox: SandboxProcess) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    sandbox.account(creditsLeft=1)
    for _ in range(2):
        sandbox.reply(person, "OUI")
    assert ([each["credits"] for each in listed(api)], left(api)) == ([1, 0], 0)
    assert sandbox.truth()["ledger"]["sms-sb00001-1"]["lost"] == 0


def test_many_replies_are_made_in_one_call_all_or_none(api: Signed, sandbox: SandboxProcess) -> None:
    first, second = asked(api, sandbox, RECEIVERS[:5])[:2]
    both = [{"receiver": first, "text": "OUI"}, {"receiver": second, "text": "NON", "delay": 60}]
    with pytest.raises(HTTPError):
        sandbox.reply_all([*both, {"receiver": RECEIVERS[299], "text": "never asked"}])
    assert listed(api) == []
    sandbox.reply_all(both)
    assert [each["message"] for each in listed(api)] == ["OUI"]
    sandbox.clock(advance=60)
    assert [(each["message"], each["sender"]) for each in listed(api)] == [("OUI", first), ("NON", second)]
    assert sandbox.truth()["ledger"]["sms-sb00001-1"]["lost"] == 0


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["a", "b", "c"]),
        ({"tag": "visit"}, ["a", "b"]),
        ({"tag": "other"}, []),
        ({"sender": RECEIVERS[299]}, ["c"]),
        ({"creationDatetime__from": "2026-03-03T11:30:00+01:00"}, ["b", "c"]),
        ({"creationDatetime__to": "2026-03-03T10:30:00Z"}, ["a", "b"]),
        ({"creationDatetime__from": "2026-03-03T11:30:01+01:00", "tag": "visit"}, []),
    ],
)
def test_filters(api: Signed, sandbox: SandboxProcess, filters: dict[str, str], found: list[str]) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    sandbox.reply(person, "a")
    sandbox.clock(advance=1800)
    sandbox.reply(person, "b")
    sandbox.clock(advance=1)
    sandbox.reply(RECEIVERS[299], "c", unasked=True, account="sms-sb00001-1")
    assert [each["message"] for each in listed(api, **filters)] == found


def test_a_date_that_makes_no_sense_is_refused(api: Signed) -> None:
    assert api.get(INBOUND, creationDatetime__from="yesterday").status == 400


def test_batches_and_pages_hold_the_replies_and_can_be_switched_off(api: Signed, sandbox: SandboxProcess) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    ids = [sandbox.reply(person, text)["id"] for text in ("eins", "zwei", "drei")]
    keys = ",".join(map(str, [*ids, 1]))
    batch = api.get(f"{INBOUND}/{keys}", headers={"X-Ovh-Batch": ","}).json
    assert [entry["value"] and entry["value"]["message"] for entry in batch] == ["eins", "zwei", "drei", None]
    assert batch[3]["error"]["class"] == "Client::NotFound"
    headers = {"X-Pagination-Mode": "CachedObjectList-Pages", "X-Pagination-Size": "2"}
    page = api.get(INBOUND, headers={**headers, "X-Pagination-Sort": "message"})
    assert [each["message"] for each in page.json] == ["drei", "eins"]
    assert (page.headers["x-pagination-elements"], page.headers["x-pagination-total"]) == ("3", "2")
    one = api.get(INBOUND, headers={**headers, "X-Pagination-Filter": "message:eq=zwei&credits:le=1"})
    assert one.json == [batch[1]["value"]]
    sandbox.features(pagination=False, batch_header=False)
    assert api.get(INBOUND, headers=headers).json == ids
    assert api.get(f"{INBOUND}/{keys}", headers={"X-Ovh-Batch": ","}).status == 400


def test_a_deleted_reply_is_gone_from_the_list_only(api: Signed, sandbox: SandboxProcess) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    number = sandbox.reply(person, "STOP")["id"]
    assert api.delete(f"{INBOUND}/{number}").content == b"null"
    assert [api.get(f"{INBOUND}/{number}").status, api.delete(f"{INBOUND}/{number}").status] == [404, 404]
    assert (api.get(INBOUND).json, api.get(BLACKLIST).json) == ([], [person])
    assert (sandbox.replies()[0]["deleted"], sandbox.truth()["replies"]["deleted"]) == (True, 1)


def test_replies_can_be_listed_late_and_behind_later_ones(api: Signed, sandbox: SandboxProcess) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    sandbox.features(late_replies=60)
    hidden = sandbox.reply(person, "OUI")["id"]
    sandbox.features(late_replies=0)
    shown = sandbox.reply(person, "NON")["id"]
    assert (api.get(INBOUND).json, api.get(f"{INBOUND}/{hidden}").status) == ([shown], 404)
    sandbox.clock(leap=60)
    assert api.get(INBOUND).json == [hidden, shown]


def test_ids_rise_with_time_unless_another_order_is_wanted(api: Signed, sandbox: SandboxProcess) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    first, second = (sandbox.reply(person, "OUI")["id"] for _ in range(2))
    before = sandbox.reply(person, "OUI", order="falling")["id"]
    assert before < first < second
    sandbox.features(reply_ids="scattered")
    scattered = [sandbox.reply(person, "OUI")["id"] for _ in range(9)]
    assert len({first, second, before, *scattered}) == 12
    assert scattered not in (sorted(scattered), sorted(scattered, reverse=True))


def test_a_reply_comes_without_tag_or_unasked_if_wanted(api: Signed, sandbox: SandboxProcess) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    sandbox.reply(person, "a", tag=None)
    sandbox.reply(RECEIVERS[299], "b", unasked=True, account="sms-sb00001-1", tag="unknown")
    assert [(each["message"], each["tag"]) for each in listed(api)] == [("a", ""), ("b", "unknown")]
    assert [each["outgoing_id"] is None for each in sandbox.replies()] == [False, True]


def test_a_reply_on_its_way_arrives_in_its_time(api: Signed, sandbox: SandboxProcess) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    before = left(api)
    assert sandbox.reply(person, "OUI", delay=600)["id"] is None
    early = sandbox.reply(person, "NON")["id"]
    assert (api.get(INBOUND).json, left(api)) == ([early], before - 1)
    assert sandbox.truth("visit")["replies"]["expected"] == 1
    sandbox.clock(advance=600)
    assert [each["message"] for each in listed(api)] == ["NON", "OUI"]
    assert left(api) == before - 2


@pytest.mark.parametrize(
    ("job", "wait", "text"),
    [
        ({"senderForResponse": False, "sender": "MYSHOP"}, 0, "STOP"),
        ({"senderForResponse": False, "sender": "MYSHOP", "noStopClause": False}, 0, "OUI"),
        ({}, 48 * HOUR, "OUI"),
        ({"differedPeriod": 600}, 0, "OUI"),
    ],
    ids=["no clause", "no STOP", "two days later", "not sent yet"],
)
def test_a_person_without_a_message_to_answer_is_refused(
    api: Signed, sandbox: SandboxProcess, job: dict[str, Any], wait: int, text: str
) -> None:
    asked(api, sandbox, RECEIVERS[:5], **job)
    sandbox.clock(advance=wait)
    for receiver in RECEIVERS[:5]:
        with pytest.raises(HTTPError, match="404"):
            sandbox.reply(receiver, text)
    with pytest.raises(HTTPError, match="404"):
        sandbox.reply(RECEIVERS[9], text, unasked=True, account="sms-nobody-1")
    assert (api.get(INBOUND).json, api.get(BLACKLIST).json) == ([], [])


def test_a_share_of_those_who_got_the_message_reply_by_themselves(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(replies=[{"share": 0.5, "text": "OUI", "after": 60}, {"share": 0.1, "text": "STOP"}])
    delivered = asked(api, sandbox, RECEIVERS)
    asked(api, sandbox, RECEIVERS[:50], tag="news", senderForResponse=False, sender="MYSHOP")
    by_text = {text: [each["sender"] for each in listed(api) if each["message"] == text] for text in ("OUI", "STOP")}
    assert len(set(by_text["OUI"]) | set(by_text["STOP"])) == len(listed(api))
    assert {*by_text["OUI"], *by_text["STOP"]} < set(delivered)
    assert 0.4 < len(by_text["OUI"]) / len(delivered) < 0.6
    assert 0.04 < len(by_text["STOP"]) / len(delivered) < 0.16
    assert sorted(api.get(BLACKLIST).json) == sorted(by_text["STOP"])
    truth = sandbox.truth()["replies"]
    assert truth["by_tag"] == {"visit": len(listed(api))}
    assert (truth["expected"], truth["received"], truth["opt_outs"]) == (0, len(listed(api)), len(by_text["STOP"]))
    sandbox.reset()
    sandbox.features(replies=[{"share": 0.5, "text": "OUI"}])
    asked(api, sandbox, RECEIVERS)
    assert [each["sender"] for each in listed(api)] == by_text["OUI"], "the seed decides"


def test_nobody_replies_to_a_withdrawn_message(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(replies=[{"share": 1.0, "text": "OUI"}])
    body = {"message": "Hello", "senderForResponse": True, "receivers": RECEIVERS[:9], "differedPeriod": 90}
    waiting = api.post(JOBS, body).json["ids"]
    assert [api.delete(f"{JOBS}/{number}").status for number in waiting[1:]] == [200] * 8
    sandbox.clock(advance=5 * HOUR)
    assert [each["sender"] for each in listed(api)] == RECEIVERS[:1]
    assert sandbox.truth()["replies"]["expected"] == 0


def test_shares_of_more_than_everybody_are_refused(sandbox: SandboxProcess) -> None:
    with pytest.raises(HTTPError, match="422"):
        sandbox.features(replies=[{"share": 0.6, "text": "a"}, {"share": 0.6, "text": "b"}])


def test_replies_survive_a_crash(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path, speed=0) as sandbox:
        api = Signed(sandbox)
        person = asked(api, sandbox, RECEIVERS[:5])[0]
        sandbox.reply(person, "OUI")
        sandbox.reply(person, "NON", delay=60)
        before = listed(api)
        sandbox.kill()
        sandbox.start()
        assert listed(api) == before
        sandbox.clock(advance=60)
        assert [each["message"] for each in listed(api)] == ["OUI", "NON"]
        assert "3998" not in sandbox.log()


def test_a_reply_can_be_shown_wrongly_or_not_at_all(api: Signed, sandbox: SandboxProcess) -> None:
    first, second = asked(api, sandbox, RECEIVERS[:60])[:2]
    ids = [sandbox.reply(each, "OUI")["id"] for each in (first, second)]
    sandbox.features(broken_replies={str(ids[0]): "types", str(ids[1]): "error"})
    assert isinstance(api.get(f"{INBOUND}/{ids[0]}").json["sender"], dict)
    assert api.get(f"{INBOUND}/{ids[1]}").status == 500
    assert sorted(api.get(INBOUND).json) == sorted(ids), "both are listed"
    sandbox.features(broken_replies={})


def test_a_call_for_more_objects_than_the_most_is_refused(api: Signed, sandbox: SandboxProcess) -> None:
    ids = [sandbox.reply(each, "OUI")["id"] for each in asked(api, sandbox, RECEIVERS[:60])[:3]]
    sandbox.features(batch_most=2)
    joined = [",".join(map(str, ids[:number])) for number in (2, 3)]
    assert [api.get(f"{INBOUND}/{each}", headers={"X-Ovh-Batch": ","}).status for each in joined] == [200, 400]
    sandbox.features(batch_most=0)
