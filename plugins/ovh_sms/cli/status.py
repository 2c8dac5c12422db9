"""``ovh-sms status``: the state of campaigns' runs, in the words of their pages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ovh_sms.cli.airflow_connections import RESULTS_CONNECTION, results_store
from ovh_sms.cli.arguments import AsJson, Results
from ovh_sms.cli.completion import complete_campaign
from ovh_sms.cli.output import fit_terminal, show

if TYPE_CHECKING:
    from datetime import datetime

    from ovh_sms.report.language import Translator
    from ovh_sms.report.run_state import RunStatus

#: A run that is not final is shown for so long.
RECENT = timedelta(days=30)
COUNTS = (
    *("batches_planned", "batches_sent", "receivers", "sent", "not_written", "unknown", "refused", "withdrawn"),
    *("left", "final", "delivered", "failed", "expired", "opt_outs", "credits_estimated", "credits_spent"),
)


def show_status(
    campaign: Annotated[
        str | None,
        typer.Argument(
            metavar="[CAMPAIGN]",
            help="Its runs alone; of all campaigns if not given.",
            autocompletion=complete_campaign,
        ),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, max=100, metavar="N", help="Number of runs, the latest first.")] = 5,
    language: Annotated[str, typer.Option(metavar="en|fr", help="Language of the sentences.")] = "en",
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Show how far the latest runs are, their figures and the next step.

    Reads the results alone: OVH is not called. Whether Airflow still works on a run is not known here, so a run whose
    tasks have ended without a word is shown as under way; its page knows more.
    """
    from ovh_sms.report.language import translator
    from ovh_sms.report.run_state import run_status
    from ovh_sms.store.run_results import RunFilter

    store, say = results_store(results), translator(language)
    now = store.clock.now()
    found = store.run_results.latest(RunFilter(campaign=campaign, since=now - RECENT), limit=runs)
    states = [run_status(each, now) for each in found]
    lines = [line for status in states for line in _lines(status, say, now)]
    show(
        "\n".join(fit_terminal(lines, as_they_are="    ovh-sms")) or "No run has started in the last 30 days.",
        {"runs": [_values(status, say, now) for status in states]},
        as_json=as_json,
    )


def _lines(status: RunStatus, say: Translator, now: datetime) -> list[str]:
    from ovh_sms.report.run_lines import run_lines

    record, said = status.results.record, run_lines(status, say, now)
    lines = [f"{record.campaign}, {record.run_id}: {said.first}"]
    lines += [f"  {said.action}"] if said.action else []
    for meaning, command in said.choices:
        lines += [*([f"  {meaning}"] if meaning else []), f"    {command}"]
    return lines


def _values(status: RunStatus, say: Translator, now: datetime) -> dict[str, Any]:
    from ovh_sms.report.run_lines import run_lines

    record, said = status.results.record, run_lines(status, say, now)
    return {
        "campaign": record.campaign,
        "dag_id": record.dag_id,
        "run_id": record.run_id,
        "state": status.state.value,
        "first_line": said.first,
        "action": said.action,
        "commands": list(said.commands),
        "meanings": list(said.meanings),
        "rows": record.rows,
        **{name: getattr(status, name) for name in COUNTS},
    }
