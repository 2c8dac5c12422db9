"""Receivers of the sandbox who can answer, and the replies that OVH lists."""

from __future__ import annotations

from typing import Any

from support.sandbox import SandboxProcess
from support.signed import ACCOUNT, Signed

INBOUND = f"{ACCOUNT}/incoming"
HOUR = 3600
RECEIVERS = [f"+336399{number:05d}" for number in range(80_000, 80_300)]


def asked(
    api: Signed, sandbox: SandboxProcess, receivers: list[str], *, account: str = ACCOUNT, **about: Any
) -> list[str]:
    """Ask for replies; returns those who have got the message an hour later."""
    body = {"message": "Viendrez-vous ?", "senderForResponse": True, "noStopClause": True, "tag": "visit"}
    body |= {"receivers": receivers, **about}
    assert api.post(f"{account}/jobs", body).status == 200
    sandbox.clock(advance=HOUR)
    return [each["receiver"] for each in sandbox.messages(body["tag"]) if each["delivery_receipt"] == 1]


def listed(api: Signed, **filters: Any) -> list[dict[str, Any]]:
    return [api.get(f"{INBOUND}/{number}").json for number in api.get(INBOUND, **filters).json]


def left(api: Signed) -> float:
    return float(api.get(ACCOUNT).json["creditsLeft"])
