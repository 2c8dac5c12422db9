"""``ovh-sms cancel``: take back what of a campaign still waits at OVH."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.store import Store


def add_cancel(commands: Any) -> None:
    """Describe the command's arguments.

    :param commands: the parser's commands.
    """
    cancel = commands.add_parser(
        "cancel",
        help="take back the messages of a campaign that still wait at OVH",
        description="Deletes the pending messages of a run of a campaign, one call each, and tells how many had left "
        "before. What has left cannot be taken back. Mark the run failed in Airflow first, so that it sends no more: "
        "the DAG sms_campaign_cancel then does the same by itself. "
        "Run this where the tasks run: it needs the results and the folder of the prepared list.",
    )
    cancel.add_argument("campaign", metavar="CAMPAIGN", help="name in include/campaigns, or path of its file")
    cancel.add_argument("--include", type=Path, help="folder that holds campaigns/")
    cancel.add_argument("--run", metavar="RUN_ID", help="Airflow's run; the latest that sent where not given")
    cancel.add_argument(
        "--connection", metavar="ID", help="Airflow connection; the campaign's own where not given"
    )
    cancel.add_argument("--dry-run", action="store_true", help="only tell what would be taken back")
    cancel.add_argument(
        "--watch",
        type=_minutes,
        default=2.0,
        metavar="MINUTES",
        help="end when nothing more has come for so long, as OVH may list late; 2 where not given, 0 to look once",
    )


def cancel(
    campaign: Campaign,
    hook: OvhSmsHook,
    *,
    run: str | None,
    dry_run: bool,
    watch: float,
    tell: Callable[[str], object],
) -> str:
    """Take back what still waits of one run of a campaign.

    :param campaign: the campaign as its file says now.
    :param hook: to its account.
    :param run: Airflow's run; the latest that sent where not given.
    :param dry_run: only count.
    :param watch: for how many minutes nothing more may have come.
    :param tell: told how far it is.
    :returns: what was done, in words.
    :raises ConfigurationError: nothing of the campaign was sent, or its message or list are not those that were.

    Rests on GET and DELETE /sms/{serviceName}/jobs/{id}, GET /sms/{serviceName}/outgoing.
    """
    from ovh_sms.clock import SystemClock
    from ovh_sms.hooks.store import ResultsHook
    from ovh_sms.sending.cancel import CancelRun

    store = ResultsHook().store
    sent = _sent(store, campaign, hook.account, run)
    cancelling = CancelRun(
        client=hook.client,
        store=store,
        campaign=campaign,
        clock=SystemClock(),
        dag_id=sent.dag_id,
        run_id=sent.run_id,
        log=Progress(tell),
    )
    if dry_run:
        done = f"{len(cancelling.waiting())} messages wait and would be"
    else:
        cancelling.drain(timedelta(minutes=watch))
        done = f"{cancelling.withdrawn} messages were"
    return f"Run {sent.run_id}: {done} taken back; {cancelling.left()} have left, and cannot be taken back.\n"


def _minutes(text: str) -> float:
    import argparse

    try:
        minutes = float(text)
    except ValueError:
        minutes = -1.0
    if not 0 <= minutes <= 60:
        raise argparse.ArgumentTypeError(f"{text} is no number of minutes from 0 to 60")
    return minutes


def _sent(store: Store, campaign: Campaign, account: str, run: str | None) -> Attempt:
    """A sending of the run that is meant."""
    posts = store.attempts.of_campaign(campaign.name, account=account, run_id=run)
    if not posts:
        which = f"run {run} of campaign {campaign.name}" if run else f"campaign {campaign.name}"
        raise ConfigurationError(
            f"The results know of no sending of {which} on {account}.",
            action="Check the name and the run, and that this reads the same results as the tasks.",
        )
    return posts[0]


class Progress:
    """A log whose lines go to the terminal."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write

    def info(self, line: str, *values: object) -> None:
        """Write one line."""
        self._write(line % values)
