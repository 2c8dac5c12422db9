"""Credits that go from one account to another, and those that OVH buys by itself: none is lost."""

from __future__ import annotations

from typing import Any

import pytest

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Signed

TRANSFER = f"{ACCOUNT}/transferCredits"
OTHER = "sms-sb00001-2"


@pytest.fixture(autouse=True)
def _standing_clock(sandbox: SandboxProcess) -> None:
    sandbox.clock(speed=0)


def transfer(api: Signed, amount: float, target: str = OTHER) -> Any:
    return api.post(TRANSFER, {"credits": amount, "smsAccountTarget": target})


def left(api: Signed) -> tuple[float, float]:
    return api.get(ACCOUNT).json["creditsLeft"], api.get(f"/sms/{OTHER}").json["creditsLeft"]


def send(api: Signed, count: int = 1) -> Any:
    job = {"message": "Hello", "sender": "MYSHOP", "noStopClause": True}
    return api.post(JOBS, {**job, "receivers": [f"+3363998{number:04d}" for number in range(count)]})


def lost(sandbox: SandboxProcess) -> list[float]:
    return [account["lost"] for account in sandbox.truth()["ledger"].values()]


def test_a_transfer_is_made_at_once(api: Signed, sandbox: SandboxProcess) -> None:
    answer = transfer(api, 250.5)
    assert (answer.status, answer.content) == (200, b"null")
    assert left(api) == (99_749.5, 750.5)
    (only,) = sandbox.truth()["transfers"]
    assert (only["source"], only["target"], only["credits"]) == ("sms-sb00001-1", OTHER, 250.5)
    assert only["at"].startswith("2026-03-03T09:00:00")


@pytest.mark.parametrize(
    ("amount", "target", "status"),
    [
        (100_001, OTHER, 402),
        (0, OTHER, 400),
        (-5, OTHER, 400),
        (5, "sms-sb00001-1", 400),
        (5, "sms-nobody-1", 404),
        ("5", OTHER, 400),
    ],
)
def test_a_refused_transfer_moves_nothing(
    api: Signed, sandbox: SandboxProcess, amount: Any, target: str, status: int
) -> None:
    assert transfer(api, amount, target).status == status
    assert left(api) == (100_000, 500)
    assert sandbox.truth()["transfers"] == []


def test_an_expired_account_gets_no_credits(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.account(OTHER, expired=True)
    assert transfer(api, 5).status == 460
    sandbox.account(OTHER, expired=False)
    assert left(api) == (100_000, 500)


def test_all_that_is_left_can_be_transferred_but_not_what_users_hold(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=300, creditsHoldByQuota=100)
    assert transfer(api, 201).status == 402
    assert transfer(api, 200).status == 200


def test_a_transfer_whose_answer_is_lost_is_made_once(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("lost_answer", method="POST", path="/sms/*/transferCredits")
    with pytest.raises(ConnectionResetError):
        transfer(api, 10)
    assert left(api) == (99_990, 510)
    sandbox.fault("repeat", method="POST", path="/sms/*/transferCredits")
    transfer(api, 10)
    assert len(sandbox.truth()["transfers"]) == 3
    assert lost(sandbox) == [0, 0]


def test_balances_may_show_a_transfer_late_but_count_it_at_once(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("late_listing", seconds=2, path="/sms/*/transferCredits")
    assert transfer(api, 99_999).status == 200
    assert left(api) == (100_000, 500)
    assert transfer(api, 2).status == 402
    sandbox.wait_until(lambda: left(api) == (1, 100_499))
    assert lost(sandbox) == [0, 0]


def test_transfers_work_between_accounts_that_are_added(api: Signed, sandbox: SandboxProcess) -> None:
    for number in range(3):
        sandbox.add_account(f"sms-shop-{number}", creditsLeft=10)
        assert transfer(api, 5, f"sms-shop-{number}").status == 200
    assert api.get("/sms/sms-shop-2").json["creditsLeft"] == 15
    assert sandbox.truth(account="sms-shop-2")["ledger"] == {
        "sms-shop-2": {
            **dict.fromkeys(("bought", "recredited", "transferred_out", "spent", "cancelled", "refunded", "lost"), 0),
            "replies": 0,
            "checks": 0,
            "quotas": 0,
            "start": 10,
            "adjusted": 0,
            "transferred_in": 5,
            "left": 15,
        }
    }


def recredit(api: Signed, threshold: float, amount: int | None) -> Any:
    return api.put(ACCOUNT, {"creditThresholdForAutomaticRecredit": threshold, "automaticRecreditAmount": amount})


def test_ovh_buys_credits_by_itself_when_few_are_left(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=100)
    assert recredit(api, 98, 500).status == 200
    send(api, 2)
    assert left(api)[0] == 98
    assert sandbox.truth()["recredits"] == []
    send(api)
    assert left(api)[0] == 597
    (only,) = sandbox.truth()["recredits"]
    assert (only["quantity"], only["status"], [each["payer"] for each in only["payments"]]) == (
        500,
        "delivered",
        ["recredit"],
    )
    assert sandbox.truth()["orders"]["made"] == 0
    assert sandbox.orders() == []
    assert api.get("/me/order").json == [only["id"]]
    assert lost(sandbox) == [0, 0]


def test_a_transfer_makes_ovh_buy_too_and_a_switched_off_recredit_does_not(
    api: Signed, sandbox: SandboxProcess
) -> None:
    sandbox.account(creditsLeft=1000)
    recredit(api, 900, 200)
    transfer(api, 150)
    assert left(api) == (1050, 650)
    assert recredit(api, 0, None).status == 200
    shown = api.get(ACCOUNT).json
    assert (shown["automaticRecreditAmount"], shown["creditThresholdForAutomaticRecredit"]) == (None, 0)
    transfer(api, 1050)
    assert left(api) == (0, 1700)
    assert len(sandbox.truth()["recredits"]) == 1


def test_a_recredit_on_its_way_is_not_bought_again(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(recredit_seconds=600)
    sandbox.account(creditsLeft=100)
    recredit(api, 100, 500)
    for _ in range(3):
        send(api)
    assert left(api)[0] == 97
    assert len(sandbox.truth()["recredits"]) == 1
    sandbox.clock(advance=601)
    assert left(api)[0] == 597


def test_the_ledger_accounts_for_every_credit(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.account(creditsLeft=2000)
    bought = api.post(f"/order{ACCOUNT}/credits", {"quantity": 1000}).json["orderId"]
    sandbox.pay_order(bought)
    transfer(api, 300)
    send(api, 400)
    held = api.post(
        JOBS, {"message": "Hello", "sender": "MYSHOP", "receivers": ["+33639980001"], "differedPeriod": 90}
    ).json["ids"][0]
    assert api.delete(f"{JOBS}/{held}").status == 200
    sandbox.clock(advance=5 * 86_400)  # some messages fail and are not billed
    mine = sandbox.truth()["ledger"]["sms-sb00001-1"]
    assert (mine["start"], mine["adjusted"], mine["bought"], mine["transferred_out"]) == (100_000, -98_000, 1000, 300)
    assert (mine["spent"], mine["cancelled"]) == (401, 1)
    assert mine["refunded"] > 0
    assert mine["left"] == left(api)[0] == 2000 + 1000 - 300 - 400 + mine["refunded"]
    assert lost(sandbox) == [0, 0]
