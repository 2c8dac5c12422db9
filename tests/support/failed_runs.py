"""A campaign whose messages fail as a test chooses, and runs that resend them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.sending.resend import offer_of
from ovh_sms.store.resends import Resend
from ovh_sms.store.store import Store
from support.campaign_runs import CampaignRun
from support.sandbox import SandboxProcess

DELIVERED, ABSENT, EXPIRED, INVALID, UNKNOWN = (1, 4), (2, 24), (2, 8), (2, 23), (2, 6)
MESSAGE = "Bonjour #prenom#, rendez-vous demain"


def number(at: int) -> str:
    return f"+33639986{at:03d}"


def a_campaign(include: Path, *, message: str = MESSAGE, more: str = "", marketing: bool = False) -> Campaign:
    """Write the campaign's file, and read it."""
    path = include / "campaigns" / "rappel.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = "kind: marketing\n" if marketing else "kind: transactional\nnight: send\n"
    text = f"{kind}sender: MYSHOP\nmessage: '{message}'\nbudget: 1000\n"
    path.write_text(f"{text}contacts: {{file: contacts/rappel.csv}}\n{more}", encoding="utf-8")
    return load_file(path, Campaign)


def ending(sandbox: SandboxProcess, ends: Mapping[int, tuple[int, int]]) -> None:
    """Choose how the next messages to some people end."""
    sandbox.features(ends={number(at): list(end) for at, end in ends.items()})


def sent(
    sandbox: SandboxProcess,
    include: Path,
    ends: Mapping[int, tuple[int, int]],
    *,
    run_id: str = "manual__1",
    **more: Any,
) -> CampaignRun:
    """Send a run whose messages end so, and collect it."""
    ending(sandbox, ends)
    run = CampaignRun(campaign=a_campaign(include, **more), run_id=run_id, include=include)
    run.prepare([f"{number(at)};P{at}" for at in ends])
    run.send_all()
    collected(sandbox, run)
    return run


def collected(sandbox: SandboxProcess, run: CampaignRun) -> None:
    """Let every message of a run end, and collect it."""
    sandbox.clock(advance=3 * 86_400)
    run.collect()


def asked(run: CampaignRun, *, by: str = "anna", close: bool = False) -> Resend:
    """Record that a person asks for the resend of a run."""
    store = ResultsHook().store
    made = store.resends.ask(offer_of(store, run.dag_id, run.run_id).resend(by=by, at=datetime.now(UTC)))
    if close:
        store.resends.close(made.resend)
    return made


def resend_run(resend: Resend, include: Path, **more: Any) -> CampaignRun:
    """The run of a resend, its list not prepared yet."""
    return CampaignRun(
        campaign=a_campaign(include, **more), run_id=resend.run_id, include=include, conf={"resend": resend.resend}
    )


def resent(resend: Resend, include: Path, **more: Any) -> CampaignRun:
    """Send the run of a resend."""
    run = resend_run(resend, include, **more)
    run.prepare([])
    run.send_all()
    return run


def texts(sandbox: SandboxProcess, run: CampaignRun, *, tag: str | None = None) -> dict[str, str]:
    """The messages that OVH has sent for a run, or for one of its batches: text by number."""
    tags, account = [tag] if tag else run.tags, sandbox.account_name
    found = [each for one in tags for each in sandbox.messages(one, account=account)]
    assert len({each["receiver"] for each in found}) == len(found)
    return {each["receiver"]: each["message"] for each in found}


def offered(store: Store, run: CampaignRun) -> int:
    """How many messages of a run can be resent."""
    return offer_of(store, run.dag_id, run.run_id).messages
