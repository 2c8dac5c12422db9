"""POST jobs: accepted and refused requests, counts and costs."""

from __future__ import annotations

from typing import Any

import pytest

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Answer, Signed

# Numbers outside of the range reserved for fiction are put together here; they go to the sandbox alone.
BELGIAN, REUNION, LANDLINE = f"+32{470 * 10**6}", f"+262{692 * 10**6}", f"+33{1 * 10**8}"
ONE, TWO, THREE = "+33639980001", "+33639980002", "+33639980003"


def post(api: Signed, *receivers: str, account: str = ACCOUNT, **about: Any) -> Answer:
    body = {"message": "Hello", "sender": "MYSHOP", "tag": "t", "receivers": list(receivers), **about}
    return api.post(f"{account}/jobs", {name: value for name, value in body.items() if value is not None})


def test_every_receiver_becomes_a_job_and_costs_a_credit(api: Signed, sandbox: SandboxProcess) -> None:
    answer = post(api, ONE, "0033639980002").json
    assert answer["validReceivers"] == [ONE, TWO]
    assert (answer["invalidReceivers"], answer["totalCreditsRemoved"], answer["tag"]) == ([], 2, "t")
    assert len(answer["ids"]) == 2
    assert api.get(ACCOUNT).json["creditsLeft"] == 99_998
    truth = sandbox.truth("t")
    assert (truth["accepted"], truth["receivers"], truth["twice"], truth["credits"]) == (2, 2, 0, 2)


def test_malformed_numbers_come_back_as_invalid(api: Signed) -> None:
    given = ["0639980001", "+336", "abc", "", LANDLINE, ONE, "+336399800011"]
    answer = post(api, *given).json
    assert answer["validReceivers"] == [ONE]
    assert answer["invalidReceivers"] == [number for number in given if number != ONE]


def test_nothing_valid_is_still_200_with_empty_ids(api: Signed, sandbox: SandboxProcess) -> None:
    answer = post(api, "abc")
    assert answer.status == 200
    nothing = {"ids": [], "validReceivers": [], "tag": "t", "totalCreditsRemoved": 0}
    assert answer.json == {**nothing, "invalidReceivers": ["abc"]}
    assert sandbox.truth()["accepted"] == 0


def test_sending_twice_shows_in_the_truth(api: Signed, sandbox: SandboxProcess) -> None:
    post(api, ONE, TWO, TWO)
    post(api, ONE, THREE)
    post(api, ONE, tag="other")
    truth = sandbox.truth("t")
    assert (truth["accepted"], truth["receivers"], truth["twice"]) == (5, 3, 2)
    everything = sandbox.truth()
    assert (everything["accepted"], everything["receivers"], everything["twice"]) == (6, 3, 2)
    assert set(everything["tags"]) == {"t", "other"}
    assert sorted(message["receiver"] for message in sandbox.messages("t")) == [ONE, ONE, TWO, TWO, THREE]


@pytest.mark.parametrize(
    ("about", "status", "words"),
    [
        ({"sender": "NOBODY"}, 403, "Sms sender NOBODY does not exists. Please create it first"),
        ({"sender": "WAITING"}, 403, "is not enabled"),
        ({"sender": "REFUSED"}, 403, "is not enabled"),
        ({"sender": None}, 400, "Missing parameter: sender"),
        ({"receivers": None}, 400, "Exactly one of"),
        ({"receiversSlotId": "1"}, 400, "Exactly one of"),
        ({"receivers": None, "receiversSlotId": "3"}, 404, "slot 3 does not exist"),
        ({"receivers": None, "receiversSlotId": "x"}, 400, "not a slot number"),
        ({"message": ""}, 400, "[message]"),
        ({"message": "x" * 40_000}, 400, "too long"),
        ({"tag": "x" * 21}, 400, "[tag]"),
        ({"differedPeriod": -1}, 400, "[differedPeriod]"),
        ({"priority": "urgent"}, 400, "[priority]"),
        ({"senderForResponse": True, "message": "see https://shop.example"}, 400, "contact information"),
    ],
)
def test_refused_jobs_change_nothing(
    api: Signed, sandbox: SandboxProcess, about: dict[str, Any], status: int, words: str
) -> None:
    answer = post(api, ONE, **about)
    assert answer.status == status
    assert words in answer.json["message"]
    assert "errorCode" not in answer.json
    assert sandbox.truth()["accepted"] == 0
    assert api.get(ACCOUNT).json["creditsLeft"] == 100_000


def test_too_few_credits_refuse_the_whole_job(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=2)
    refused = post(api, ONE, TWO, THREE)
    assert refused.status == 402
    assert sandbox.truth()["accepted"] == 0
    assert post(api, ONE, TWO).json["totalCreditsRemoved"] == 2
    assert api.get(ACCOUNT).json["creditsLeft"] == 0


