"""Runs of a campaign with a pilot, made with the real operators, at moments that a test sets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.store.pilots import Pilot
from support.campaign_runs import CampaignRun, MovedTime, people
from support.failed_runs import DELIVERED
from support.sandbox import SandboxProcess

MORNING = "2026-11-25 10:00"


@contextmanager
def moved_time(sandbox: SandboxProcess) -> Iterator[MovedTime]:
    """Let it be a morning, and let all messages be delivered."""
    moved = MovedTime(sandbox)
    # What else becomes of a message depends on how many the sandbox has sent before.
    sandbox.features(ends={each.split(";")[0].replace("06", "+336", 1): DELIVERED for each in people(1, 20)})
    with moved.installed():
        moved.set_to(MORNING)
        yield moved
    sandbox.features(ends={})
    sandbox.clock(offset=0)


def a_run(folder: Path, rows: int = 20, **changes: Any) -> CampaignRun:
    values = {
        "name": "spring",
        "sender": "MYSHOP",
        "kind": "marketing",
        "message": "Bonjour #prenom#",
        "contacts": {"file": "contacts/spring.csv"},
        "budget": 100,
        "pilot": {"count": 5, "wait_hours": 2},
        **changes,
    }
    run = CampaignRun(campaign=Campaign(**values), run_id="manual__1", include=folder)
    run.prepare(people(1, rows))
    run.preflight()
    return run


def pilot(run: CampaignRun) -> Pilot:
    found = ResultsHook().store.pilots.of_list(run.dag_id, run.run_id, run.prepared["digest"])
    assert found is not None
    return found
