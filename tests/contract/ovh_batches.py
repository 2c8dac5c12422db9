"""The calls of OVH batches, in several states."""

from __future__ import annotations

from typing import Any

from support.sandbox import SandboxProcess

S = "/sms/{serviceName}"


def some_batches(checked: Any, sandbox: SandboxProcess, receivers: list[str]) -> None:
    one = f"{S}/batches/{{id}}"
    new = {"message": "Hello", "from": "MYSHOP", "tag": "b", "name": "spring"}
    later = {"deferred": "2026-12-31T10:00:00+01:00"}
    made = [
        checked.call("POST", f"{S}/batches", {**new, **about})["id"]
        for about in (
            {"to": receivers[:3], **later},
            {"slotID": "2", "noStop": True, "class": "PHONE", **later},
            {"to": receivers[:50]},
            {"to": ["nobody"]},
        )
    ]
    for seconds in (0, 3, 3 * 86_400):
        sandbox.clock(advance=seconds)
        checked.get(f"{S}/batches")
        for number in made:
            checked.get(one, id=number)
            checked.get(f"{one}/statistics", id=number)
    for number in checked.get(f"{S}/outgoing", {"batchID": made[2]})[:2]:
        checked.get(f"{S}/outgoing/{{id}}", id=number)
    for number in checked.get(f"{S}/blacklists", {"batchID": made[2]}):
        checked.get(f"{S}/blacklists/{{number}}", number=number)
    checked.call("PUT", one, {"name": "summer"}, id=made[0])
    checked.call("POST", f"{one}/cancel", id=made[0])
    checked.get(f"{S}/document", {"wayType": "outgoing", "batchID": made[2]})
    checked.call("DELETE", one, id=made[3])