@pytest.mark.parametrize(
    ("message", "marketing", "parts", "length"),
    [
        ("x" * 149, True, 1, 160),
        ("x" * 150, True, 2, 161),
        ("x" * 160, False, 1, 160),
        ("x" * 161, False, 2, 161),
        ("x" * 306, False, 2, 306),
        ("x" * 307, False, 3, 307),
        ("€" * 80, False, 1, 160),
        ("ê" * 70, False, 1, 70),
        ("ê" * 71, False, 2, 71),
        ("ê" * 59, True, 1, 70),
        ("ê" * 60, True, 2, 71),
        ("😀" * 35, False, 1, 70),
        ("😀" * 36, False, 2, 72),
    ],
)
def test_parts_cost_credits(
    api: Signed, sandbox: SandboxProcess, message: str, marketing: bool, parts: int, length: int
) -> None:
    answer = post(api, ONE, message=message, noStopClause=not marketing).json
    assert answer["totalCreditsRemoved"] == parts
    job = api.get(f"{ACCOUNT}/jobs/{answer['ids'][0]}").json
    assert (job["numberOfSms"], job["messageLength"], job["credits"]) == (parts, length, parts)
    estimate = {"message": message, "noStopClause": not marketing, "senderType": "alpha"}
    estimated = api.post("/sms/estimate", estimate).json
    assert (estimated["parts"], estimated["characters"]) == (parts, length)


def test_other_countries_cost_otherwise_and_get_no_stop_clause(api: Signed) -> None:
    answer = post(api, BELGIAN, message="x" * 160).json
    rate = api.get("/sms/rates/destinations", country="be").json["credit"]
    assert answer["totalCreditsRemoved"] == rate != 1


def test_a_pending_job_has_no_tag_and_is_not_outgoing(api: Signed, sandbox: SandboxProcess) -> None:
    (job,) = post(api, ONE, differedPeriod=10).json["ids"]
    shown = api.get(f"{ACCOUNT}/jobs/{job}").json
    assert "tag" not in shown
    assert (shown["receiver"], shown["sender"], shown["differedDelivery"]) == (ONE, "MYSHOP", 10)
    assert (shown["deliveryReceipt"], shown["sentAt"], shown["deliveredAt"]) == (0, None, None)
    assert api.get(JOBS).json == [job]
    assert api.get(f"{ACCOUNT}/outgoing", tag="t").json == []
    sandbox.clock(advance=590)
    assert api.get(JOBS).json == [job]
    sandbox.clock(advance=20)
    assert api.get(JOBS).json == []
    assert api.get(f"{ACCOUNT}/jobs/{job}").status == 404
    (sent,) = api.get(f"{ACCOUNT}/outgoing", tag="t").json
    assert sent != job
    assert api.get(f"{ACCOUNT}/outgoing/{sent}").json["tag"] == "t"


def test_a_pending_job_can_be_cancelled_once(api: Signed, sandbox: SandboxProcess) -> None:
    first, second = post(api, ONE, TWO, differedPeriod=10).json["ids"]
    answer = api.delete(f"{ACCOUNT}/jobs/{first}")
    assert (answer.status, answer.content) == (200, b"null")
    assert api.delete(f"{ACCOUNT}/jobs/{first}").status == 404
    assert api.get(JOBS).json == [second]
    assert api.get(ACCOUNT).json["creditsLeft"] == 99_999
    sandbox.clock(advance=3600)
    assert api.delete(f"{ACCOUNT}/jobs/{second}").status == 404
    truth = sandbox.truth("t")
    assert (truth["accepted"], truth["cancelled"], truth["sent"]) == (1, 1, 1)


def test_accounts_do_not_see_each_others_messages(api: Signed, sandbox: SandboxProcess) -> None:
    (job,) = post(api, ONE, differedPeriod=5, account="/sms/sms-sb00001-2").json["ids"]
    assert api.get(JOBS).json == []
    assert api.get(f"{ACCOUNT}/jobs/{job}").status == 404
    sandbox.clock(advance=600)
    (sent,) = api.get("/sms/sms-sb00001-2/outgoing").json
    assert api.get(f"{ACCOUNT}/outgoing/{sent}").status == 404
    assert sandbox.truth(account="sms-sb00001-1")["accepted"] == 0


def test_a_short_number_has_no_sender_and_no_stop_clause(api: Signed) -> None:
    given = {"senderForResponse": True, "sender": None, "message": "x" * 160}
    answer = post(api, ONE, BELGIAN, REUNION, **given).json
    assert (answer["validReceivers"], answer["totalCreditsRemoved"]) == ([ONE], 1)
    job = api.get(f"{ACCOUNT}/jobs/{answer['ids'][0]}").json
    assert (job["sender"], job["message"]) == ("", "x" * 160)


def test_the_stop_clause_stands_in_the_message_unless_switched_off(api: Signed, sandbox: SandboxProcess) -> None:
    (job,) = post(api, ONE).json["ids"]
    assert api.get(f"{ACCOUNT}/jobs/{job}").json["message"] == "Hello\nSTOP 36111"
    sandbox.features(stop_in_message=False)
    assert api.get(f"{ACCOUNT}/jobs/{job}").json["message"] == "Hello"
