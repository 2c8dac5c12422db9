"""Senders at the control side of the sandbox."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from support.sandbox import SandboxProcess


def senders_of(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    """Every sender of the account, with the code that a number was sent and how often it was requested."""
    found: list[dict[str, Any]] = sandbox.ask("GET", f"/accounts/{sandbox.account_name}/senders")
    return found


def change_sender(sandbox: SandboxProcess, name: str, **changes: Any) -> None:
    """Do what OVH does: ``status="refused"``, ``comment="…"``; ``expires_in=60`` simulated seconds disables it then."""
    sandbox.ask("PATCH", f"/accounts/{sandbox.account_name}/senders/{quote(name, safe='')}", changes)
