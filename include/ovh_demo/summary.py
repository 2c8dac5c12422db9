"""What the demo shows at its end, and the proof that it is true."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from ovh_demo.local_sandbox import LocalSandbox

Summary = dict[str, Any]
#: Counts that the sandbox knows by itself.
COMPARED = {
    "submitted": "accepted",
    "delivered": "delivered",
    "failed": "failed",
    "pending": "pending",
    "stops": "stops",
    "credits_spent": "credits",
}


class NotTheTruth(Exception):
    """The report's figures are not the sandbox's own."""


def summarise(folder: Path, sandbox: LocalSandbox, *, started: float) -> Summary:
    """Write ``report.html`` and ``summary.json`` of all campaigns in the results.

    :param folder: the demo's folder.
    :param sandbox: counts the calls.
    :param started: ``time.monotonic()`` at the start.
    :returns: what was written to ``summary.json``.
    """
    from ovh_sms.report.figures import figures
    from ovh_sms.report.html import write_html
    from ovh_sms.store.store import ResultsStore

    store = ResultsStore(f"sqlite:///{folder / 'airflow' / 'ovh_sms_data' / 'results.sqlite'}")
    runs = sorted(store.campaigns(), key=lambda run: (run.campaign, run.sent_at or run.prepared_at))
    found = [figures(store, run.tag) for run in runs]
    store.close()
    shown = [each.to_dict() for each in found]
    names = dict.fromkeys(each["campaign"] for each in shown)
    write_html(
        found, folder / "report.html", title="SMS campaigns of the demo (deliveries by the sandbox's clock)"
    )
    summary = {
        "campaigns": [_campaign([each for each in shown if each["campaign"] == name]) for name in names],
        "api_calls": sandbox.control("GET", "/calls")["total"],
        "seconds": round(time.monotonic() - started, 1),
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return summary


def check_against_truth(summary: Summary, sandbox: LocalSandbox) -> None:
    """Compare every count with what the sandbox itself has seen.

    :raises NotTheTruth: names each campaign and count that differs.
    """
    differ = []
    for campaign in summary["campaigns"]:
        truths = [sandbox.control("GET", f"/truth?tag={tag}") for tag in campaign["tags"]]
        for ours, theirs in COMPARED.items():
            truth = sum(each[theirs] for each in truths)
            if campaign[ours] != truth:
                differ.append(f"{campaign['campaign']} {ours}: {campaign[ours]}, sandbox {truth}")
        lost = campaign["accepted"] - campaign["submitted"] - campaign["invalid"]
        if lost:
            differ.append(f"{campaign['campaign']}: {lost} accepted receivers are unaccounted for")
        twice = _twice(sandbox, campaign["tags"])
        if twice:
            differ.append(f"{campaign['campaign']}: {twice} receivers got two messages")
    if differ:
        raise NotTheTruth("; ".join(differ))


def _twice(sandbox: LocalSandbox, tags: list[str]) -> int:
    """Count the messages of a campaign that went to somebody who had one of it already, in any of its sendings."""
    found = [each["receiver"] for tag in tags for each in sandbox.lines(f"/truth/messages?tag={tag}")]
    return len(found) - len(set(found))


def funnel(summary: Summary) -> str:
    """Draw the way of every campaign's rows, for a terminal."""
    lines = []
    for it in summary["campaigns"]:
        many = "s" if len(it["tags"]) > 1 else ""
        lines.append(f"\n{it['campaign']} (tag{many} {', '.join(it['tags'])})")
        for name in ("rows", "accepted", "submitted", "delivered"):
            share = it[name] / it["rows"] if it["rows"] else 0
            lines.append(f"  {name:<10}{it[name]:>7}  {'█' * round(40 * share)}")
        rejected = ", ".join(f"{reason} {count}" for reason, count in sorted(it["rejected"].items()))
        lines.append(f"  rejected   {rejected or 'none'}")
        lines.append(f"  refused by OVH {it['invalid']}")
        lines.append(f"  failed {it['failed']}, pending {it['pending']}, STOPs {it['stops']}")
        lines.append(f"  credits    {_credits(it['credits_spent'])} spent, {_estimate(it)}")
    return "\n".join(lines)


def _credits(amount: float | None) -> str:
    return "an unknown number" if amount is None else f"{amount:g}"


def _estimate(campaign: Summary) -> str:
    estimated = campaign["credits_estimated"]
    return "not estimated" if estimated is None else f"{estimated:g} estimated"


def _campaign(sendings: list[dict[str, Any]]) -> dict[str, Any]:
    """Put the sendings of one campaign together."""
    names = ("rows", "accepted", "submitted", "delivered", "pending", "invalid", "stops")
    costs = ("credits_estimated", "credits_spent")
    rejected: Counter[str] = Counter()
    for each in sendings:
        rejected.update(each["rejected"])
    return {
        "campaign": sendings[0]["campaign"],
        "tags": [each["tag"] for each in sendings],
        **{name: sum(each[name] for each in sendings) for name in names},
        "failed": sum(
            each["failed"] + each["expired"] for each in sendings
        ),  # as OVH's delivery receipt has it
        "rejected": dict(rejected),
        **{
            name: None if any(e[name] is None for e in sendings) else sum(e[name] for e in sendings)
            for name in costs
        },
    }
