"""The figures that the demo shows at its end, and their comparison with the sandbox's own counts."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from ovh_demo.local_sandbox import LocalSandbox

Summary = dict[str, Any]
#: Figures of the report and the sandbox's names for them.
COMPARED = {
    **{name: name for name in ("delivered", "failed", "pending")},
    "opt_outs": "stops",
    "submitted": "accepted",
    "credits_spent": "credits",
}


class FiguresDiffer(Exception):
    """A figure of the report is not the sandbox's own."""


def summarise(folder: Path, sandbox: LocalSandbox, *, started: float) -> Summary:
    """Write ``report.html`` and ``summary.json`` about all campaigns of the demo.

    :param started: ``time.monotonic()`` at the start.
    :returns: the content of ``summary.json``.
    """
    from ovh_sms.report.figures import of_submission
    from ovh_sms.report.html import write_html
    from ovh_sms.store.store import Store

    store = Store(f"sqlite:///{folder / 'airflow' / 'ovh_sms_data' / 'results.sqlite'}")
    runs = sorted(store.submissions.latest(), key=lambda run: (run.campaign, run.sent_at or run.recorded_at))
    found = [of_submission(store, run) for run in runs]
    store.close()
    shown = [each.to_dict() for each in found]
    names = dict.fromkeys(each["campaign"] for each in shown)
    write_html(
        found,
        folder / "report.html",
        title="SMS campaigns of the demo (deliveries by the sandbox's clock)",
        made_at=store.clock.now(),
    )
    summary = {
        "campaigns": [_campaign([each for each in shown if each["campaign"] == name]) for name in names],
        "api_calls": sandbox.control("GET", "/calls")["total"],
        "seconds": round(time.monotonic() - started, 1),
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return summary


def check_against_truth(summary: Summary, sandbox: LocalSandbox) -> None:
    """Compare every figure with the sandbox's own count.

    :raises FiguresDiffer: names each campaign and figure that differs.
    """
    differ = []
    for campaign in summary["campaigns"]:
        truths = [sandbox.control("GET", f"/truth?tag={tag}") for tag in campaign["tags"]]
        for ours, theirs in COMPARED.items():
            truth = sum(each[theirs] for each in truths)
            if campaign[ours] != truth:
                differ.append(f"{campaign['campaign']} {ours}: {campaign[ours]}, sandbox {truth}")
        lost = campaign["accepted"] - campaign["submitted"] - campaign["refused"]
        if lost:
            differ.append(f"{campaign['campaign']}: {lost} accepted contacts are unaccounted for")
        if twice := _twice(sandbox, campaign["tags"]):
            differ.append(f"{campaign['campaign']}: {twice} persons got two messages")
    if differ:
        raise FiguresDiffer("; ".join(differ))


def _twice(sandbox: LocalSandbox, tags: list[str]) -> int:
    """Count the messages beyond the first to the same person, in all submissions of a campaign."""
    found = [each["receiver"] for tag in tags for each in sandbox.lines(f"/truth/messages?tag={tag}")]
    return len(found) - len(set(found))


def draw_rows(summary: Summary) -> str:
    """Show where each row of every campaign went, for a terminal."""
    lines = []
    for it in summary["campaigns"]:
        lines.append(f"\n{it['campaign']} (tag{'s' * (len(it['tags']) > 1)} {', '.join(it['tags'])})")
        for name in ("rows", "accepted", "submitted", "delivered"):
            share = it[name] / it["rows"] if it["rows"] else 0
            lines.append(f"  {name:<10}{it[name]:>7}  {'█' * round(40 * share)}")
        rejected = ", ".join(f"{reason} {count}" for reason, count in sorted(it["rejected"].items()))
        spent, estimated = it["credits_spent"], it["credits_estimated"]
        lines += [
            f"  rejected   {rejected or 'none'}",
            f"  refused receivers {it['refused']}",
            f"  failed {it['failed']}, pending {it['pending']}, STOPs {it['opt_outs']}",
            f"  credits    {'an unknown number' if spent is None else f'{spent:g}'} spent, "
            f"{'not' if estimated is None else f'{estimated:g}'} estimated",
        ]
    return "\n".join(lines)


def _campaign(submissions: list[dict[str, Any]]) -> dict[str, Any]:
    """Add up the submissions of one campaign; a cost that one of them does not know is None."""
    names = ("rows", "accepted", "submitted", "delivered", "pending", "refused", "opt_outs")
    rejected: Counter[str] = Counter()
    costs = {}
    for each in submissions:
        rejected.update(each["rejected"])
    for name in ("credits_estimated", "credits_spent"):
        amounts = [each[name] for each in submissions]
        costs[name] = None if None in amounts else sum(amounts)
    return {
        "campaign": submissions[0]["campaign"],
        "tags": [each["tag"] for each in submissions],
        **{name: sum(each[name] for each in submissions) for name in names},
        # OVH's delivery receipt has one state for both.
        "failed": sum(each["failed"] + each["expired"] for each in submissions),
        "rejected": dict(rejected),
        **costs,
    }
