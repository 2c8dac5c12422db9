"""What the demo shows at its end, and the proof that it is true."""

from __future__ import annotations

import json
import time
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
    from ovh_sms.results.store import ResultsStore

    store = ResultsStore(f"sqlite:///{folder / 'airflow' / 'ovh_sms_data' / 'results.sqlite'}")
    runs = sorted(store.campaigns(), key=lambda run: run.campaign)
    found = [figures(store, run.tag) for run in runs]
    store.close()
    write_html(
        found, folder / "report.html", title="SMS campaigns of the demo (deliveries by the sandbox's clock)"
    )
    summary = {
        "campaigns": [_campaign(each.to_dict()) for each in found],
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
        truth = sandbox.control("GET", f"/truth?tag={campaign['tag']}")
        for ours, theirs in COMPARED.items():
            if campaign[ours] != truth[theirs]:
                differ.append(f"{campaign['campaign']} {ours}: {campaign[ours]}, sandbox {truth[theirs]}")
        lost = campaign["accepted"] - campaign["submitted"] - campaign["invalid"]
        if lost:
            differ.append(f"{campaign['campaign']}: {lost} accepted receivers are unaccounted for")
        if truth["twice"]:
            differ.append(f"{campaign['campaign']}: {truth['twice']} receivers got two messages")
    if differ:
        raise NotTheTruth("; ".join(differ))


def funnel(summary: Summary) -> str:
    """Draw the way of every campaign's rows, for a terminal."""
    lines = []
    for it in summary["campaigns"]:
        lines.append(f"\n{it['campaign']} (tag {it['tag']})")
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


def _campaign(figures: dict[str, Any]) -> dict[str, Any]:
    names = ("campaign", "tag", "rows", "accepted", "rejected", "submitted", "delivered", "failed", "pending")
    more = ("invalid", "stops", "credits_estimated", "credits_spent")
    figures["failed"] += figures["expired"]  # as OVH's delivery receipt has it
    return {name: figures[name] for name in (*names, *more)}
