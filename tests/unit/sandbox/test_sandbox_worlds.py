"""Worlds in which OVH shows everything late, and in which other programs use the account."""

from __future__ import annotations

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, Signed

CREDITS = f"/order{ACCOUNT}/credits"
STRANGE = "a stranger's"


def test_orders_are_shown_late(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(late_orders=60)
    order = api.post(CREDITS, {"quantity": 100}).json["orderId"]
    assert api.get("/me/order").json == []
    assert {api.get(f"/me/order/{order}{path}").status for path in ("", "/status", "/details")} == {404}
    assert [each["id"] for each in sandbox.orders()] == [order]
    sandbox.clock(leap=60)
    assert api.get("/me/order").json == [order]
    assert api.get(f"/me/order/{order}/status").json == "notPaid"


def test_messages_are_shown_late_and_charged_at_once(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(late_messages=60)
    body = {"message": "Hello", "sender": "MYSHOP", "receivers": ["+33639980001"], "differedPeriod": 10}
    waiting = api.post(JOBS, body).json["ids"]
    assert api.get(JOBS).json == []
    assert api.get(ACCOUNT).json["creditsLeft"] == 99_999
    sandbox.clock(leap=60)
    assert api.get(JOBS).json == waiting


def test_another_program_sends_until_it_is_switched_off(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(strangers_per_second=20.0)
    sandbox.wait_until(lambda: sandbox.truth(STRANGE)["accepted"] >= 4)
    sandbox.features(strangers_per_second=0.0)
    sandbox.wait_until(lambda: sandbox.truth(STRANGE)["sent"] >= 2)
    counts = sandbox.truth(STRANGE)
    assert api.get(ACCOUNT).json["creditsLeft"] == 100_000 - counts["credits"]
    assert len(api.get(JOBS).json) + counts["sent"] == counts["accepted"]
    assert len(api.get(JOBS).json) >= 1


def test_a_new_world_is_an_account_without_strangers(sandbox: SandboxProcess) -> None:
    sandbox.features(strangers_per_second=20.0, late_orders=5.0)
    sandbox.reset()
    assert sandbox.features()["strangers_per_second"] == 0.0
    assert sandbox.features()["late_orders"] == 0.0
