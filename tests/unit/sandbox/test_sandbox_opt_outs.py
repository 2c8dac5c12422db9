"""STOPs: which replies OVH takes for one, and the entry that each leaves on the blacklist."""

from __future__ import annotations

import pytest

from support.replies import HOUR, INBOUND, RECEIVERS, asked, left, listed
from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Signed

BLACKLIST = f"{ACCOUNT}/blacklists"


@pytest.fixture(autouse=True)
def _standing_clock(sandbox: SandboxProcess) -> None:
    sandbox.clock(speed=0)


OPT_OUTS = ("STOP", "  stop. ", "Stop 36111", "STOP SMS", "Arrêt !")
OTHERS = ("STOP merci", "ne pas stopper", "don't stop", "OUI", "")


@pytest.mark.parametrize("text", [*OPT_OUTS, *OTHERS])
def test_a_stop_puts_its_number_on_the_blacklist(api: Signed, sandbox: SandboxProcess, text: str) -> None:
    stop = text in OPT_OUTS
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    made = sandbox.reply(person, text)
    assert (made["stop"], len(listed(api))) == (stop, 1)
    assert api.get(BLACKLIST).json == [person] * stop
    assert sandbox.truth("visit")["stops"] == sandbox.truth()["replies"]["opt_outs"] == stop
    if stop:
        entry = api.get(f"{BLACKLIST}/{person}").json
        assert (entry["smsOutgoingID"], entry["dateCreation"]) == (made["outgoing_id"], "2026-03-03T11:00:00+01:00")


def test_a_stop_to_the_clause_is_free_and_no_reply(api: Signed, sandbox: SandboxProcess) -> None:
    body = {"message": "News", "sender": "MYSHOP", "receivers": RECEIVERS[:5], "tag": "news"}
    assert api.post(JOBS, body).status == 200
    sandbox.clock(advance=30 * 24 * HOUR)
    before, stopped = left(api), api.get(BLACKLIST).json
    got = [each["receiver"] for each in sandbox.messages("news") if each["delivery_receipt"] == 1]
    person = next(each for each in got if each not in stopped)
    made = sandbox.reply(person, "STOP")
    assert (made["id"], left(api), api.get(INBOUND).json) == (None, before, [])
    assert api.get(BLACKLIST, smsOutgoingID=made["outgoing_id"]).json == [person]
    assert api.post(JOBS, {**body, "receivers": [person]}).json["invalidReceivers"] == [person]


def test_a_stop_after_the_entry_was_deleted_counts_again(api: Signed, sandbox: SandboxProcess) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    for _ in range(2):
        sandbox.reply(person, "STOP")
        assert api.get(BLACKLIST).json == [person]
        assert api.delete(f"{BLACKLIST}/{person}").status == 200
        sandbox.clock(advance=60)
        assert api.get(BLACKLIST).json == []
    sandbox.reply(person, "STOP", unasked=True, account="sms-sb00001-1")
    assert api.get(f"{BLACKLIST}/{person}").json["smsOutgoingID"] is None


def test_an_opt_out_may_stand_on_the_blacklist_only(api: Signed, sandbox: SandboxProcess) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    sandbox.features(stop_in_incoming=False)
    number = sandbox.reply(person, "STOP")["id"]
    other = sandbox.reply(person, "OUI")["id"]
    assert (api.get(INBOUND).json, api.get(f"{INBOUND}/{number}").status) == ([other], 404)
    assert api.get(BLACKLIST).json == [person]
