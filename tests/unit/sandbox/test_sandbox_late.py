"""Jobs that OVH lists late or accepts in part, and the truth about the list of each job."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, JOBS, RECEIVERS, Answer, Signed, get_file, put_file


def post(api: Signed, **about: Any) -> Answer:
    body = {"message": "Hello", "sender": "MYSHOP", "tag": "t", **about}
    return api.post(JOBS, body)


def uploaded(api: Signed, content: bytes, slot: int, description: str) -> None:
    document = api.post("/me/document", {"name": "list.csv"}).json
    assert put_file(document["putUrl"], content).status < 300
    body = {"slotId": slot, "description": description, "autoUpdate": False, "documentId": document["id"]}
    assert api.post(f"{ACCOUNT}/receivers", body).status == 200


def listed(api: Signed) -> tuple[int, int]:
    return len(api.get(JOBS).json), len(api.get(f"{ACCOUNT}/outgoing", tag="t").json)


def test_accepted_jobs_are_listed_late_at_any_simulated_time(api: Signed, sandbox: SandboxProcess) -> None:
    before = api.get(ACCOUNT).json["creditsLeft"]
    sandbox.clock(pace=0.001)
    sandbox.fault("late_listing", seconds=4.0, times=2)
    later = post(api, receivers=RECEIVERS, differedPeriod=60).json
    now = post(api, receivers=RECEIVERS[:6]).json
    assert later["validReceivers"] == RECEIVERS
    sandbox.clock(advance=60)
    assert listed(api) == (0, 0)
    assert api.get(f"{JOBS}/{later['ids'][0]}").status == 404
    pages = {"X-Pagination-Mode": "CachedObjectList-Pages"}
    assert api.get(f"{ACCOUNT}/outgoing", headers=pages).json == []
    costs = later["totalCreditsRemoved"] + now["totalCreditsRemoved"]
    assert api.get(ACCOUNT).json["creditsLeft"] == before - costs
    assert sandbox.truth("t")["accepted"] == 16
    sandbox.clock(leap=3.0)
    assert listed(api) == (0, 0)
    sandbox.clock(leap=1.0)
    assert listed(api) == (10, 6)


def test_a_late_sending_is_in_no_export_either(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.features(export_seconds=0)
    sandbox.fault("late_listing", seconds=60)
    post(api, receivers=RECEIVERS)
    sandbox.clock(advance=60)
    number = api.get(f"{ACCOUNT}/document", wayType="outgoing", tag="t").json
    sandbox.wait_until(lambda: api.get(f"/me/document/{number}").json["size"])
    assert len(get_file(api.get(f"/me/document/{number}").json["getUrl"]).content.splitlines()) == 1


def test_the_answer_of_a_late_sending_can_be_lost(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("late_listing", seconds=60, answer="lost")
    with pytest.raises(ConnectionResetError):
        post(api, receivers=RECEIVERS)
    assert sandbox.truth("t")["accepted"] == len(RECEIVERS)
    sandbox.clock(advance=60)
    assert listed(api) == (0, 0)
    sandbox.clock(leap=60)
    assert listed(api) == (0, 10)


def test_other_jobs_are_listed_meanwhile(api: Signed, sandbox: SandboxProcess) -> None:
    sandbox.fault("late_listing", path="/sms/*/jobs")
    assert api.get(JOBS).status == 200  # no job, so the fault waits
    post(api, receivers=RECEIVERS[:4], tag="late")
    post(api, receivers=RECEIVERS[4:])
    sandbox.clock(advance=60)
    assert len(api.get(f"{ACCOUNT}/outgoing").json) == 6
    assert sandbox.fired() == {"late_listing": 1}


@pytest.mark.parametrize(("how", "taken"), [({"count": 3}, 3), ({"share": 0.5}, 5), ({"count": 0}, 0)])
@pytest.mark.parametrize("way", ["receivers", "slot", "document"])
def test_the_first_receivers_only(
    api: Signed, sandbox: SandboxProcess, how: dict[str, Any], taken: int, way: str
) -> None:
    content = ("number\n" + "".join(f"{number}\n" for number in RECEIVERS)).encode()
    about: dict[str, Any] = {"receivers": RECEIVERS}
    if way == "slot":
        uploaded(api, content, 4, "a")
        about = {"receiversSlotId": "4"}
    elif way == "document":
        document = api.post("/me/document", {"name": "list.csv"}).json
        assert put_file(document["putUrl"], content).status < 300
        about = {"receiversDocumentUrl": document["getUrl"]}
    before = api.get(ACCOUNT).json["creditsLeft"]
    sandbox.fault("partial", method="POST", **how)
    with pytest.raises(ConnectionResetError):
        post(api, **about)
    assert [message["receiver"] for message in sandbox.messages("t")] == RECEIVERS[:taken]
    assert api.get(ACCOUNT).json["creditsLeft"] == before - taken
    sandbox.clock(advance=60)
    assert listed(api) == (0, taken)
    assert post(api, **{**about, "tag": "whole"}).json["validReceivers"] == RECEIVERS


def test_the_truth_names_the_list_of_each_job(api: Signed, sandbox: SandboxProcess) -> None:
    first, second = b"number\n+33639980001\n+33639980002\n", b"number;name\n+33639980003;A\n"
    uploaded(api, first, 3, "spring")
    post(api, receiversSlotId="3", tag="spring")
    assert api.delete(f"{ACCOUNT}/receivers/3").status == 200
    uploaded(api, second, 3, "autumn")
    post(api, receiversSlotId="3", tag="autumn")
    post(api, receivers=RECEIVERS[:2], tag="few")
    about = {item.pop("tag"): item for item in sandbox.truth()["jobs"]}
    shown = [(name, item["slot"], item["description"], item["records"]) for name, item in about.items()]
    assert shown == [("spring", 3, "spring", 2), ("autumn", 3, "autumn", 1), ("few", None, None, 2)]
    assert [item["digest"] for item in about.values()] == [
        hashlib.sha256(content).hexdigest() for content in (first, second, f"{RECEIVERS[0]}\n{RECEIVERS[1]}\n".encode())
    ]
    assert [item["source"] for item in about.values()] == ["slot", "slot", "receivers"]
    assert [item["accepted"] for item in about.values()] == [2, 1, 2]
    assert about["spring"]["created"].startswith("2026-03-03T09:00")
    (only,) = sandbox.truth("autumn")["jobs"]
    assert (only["tag"], only["description"]) == ("autumn", "autumn")


def test_the_truth_names_every_order(api: Signed, sandbox: SandboxProcess) -> None:
    assert sandbox.truth()["orders"] == {"made": 0, "double_payments": 0, "by_account": {}}
    path = "/order/sms/sms-sb00001-1/credits"
    sandbox.fault("lost_answer", method="POST", path=path.replace("sms-sb00001-1", "*"))
    with pytest.raises(ConnectionResetError):
        api.post(path, {"quantity": 100})
    second = api.post(path, {"quantity": 200}).json["orderId"]
    api.post(path.replace("1-1", "1-2"), {"quantity": 100})
    orders = sandbox.truth()["orders"]
    assert orders["made"] == 3
    mine = orders["by_account"]["sms-sb00001-1"]
    assert [order["quantity"] for order in mine] == [100, 200]
    assert (mine[1]["id"], mine[1]["status"]) == (second, "notPaid")
    assert mine[0]["created"].startswith("2026-03-03T09:00")
    assert sandbox.truth(account="sms-sb00001-2")["orders"]["made"] == 1
