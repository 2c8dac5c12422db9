"""Users of an account: quotas out of its credits, blocked at 0, alerts, and messages of their own."""

from __future__ import annotations

from typing import Any

import pytest

from support.callbacks import listening
from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, RECEIVERS, Signed

USERS = f"{ACCOUNT}/users"
DESK = f"{USERS}/desk"
JOB = {"message": "Hello", "sender": "MYSHOP", "noStopClause": True, "tag": "desk"}


def credits_left(api: Signed) -> float:
    found: float = api.get(ACCOUNT).json["creditsLeft"]
    return found


def quota(api: Signed, login: str = "desk") -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"{USERS}/{login}").json["quotaInformations"]
    return found


def set_quota(api: Signed, left: float, *, status: str = "active", login: str = "desk") -> int:
    wanted = {"quotaInformations": {"quotaLeft": left, "quotaStatus": status}}
    return api.put(f"{USERS}/{login}", wanted).status


def send(api: Signed, path: str = DESK, *, to: list[str] | None = None, **about: Any) -> Any:
    return api.post(f"{path}/jobs", {**JOB, "receivers": to or RECEIVERS[:4], **about})


@pytest.fixture(autouse=True)
def desk(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=200)
    for login in ("desk", "other"):
        assert api.post(USERS, {"login": login, "password": "Secret01"}).status == 200


def nothing_lost(sandbox: SandboxProcess) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.truth()["ledger"][sandbox.account_name]
    assert found["lost"] == 0
    return found


def test_a_quota_is_taken_out_of_the_accounts_credits(api: Signed, sandbox: SandboxProcess) -> None:
    assert set_quota(api, 150) == 200
    assert (credits_left(api), quota(api)) == (50, {"quotaLeft": 150, "quotaStatus": "active"})
    about = api.get(ACCOUNT).json
    assert (about["creditsHoldByQuota"], about["userQuantityWithQuota"]) == (150, 1)
    assert set_quota(api, 201) == 402
    assert set_quota(api, 51, login="other") == 402
    assert (credits_left(api), nothing_lost(sandbox)["quotas"]) == (50, 150)


@pytest.mark.parametrize("how", ["lowered", "inactive", "deleted"])
def test_a_quota_goes_back_to_the_account(api: Signed, sandbox: SandboxProcess, how: str) -> None:
    set_quota(api, 150)
    send(api)
    if how == "lowered":
        set_quota(api, 100)
    elif how == "inactive":
        set_quota(api, 0, status="inactive")
    else:
        assert api.delete(DESK).status == 200
    assert credits_left(api) == {"lowered": 96, "inactive": 196, "deleted": 196}[how]
    nothing_lost(sandbox)


def test_a_user_whose_quota_does_not_suffice_is_refused(api: Signed, sandbox: SandboxProcess) -> None:
    set_quota(api, 5)
    assert send(api).json["totalCreditsRemoved"] == 4
    assert send(api).status == 402
    assert send(api, to=RECEIVERS[:1]).status == 200
    assert send(api, to=["nobody"]).status == 402, "blocked at 0"
    assert (quota(api)["quotaLeft"], credits_left(api)) == (0, 195)
    assert sandbox.truth("desk")["accepted"] == 5


def test_without_an_active_quota_the_account_pays(api: Signed, sandbox: SandboxProcess) -> None:
    assert send(api).status == 200
    assert (credits_left(api), quota(api)["quotaStatus"]) == (196, "inactive")
    (_, other) = sandbox.truth()["users"]
    assert other["spent"] == 0
    assert sandbox.truth()["users"][0]["spent"] == 4
    nothing_lost(sandbox)


def test_cancelled_and_refunded_credits_go_back_to_the_quota(api: Signed, sandbox: SandboxProcess) -> None:
    set_quota(api, 150)
    ids = send(api, differedPeriod=600).json["ids"]
    assert api.delete(f"{DESK}/jobs/{ids[0]}").status == 200
    sandbox.features(ends={RECEIVERS[9]: [16, 51]})
    send(api, to=[RECEIVERS[9]])
    assert (quota(api)["quotaLeft"], credits_left(api)) == (146, 50)
    sandbox.clock(advance=3 * 86_400)
    assert (quota(api)["quotaLeft"], credits_left(api)) == (147, 50)
    set_quota(api, 100)
    assert (quota(api)["quotaLeft"], credits_left(api)) == (100, 97)
    nothing_lost(sandbox)
    set_quota(api, 0, status="inactive")
    assert (credits_left(api), nothing_lost(sandbox)["lost"]) == (197, 0)


