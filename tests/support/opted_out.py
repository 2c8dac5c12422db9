"""People who opt out before a batch's POST, and the files that name them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.store.attempts import Attempts
from support.sent import send_batch

FIRST, SECOND, THIRD = PEOPLE = [f"+33639980{n}" for n in range(100, 103)]
UPLOAD = "POST /sms/{serviceName}/receivers"


def stopped_in_store(number: str, account: str = "sms-another-1") -> None:
    """This project knows a STOP that OVH's list of the account does not hold."""
    ResultsHook().store.opt_out_digests.add(account, [number])


def left_out(folder: Path) -> list[str]:
    """The numbers in the file of those who were left out."""
    (path,) = folder.rglob("opted_out_since.csv")
    assert path.stat().st_mode & 0o077 == 0
    return path.read_text().split()[1:]


def kill(*given: Any, **more: Any) -> None:
    """End this process."""
    raise KeyboardInterrupt


def killed_before_the_claim(monkeypatch: pytest.MonkeyPatch, batch: dict[str, Any], slot: dict[str, Any]) -> None:
    """A try whose process is killed right before its claim."""
    with monkeypatch.context() as patch:
        patch.setattr(Attempts, "claim", kill)
        with pytest.raises(KeyboardInterrupt):
            send_batch(batch, slot)
