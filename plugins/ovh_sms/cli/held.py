"""``ovh-sms held``: record a decision about a run whose pilot failed, or to which too many answered STOP."""

from __future__ import annotations

import getpass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ovh_sms.cli.airflow_connections import RESULTS_CONNECTION, results_store
from ovh_sms.cli.arguments import AsJson, KnownCampaign, Results
from ovh_sms.cli.completion import complete_run
from ovh_sms.cli.output import show
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.store.run_records import RunRecord
    from ovh_sms.store.store import Store

#: Runs of a campaign among which the held one is searched.
_RUNS = 200


class Decision(StrEnum):
    """Whether the batches are sent."""

    SEND = "send"
    DROP = "drop"


def decide_held_run(
    campaign: KnownCampaign,
    decision: Annotated[
        Decision,
        typer.Argument(
            metavar="send|drop", help="send: its batches that wait are sent; drop: they are not, and the run ends."
        ),
    ],
    run: Annotated[
        str | None,
        typer.Option(
            metavar="RUN_ID", help="Airflow's run; the only one that waits if not given.", autocompletion=complete_run
        ),
    ] = None,
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Decide about a run whose batches wait for a person, as its pilot failed or too many people answered STOP.

    Records the decision in the results database, with your name and the time. The tasks that wait read it within five
    minutes. The last decision counts for the batches that are not sent yet: after a 'drop', clear their tasks too.
    """
    store, by = results_store(results), getpass.getuser()
    found = _held(store, campaign, run)
    held = store.held_runs.decide(found.dag_id, found.run_id, decision.value, by=by)
    detail = f"{decision.value} dag={found.dag_id} run={found.run_id}"
    store.audit.record("held", by, detail)
    done = "are sent" if decision is Decision.SEND else "are not sent"
    show(
        f"Recorded: the batches of run {found.run_id} of {campaign} that wait {done}, by {by}. Their tasks read it "
        "within five minutes.",
        {
            "campaign": campaign,
            "dag_id": found.dag_id,
            "run_id": found.run_id,
            "decision": decision.value,
            "by": by,
            "at": held.decided_at.isoformat() if held.decided_at else None,
            "opt_outs": held.rate.opt_outs,
            "reached": held.rate.reached,
            "threshold": held.threshold,
            "pilot_sent": held.pilot_sent,
            "min_delivered": held.min_delivered,
        },
        as_json=as_json,
    )


def _held(store: Store, campaign: str, run: str | None) -> RunRecord:
    """The run that is meant: the named one, else the only one that waits."""
    from ovh_sms.store.run_results import RunFilter

    listed = store.run_results.latest(RunFilter(campaign=campaign), limit=_RUNS)
    held = [each for each in listed if each.held is not None]
    if run is not None:
        meant = [each for each in held if each.record.run_id == run]
    else:
        meant = [each for each in held if each.held is not None and each.held.decision is None]
    if not meant and held and run is None:
        decided = ", ".join(f"{each.record.run_id} ({each.held.decision})" for each in held[:5] if each.held)
        raise ConfigurationError(
            f"No run of campaign {campaign} waits for a decision. These were decided about: {decided}.",
            action="Nothing was recorded. To decide anew, name the run by --run.",
        )
    if not meant:
        which = f"Run {run} of campaign {campaign} is not held" if run else f"No run of campaign {campaign} is held"
        raise ConfigurationError(
            f"{which}.", action="Nothing was recorded. 'ovh-sms status' shows the runs that wait for a person."
        )
    if len({each.record.run_id for each in meant}) > 1:
        names = ", ".join(each.record.run_id for each in meant[:5])
        raise ConfigurationError(
            f"Several runs of campaign {campaign} are held: {names}.", action="Nothing was recorded. Give one by --run."
        )
    return meant[0].record
