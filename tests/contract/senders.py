"""The calls about senders and number checks, for the checks against OVH's description."""

from __future__ import annotations

from typing import Any

from support.sandbox import SandboxProcess
from support.senders import change_sender, senders_of

_SENDERS, _SENDER = "/sms/{serviceName}/senders", "/sms/{serviceName}/senders/{sender}"


def some_senders(checked: Any, sandbox: SandboxProcess) -> None:
    checked.call("POST", _SENDERS, {"sender": "Shop Two", "description": "d", "reason": "r"})
    for status in ("refused", "disable"):
        change_sender(sandbox, "Shop Two", status=status, comment="Another name, please")
        checked.get(_SENDER, sender="Shop Two")
    checked.call("DELETE", _SENDER, sender="Shop Two")
    checked.call("POST", _SENDERS, {"sender": "+33639980077"})
    checked.get(_SENDER, sender="+33639980077")
    (code,) = [each["code"] for each in senders_of(sandbox) if each["code"]]
    checked.call("POST", f"{_SENDER}/validate", {"code": code}, sender="+33639980077")
    checked.get(_SENDER, sender="+33639980077")


def some_number_checks(checked: Any, sandbox: SandboxProcess) -> None:
    checks, one = "/sms/{serviceName}/hlr", "/sms/{serviceName}/hlr/{id}"
    numbers = [f"+33639980{at:03d}" for at in range(4)]
    ends = dict(zip(numbers, ("reachable", "unreachable", "invalid", "error"), strict=True))
    sandbox.features(checks=ends, check_seconds=10.0)
    made = checked.call("POST", checks, {"receivers": [*numbers, "nobody"]})["ids"]
    assert checked.get(checks) == made
    for seconds in (0, 6, 6):
        sandbox.clock(advance=seconds)
        for number in made:
            checked.get(one, id=number)
    checked.get(f"{one}/operator", id=made[0])
