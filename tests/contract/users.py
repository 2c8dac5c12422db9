"""The calls about users, and those that users themselves can make, as OVH describes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.sandbox import SandboxProcess
from support.signed import put_file

if TYPE_CHECKING:
    from contract.test_sandbox_answers import Checked

S = "/sms/{serviceName}"
U = f"{S}/users/{{login}}"
LIST = b"number;nom\n+33639980001;Durant\n+33639980002;Dupont\n"
RECEIVERS = [f"+336399{number:05d}" for number in range(80_500, 80_520)]


def some_users(checked: Checked, sandbox: SandboxProcess) -> None:
    """Make every call about users, with a quota, messages, a list and replies of one."""
    checked.call("POST", f"{S}/users", {"login": "desk", "password": "Secret01"})
    checked.get(f"{S}/users")
    checked.get(U, login="desk")
    checked.call("PUT", U, {"callBack": "https://shop.example/dlr", "stopCallBack": None}, login="desk")
    quota = {"quotaInformations": {"quotaLeft": 500, "quotaStatus": "active"}}
    alert = {"alertEmail": "desk@shop.example", "alertNumber": "", "alertThreshold": 10, "support": "mail"}
    checked.call("PUT", U, {**quota, "alertThresholdInformations": alert, "ipRestrictions": []}, login="desk")
    checked.get(U, login="desk")
    checked.get(S)
    _list_of_user(checked, sandbox)
    _messages_of_user(checked, sandbox)
    checked.call("DELETE", U, login="desk")


def _list_of_user(checked: Checked, sandbox: SandboxProcess) -> None:
    slot = f"{U}/receivers/{{slotId}}"
    about = {"login": "desk", "slotId": 2}
    made = checked.call("POST", "/me/document", {"name": "list.csv", "tags": []})
    put_file(made["putUrl"], LIST)
    new = {"slotId": 2, "description": "Desk", "autoUpdate": False, "documentId": made["id"]}
    checked.call("POST", f"{U}/receivers", new, login="desk")
    checked.get(f"{U}/receivers", login="desk")
    checked.get(slot, **about)
    checked.get(f"{slot}/csv", **about)
    checked.call("PUT", slot, {"description": "Desk two"}, **about)
    task = checked.call("POST", f"{slot}/clean", {"freemium": True, "priceOnly": False}, **about)["taskId"]
    sandbox.wait_until(lambda: checked.get(f"{S}/task/{{taskId}}", taskId=task)["status"] == "done")
    job = {"message": "Hello #nom#", "sender": "MYSHOP", "tag": "desk-list", "receiversSlotId": "2"}
    checked.call("POST", f"{U}/jobs", job, login="desk")
    checked.call("DELETE", slot, **about)


def _messages_of_user(checked: Checked, sandbox: SandboxProcess) -> None:
    asking = {"message": "Viendrez-vous ?", "senderForResponse": True, "noStopClause": True, "tag": "desk"}
    checked.call("POST", f"{U}/jobs", {**asking, "receivers": RECEIVERS}, login="desk")
    late = checked.call(
        "POST", f"{U}/jobs", {**asking, "receivers": RECEIVERS[:2], "differedPeriod": 600}, login="desk"
    )
    assert set(late["ids"]) <= set(checked.get(f"{U}/jobs", login="desk"))
    for number in late["ids"]:
        checked.get(f"{U}/jobs/{{id}}", login="desk", id=number)
    checked.call("DELETE", f"{U}/jobs/{{id}}", login="desk", id=late["ids"][0])
    sandbox.clock(advance=3600)
    first, *_ = checked.get(f"{U}/outgoing", {"tag": "desk", "deliveryReceipt": 1}, login="desk")
    receiver = checked.get(f"{U}/outgoing/{{id}}", login="desk", id=first)["receiver"]
    checked.call("DELETE", f"{U}/outgoing/{{id}}", login="desk", id=first)
    sandbox.reply(receiver, "OUI")
    (reply,) = checked.get(f"{U}/incoming", {"tag": "desk"}, login="desk")
    checked.get(f"{U}/incoming/{{id}}", login="desk", id=reply)
    checked.call("DELETE", f"{U}/incoming/{{id}}", login="desk", id=reply)
    checked.get(f"{U}/document", {"wayType": "outgoing", "tag": "desk"}, login="desk")