def test_an_alert_is_recorded_once_the_quota_falls_to_its_threshold(api: Signed, sandbox: SandboxProcess) -> None:
    set_quota(api, 10)
    api.put(
        DESK, {"alertThresholdInformations": {"alertThreshold": 6, "support": "mail", "alertEmail": "a@shop.example"}}
    )
    send(api, to=RECEIVERS[:3])
    assert sandbox.truth()["users"][0]["alerts"] == []
    send(api, to=RECEIVERS[:2])
    send(api, to=RECEIVERS[:2])
    (alert,) = sandbox.truth()["users"][0]["alerts"]
    assert (alert["threshold"], alert["left"], alert["support"]) == (6, 5, "mail")


def test_a_user_sees_its_own_messages_and_replies_only(api: Signed, sandbox: SandboxProcess) -> None:
    send(api)
    send(api, f"{USERS}/other", to=RECEIVERS[4:6], senderForResponse=True)
    send(api, ACCOUNT, to=RECEIVERS[6:7])
    late = send(api, f"{USERS}/other", to=RECEIVERS[7:9], differedPeriod=6000).json["ids"]
    sandbox.clock(advance=3600)
    sandbox.reply(RECEIVERS[4], "OUI")
    own = {login: len(api.get(f"{USERS}/{login}/outgoing", tag="desk").json) for login in ("desk", "other")}
    assert own == {"desk": 4, "other": 2}
    assert len(api.get(f"{ACCOUNT}/outgoing").json) == 7
    assert [len(api.get(f"{USERS}/{login}/incoming").json) for login in ("desk", "other")] == [0, 1]
    assert api.get(f"{USERS}/other/jobs").json == late
    assert api.get(f"{DESK}/jobs/{late[0]}").status == 404
    assert api.delete(f"{DESK}/jobs/{late[0]}").status == 404
    assert {each["user"] for each in sandbox.messages()} == {"desk", "other", None}


def test_a_feature_hides_the_messages_of_users_from_the_account(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(user_messages="user")
    send(api)
    sandbox.clock(advance=3600)
    assert api.get(f"{ACCOUNT}/outgoing").json == []
    assert len(api.get(f"{DESK}/outgoing").json) == 4


def test_dates_do_not_filter_the_messages_of_a_user(api: Signed) -> None:
    since = {"creationDatetime__from": "2026-03-03T00:00:00+01:00"}
    assert api.get(f"{DESK}/outgoing", **since).status == 400
    assert api.get(f"{ACCOUNT}/outgoing", **since).status == 200


@pytest.mark.parametrize(("slots", "seen"), [("own", [[1], []]), ("shared", [[1], [1]])])
def test_slots_of_a_user_are_its_own_or_the_accounts(
    api: Signed, sandbox: SandboxProcess, slots: str, seen: list[list[int]]
) -> None:
    sandbox.features(user_slots=slots)
    document = api.post("/me/document", {"name": "list.csv", "tags": []}).json
    from support.signed import put_file

    put_file(document["putUrl"], b"number\n+33639980001\n+33639980002\n")
    new = {"slotId": 1, "description": "Desk", "autoUpdate": False, "documentId": document["id"]}
    assert api.post(f"{DESK}/receivers", new).status == 200
    assert [api.get(f"{path}/receivers").json for path in (DESK, ACCOUNT)] == seen
    sent = api.post(f"{DESK}/jobs", {**JOB, "receiversSlotId": "1"})
    assert sent.json["totalCreditsRemoved"] == 2


def test_an_unknown_user_sends_nothing(api: Signed, sandbox: SandboxProcess) -> None:
    assert send(api, f"{USERS}/nobody").status == 404
    assert api.get(f"{USERS}/nobody/outgoing").status == 404
    assert api.get(f"{USERS}/nobody/receivers").status == 404
    assert sandbox.truth()["accepted"] == 0


def test_a_users_own_address_is_called_instead_of_the_accounts(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.clock(speed=0)
    with listening() as listener:
        api.put(ACCOUNT, {"callBack": f"{listener.address}/account"})
        api.put(DESK, {"callBack": f"{listener.address}/desk"})
        send(api)
        send(api, f"{USERS}/other", to=RECEIVERS[4:6])
        api.post(JOBS, {**JOB, "receivers": RECEIVERS[6:7]})
        sandbox.clock(advance=3 * 86_400)
        sandbox.wait_until(lambda: len(listener.of("/desk")) == 4 and len(listener.of("/account")) == 3)
