"""``ovh-sms cancel``: withdraw the messages of a run that are still waiting at OVH."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.cli.airflow_connections import RESULTS_CONNECTION, ovh_hook, results_store, show_as_failed
from ovh_sms.cli.arguments import AsJson, CampaignName, Include, LatestRun, MaybeConnection, Results, find_campaign
from ovh_sms.cli.output import progress, show
from ovh_sms.clock import SystemClock
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.store import Store


@dataclass(frozen=True)
class Cancellation:
    """The result of the command, in messages.

    :param messages: messages that were cancelled, or with ``dry_run`` would be.
    :param left: messages that had left before.
    :param shown_as_failed: whether Airflow shows the run as failed.
    """

    campaign: str
    dag_id: str
    run_id: str
    dry_run: bool
    messages: int
    left: int
    shown_as_failed: bool = False

    def __str__(self) -> str:
        """Say it in one sentence."""
        one = self.messages == 1
        done = ("is waiting" if one else "are waiting") + " and would be withdrawn"
        if not self.dry_run:
            done = "was withdrawn" if one else "were withdrawn"
        messages = "1 message" if one else f"{self.messages} messages"
        result = f"Run {self.run_id}: {messages} {done}; {self.left} have left and cannot be withdrawn."
        if self.dry_run or self.shown_as_failed:
            return result
        return f"{result} Airflow does not show the run as failed yet; if it is under way, it will once it ends."


class ProgressLog:
    """A log whose lines go to a function."""

    def __init__(self, report: Callable[[str], object]) -> None:
        self._report = report

    def info(self, line: str, *values: object) -> None:
        """Report one line."""
        self._report(line % values)


def cancel_campaign(
    campaign: CampaignName,
    include: Include = None,
    run: LatestRun = None,
    connection: MaybeConnection = None,
    results: Results = RESULTS_CONNECTION,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count the messages that would be withdrawn.")
    ] = False,
    watch: Annotated[
        float,
        typer.Option(
            min=0,
            max=60,
            metavar="MINUTES",
            help="End when no more messages have come for so long, as OVH may list them late; 0 checks once.",
        ),
    ] = 2.0,
    as_json: AsJson = False,
) -> None:
    """Cancel the messages of a campaign's run that are still waiting at OVH.

    Deletes them one call each and counts the messages that had left before: those cannot be withdrawn. The run sends
    no more, and Airflow shows it as failed. To mark it failed in Airflow does the same by itself.
    Run this on a machine that runs the tasks: it needs the results and the folder of the prepared list.
    """
    if not watch <= 60:  # typer lets nan pass
        raise typer.BadParameter("it is no number of minutes from 0 to 60", param_hint="--watch")
    it = find_campaign(campaign, include).campaign
    hook = ovh_hook(connection or it.connection, it.account, CallClass.CANCEL)
    done = cancel_run(it, hook, run=run, dry_run=dry_run, watch=watch, report=progress, results=results)
    if not dry_run:
        done = replace(done, shown_as_failed=show_as_failed(done.dag_id, done.run_id))
    show(str(done), asdict(done), as_json=as_json)


def cancel_run(
    campaign: Campaign,
    hook: OvhSmsHook,
    *,
    run: str | None,
    dry_run: bool,
    watch: float,
    report: Callable[[str], object],
    results: str = RESULTS_CONNECTION,
) -> Cancellation:
    """Cancel one run of a campaign.

    :param run: Airflow's run; the latest that sent if ``None``.
    :param watch: minutes in which no more messages may have come.
    :param results: Airflow connection of the results database.
    :raises ConfigurationError: nothing of the run was submitted, or its message or list has changed since.

    Source: GET and DELETE /sms/{serviceName}/jobs/{id}, GET /sms/{serviceName}/outgoing.
    """
    from ovh_sms.sending.cancel import CancelRun
    from ovh_sms.sending.payer import of_deleted_too, user_of

    store = results_store(results)
    attempt = _submitted(store, campaign, hook.account, run)
    cancelling = CancelRun(
        client=of_deleted_too(hook.client.as_user(user_of(attempt))),
        user=user_of(attempt),
        store=store,
        clock=SystemClock(),
        dag_id=attempt.dag_id,
        run_id=attempt.run_id,
        log=ProgressLog(report),
        by=getpass.getuser(),
    )
    if not dry_run:
        cancelling.drain(timedelta(minutes=watch))
    return Cancellation(
        campaign=campaign.name,
        dag_id=attempt.dag_id,
        run_id=attempt.run_id,
        dry_run=dry_run,
        messages=len(cancelling.waiting()) if dry_run else cancelling.withdrawn,
        left=cancelling.left(),
    )


def _submitted(store: Store, campaign: Campaign, account: str, run: str | None) -> Attempt:
    attempts = store.attempts.of_campaign(campaign.name, account=account, run_id=run)
    if not attempts:
        which = f"run {run} of campaign {campaign.name}" if run else f"campaign {campaign.name}"
        raise ConfigurationError(
            f"The results hold no submission of {which} on {account}.",
            action="Nothing was cancelled. Check the name and the run, and that this machine reads the same results "
            "as the tasks.",
        )
    return attempts[0]
