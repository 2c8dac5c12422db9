"""The sandbox calls the addresses of an account, as OVH does: with retries, lost and doubled calls on demand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.callbacks import Called, Listener, listening
from support.replies import HOUR, RECEIVERS, asked
from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Signed

FATES = {"callbacks_lost": 0.0, "callbacks_doubled": 0.0}


@pytest.fixture
def listener(sandbox: SandboxProcess) -> Iterator[Listener]:
    sandbox.clock(speed=0)
    sandbox.features(callback_spelling="guide", callback_retries=[0.1, 0.2], **FATES)
    with listening() as found:
        yield found


def call_us(api: Signed, listener: Listener) -> None:
    """Have the account call the listener about everything."""
    answer = {"responseType": "cgi", "cgiUrl": f"{listener.address}/reply"}
    settings = {
        "callBack": f"{listener.address}/dlr",
        "stopCallBack": f"{listener.address}/stop",
        "smsResponse": answer,
    }
    assert api.put(ACCOUNT, settings).status == 200


def every(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sandbox.ask("GET", "/callbacks", account=sandbox.account_name)
    return found


def all_over(sandbox: SandboxProcess, number: int) -> list[dict[str, Any]]:
    return sandbox.wait_until(
        lambda: every(sandbox) if len(every(sandbox)) >= number and all(each["over"] for each in every(sandbox)) else []
    )


def test_each_final_message_is_called_about_once(api: Signed, sandbox: SandboxProcess, listener: Listener) -> None:
    call_us(api, listener)
    api.post(JOBS, {"message": "News", "sender": "MYSHOP", "receivers": RECEIVERS[:5], "tag": "news"})
    sandbox.clock(advance=3 * 86_400)
    all_over(sandbox, 5)
    sent = {each["outgoing_id"]: each for each in sandbox.messages("news")}
    calls = listener.of("/dlr")
    assert sorted(int(each.form["id"]) for each in calls) == sorted(sent)
    for each in calls:
        message = sent[int(each.form["id"])]
        assert each.method == "GET"
        assert each.form["description"] == str(message["final_receipt"])
        assert each.form["ptt"] == str(message["final_ptt"])
        assert set(each.form) == {"id", "ptt", "date", "description", "descriptionDlr"}
    sandbox.clock(advance=86_400)
    assert len(listener.of("/dlr")) == 5


def test_what_clients_read_is_the_other_spelling(api: Signed, sandbox: SandboxProcess, listener: Listener) -> None:
    sandbox.features(callback_spelling="clients")
    call_us(api, listener)
    api.post(JOBS, {"message": "News", "sender": "MYSHOP", "receivers": RECEIVERS[:1], "tag": "news"})
    sandbox.clock(advance=3 * 86_400)
    all_over(sandbox, 1)
    assert set(listener.of("/dlr")[0].form) == {"id", "ptt", "date", "dlr", "descriptionDlr"}


def test_a_reply_is_posted_and_a_stop_is_called_about(api: Signed, sandbox: SandboxProcess, listener: Listener) -> None:
    yes, stop = asked(api, sandbox, RECEIVERS[:5])[:2]
    call_us(api, listener)
    made = sandbox.reply(yes, "Oui à 9 h €")
    sandbox.reply(stop, "STOP")
    all_over(sandbox, 3)
    (reply,) = [each for each in listener.of("/reply") if each.form["senderid"] == yes]
    form = {"shortcode": "38100", "tag": "visit", "id": str(made["id"]), "senderid": yes, "message": "Oui à 9 h €"}
    assert reply == Called("POST", "/reply", form)
    (called,) = listener.of("/stop")
    assert called.form["number"] == stop


def test_nothing_before_the_address_was_set_is_called_about(
    api: Signed, sandbox: SandboxProcess, listener: Listener
) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    sandbox.reply(person, "early")
    sandbox.clock(advance=HOUR)
    call_us(api, listener)
    sandbox.reply(person, "late")
    all_over(sandbox, 1)
    assert [each.form["message"] for each in listener.calls] == ["late"]


def test_a_call_that_is_not_answered_by_200_is_made_again(
    api: Signed, sandbox: SandboxProcess, listener: Listener
) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    call_us(api, listener)
    listener.statuses += [503, 404]
    sandbox.reply(person, "OUI")
    (made,) = all_over(sandbox, 1)
    assert (made["tries"], made["status"], len(listener.calls)) == (3, 200, 3)


def test_a_call_ends_after_its_retries(api: Signed, sandbox: SandboxProcess, listener: Listener) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    call_us(api, listener)
    listener.statuses += [500] * 10
    sandbox.reply(person, "OUI")
    (made,) = all_over(sandbox, 1)
    assert (made["tries"], made["status"], len(listener.calls)) == (3, 500, 3)


@pytest.mark.parametrize(("feature", "calls"), [("callbacks_lost", 0), ("callbacks_doubled", 2)])
def test_calls_are_lost_or_doubled_on_demand(
    api: Signed, sandbox: SandboxProcess, listener: Listener, feature: str, calls: int
) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    call_us(api, listener)
    sandbox.features(**{**FATES, feature: 1.0})
    sandbox.reply(person, "OUI")
    (made,) = all_over(sandbox, 1)
    assert (made["fate"], made["calls"], len(listener.calls)) == (feature.removeprefix("callbacks_"), calls, calls)


def test_an_account_without_addresses_calls_nobody(api: Signed, sandbox: SandboxProcess, listener: Listener) -> None:
    call_us(api, listener)
    none = {"callBack": None, "stopCallBack": None, "smsResponse": {"responseType": "none"}}
    assert api.put(ACCOUNT, none).status == 200
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    sandbox.reply(person, "STOP")
    sandbox.clock(advance=86_400)
    assert every(sandbox) == []


def test_no_address_is_in_the_log_of_the_sandbox(api: Signed, sandbox: SandboxProcess, listener: Listener) -> None:
    person = asked(api, sandbox, RECEIVERS[:5])[0]
    call_us(api, listener)
    listener.statuses += [500] * 3
    sandbox.reply(person, "OUI")
    all_over(sandbox, 1)
    assert listener.address not in sandbox.log()
    assert person not in sandbox.log()


def test_an_address_of_an_example_is_called_by_nobody(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(callback_retries=[])
    api.put(ACCOUNT, {"smsResponse": {"responseType": "cgi", "cgiUrl": "https://shop.example/reply"}})
    sandbox.reply(asked(api, sandbox, RECEIVERS[:5])[0], "OUI")
    (made,) = all_over(sandbox, 1)
    assert (made["status"], made["tries"]) == (None, 1)


def test_users_keep_their_settings(api: Signed) -> None:
    users = f"{ACCOUNT}/users"
    assert api.post(users, {"login": "desk", "password": "Secret01"}).status == 200
    assert api.get(users).json == ["desk"]
    before = api.get(f"{users}/desk").json
    assert api.put(f"{users}/desk", {"callBack": "https://shop.example/dlr"}).status == 200
    assert api.get(f"{users}/desk").json == {**before, "callBack": "https://shop.example/dlr"}
    assert api.call("DELETE", f"{users}/desk", None).status == 200
    assert api.get(users).json == []
