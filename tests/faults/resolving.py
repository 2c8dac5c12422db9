"""Resolutions of unknown outcomes, by a person who reads OVH first or who does not."""

from __future__ import annotations

import re

from faults.campaigns import CampaignRun, OrderRun
from support.sandbox import SandboxProcess

#: The command that an error names, with tag and code.
RESOLVE = re.compile(r"ovh-sms resolve (\S+) ([0-9a-f]{6}) \(")


def resolve(
    run: CampaignRun | OrderRun, sandbox: SandboxProcess, environment: dict[str, str], *, word: str = ""
) -> bool:
    """Resolve every unknown outcome of a run.

    :param environment: gets the resolutions as Airflow Variables.
    :param word: the resolution of a person who does not read OVH.
    :returns: whether OVH has a write that was resolved as not sent.
    """
    wrong = False
    for (task, _), error in run.errors.items():
        asked = RESOLVE.search(error["says"])
        if asked is None or task not in ("send", "order"):
            continue
        tag, code = asked.groups()
        if isinstance(run, OrderRun):
            there = sum(order["quantity"] == run.quantity for order in sandbox.orders())
        else:
            there = sandbox.truth(tag)["accepted"]
        resolution = word or ("sent" if there else "send")
        wrong = wrong or (resolution == "send" and there > 0)
        environment[f"AIRFLOW_VAR_OVH_SMS_RESOLVE_{tag.upper()}"] = f"{code} {resolution}"
        run.resolved[tag] = resolution
    return wrong
