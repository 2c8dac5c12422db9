"""``ovh-sms resend``: send the messages of a run again that failed for a temporary reason."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ovh_sms.cli.airflow_connections import RESULTS_CONNECTION, results_store
from ovh_sms.cli.arguments import AsJson, KnownCampaign, LatestRun, Results
from ovh_sms.cli.output import show
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.sending.resend import ResendOffer
    from ovh_sms.store.store import Store

#: Runs of a campaign among which the latest that sent is searched.
_RUNS = 200


class Failed(StrEnum):
    """The failures that are resent."""

    TEMPORARY = "temporary"


def resend_failed(
    campaign: KnownCampaign,
    failed: Annotated[
        Failed, typer.Option(metavar="temporary", help="temporary: the phone, the network or the account was at fault.")
    ],
    run: LatestRun = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how many messages it is, and the cost.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Send the messages of a campaign's run again that failed for a temporary reason.

    Starts a run of the campaign's DAG for these people alone, with the text, sender and kind of the run that failed.
    Nobody gets it who opted out since, and no failure is resent twice. Asks first, with the count and the cost.
    """
    from ovh_sms.hooks.resend_run import start_resend
    from ovh_sms.sending.resend import offer_of

    store, by = results_store(results), getpass.getuser()
    offer = offer_of(store, *_run_of(store, campaign, run))
    values = {**asdict(offer), "failed": failed.value, "dry_run": dry_run, "resend": None, "resend_run_id": None}
    if dry_run or not (yes or _agreed(offer)):
        show(f"{describe(offer)} Nothing was sent again.", values, as_json=as_json)
        return
    started = start_resend(store, offer, by=by)
    it = started.resend
    values |= {"resend": it.resend, "resend_run_id": it.run_id, "is_new": started.is_new}
    text = f"Started: run {it.run_id} of {it.dag_id} sends them again."
    if not started.is_new:
        text = f"Run {it.run_id} of {it.dag_id} is under way already: {it.asked_by} asked for it. No other was started."
    show(text, values, as_json=as_json)


def describe(offer: ResendOffer) -> str:
    """Say how many messages a resend sends again, and the cost."""
    out = f" {offer.opted_out} more people opted out since." if offer.opted_out else ""
    return (
        f"Run {offer.run_id} of {offer.campaign}: {offer.messages} messages failed for a temporary reason and can be "
        f"sent again, for about {offer.credits:g} credits.{out}"
    )


def _agreed(offer: ResendOffer) -> bool:
    """Ask the person; nobody to ask is a no.

    :raises ConfigurationError: there is nobody to ask.
    """
    if not offer.messages:
        return True  # the start says why there is nothing to resend, or which run is under way
    try:
        return bool(typer.confirm(f"{describe(offer)} Send them again?", err=True))
    except typer.Abort:
        raise ConfigurationError(
            f"{describe(offer)} Nobody has answered whether they are.",
            action="Nothing was sent again. Give --yes, or --dry-run to see the count alone.",
        ) from None


def _run_of(store: Store, campaign: str, run: str | None) -> tuple[str, str]:
    """The DAG and run that are meant: the named one, else the latest that sent."""
    from ovh_sms.store.run_results import RunFilter

    listed = store.run_results.latest(RunFilter(campaign=campaign), limit=_RUNS)
    sent = [each for each in listed if any(batch.sent_at for batch in each.batches)]
    meant = [each.record for each in sent if run is None or each.record.run_id == run]
    if not meant:
        which = f"run {run} of campaign {campaign}" if run else f"campaign {campaign}"
        raise ConfigurationError(
            f"The results hold no submission of {which}.",
            action="Nothing was sent again. Check the name and the run, and that this machine reads the same results "
            "as the tasks.",
        )
    return meant[0].dag_id, meant[0].run_id
