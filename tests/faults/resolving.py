"""Resolutions of unknown outcomes, by a person who reads OVH first or who does not."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from faults.campaigns import CampaignRun
from faults.credit_runs import CreditRun
from faults.single import ONCE
from ovh_sms.errors import ConfigurationError
from ovh_sms.store.models import Resolution
from ovh_sms.store.store import Store
from support.sandbox import SandboxProcess

#: The command that an error names, with tag and code.
RESOLVE = re.compile(r"'ovh-sms resolve (\S+) ([0-9a-f]{6}) sent'")


def resolve(run: CampaignRun | CreditRun, sandbox: SandboxProcess, results: str, *, way: str = "") -> bool:
    """Resolve every unknown outcome of a run.

    :param results: URL of the results database.
    :param way: the resolution of a person who does not read OVH.
    :returns: whether OVH has a write that was to be resolved as not sent.
    """
    wrong = False
    for (task, _), error in run.errors.items():
        asked = RESOLVE.search(error["says"])
        if asked is None or task not in ONCE:
            continue
        tag, code = asked.groups()
        there = run.there(sandbox) if isinstance(run, CreditRun) else sandbox.truth(tag)["accepted"]
        resolution = way or ("sent" if there else "send")
        wrong = wrong or (resolution == "send" and there > 0)
        if record(results, tag, code, resolution, knows_credits=not way):
            run.resolved[tag] = resolution
    return wrong


def record(results: str, tag: str, code: str, way: str, *, knows_credits: bool) -> bool:
    """Resolve as ``ovh-sms resolve`` does.

    :param knows_credits: the person knows where missing credits went.
    :returns: whether the resolution was taken.
    """
    at = datetime.now(UTC).isoformat(timespec="seconds")
    store = Store(results)
    try:
        made = Resolution(way=way, by="a person", at=at, although_credits_are_gone=knows_credits)
        store.attempts.resolve(tag, code, made)
    except ConfigurationError:  # the question is answered already, or the credits witness against it
        return False
    finally:
        store.close()
    return True
