"""``ovh-sms cancel``: take back what of a campaign still waits at OVH."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError, NotFound

if TYPE_CHECKING:
    from ovh_sms.campaign import Campaign
    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.results.models import Post

#: Cancelled messages between two lines of progress.
_TOLD_EVERY = 50


def add_cancel(commands: Any) -> None:
    """Describe the command's arguments.

    :param commands: the parser's commands.
    """
    cancel = commands.add_parser(
        "cancel",
        help="take back the messages of a campaign that still wait at OVH",
        description="Deletes the pending messages of a run of a campaign, one call each, and tells how many had left "
        "before. What has left cannot be taken back. Mark the run failed in Airflow first, so that it sends no more. "
        "Run this where the tasks run: it needs the results and the folder of the prepared list.",
    )
    cancel.add_argument("campaign", metavar="CAMPAIGN", help="name in include/campaigns, or path of its file")
    cancel.add_argument("--include", type=Path, help="folder that holds campaigns/")
    cancel.add_argument("--run", metavar="RUN_ID", help="Airflow's run; the latest that sent where not given")
    cancel.add_argument(
        "--connection", metavar="ID", help="Airflow connection; the campaign's own where not given"
    )
    cancel.add_argument("--dry-run", action="store_true", help="only tell what would be taken back")


def cancel(
    campaign: Campaign, hook: OvhSmsHook, *, run: str | None, dry_run: bool, tell: Callable[[str], object]
) -> str:
    """Take back what still waits of one run of a campaign.

    :param campaign: the campaign as its file says now.
    :param hook: to its account.
    :param run: Airflow's run; the latest that sent where not given.
    :param dry_run: only count.
    :param tell: told how far it is.
    :returns: what was done, in words.
    :raises ConfigurationError: nothing of the campaign was sent, or its message or list are not those that were.

    Rests on GET and DELETE /sms/{serviceName}/jobs/{id}, GET /sms/{serviceName}/outgoing.
    """
    from ovh_sms.operators.pending import PendingMessages

    posts = _posts(campaign, hook.account, run)
    client = hook.client
    opened = [post.opened_at for post in posts if post.opened_at]
    waiting = PendingMessages(
        client=client,
        message=campaign.message,
        sender=campaign.sender or "",
        since=min(opened) + (client.time() - datetime.now(opened[0].tzinfo)),
        receivers=set(_receivers(campaign, posts[0])),
    )
    found = waiting.find()
    if found is None:
        raise ConfigurationError(
            "More messages wait on this account than can be looked through.",
            action="Cancel the campaign in OVH's manager.",
        )
    cancelled = 0
    for job in [] if dry_run else found:
        try:
            client.cancel_job(job.id)
            cancelled += 1
        except NotFound:  # it left meanwhile
            continue
        if cancelled % _TOLD_EVERY == 0:
            tell(f"{cancelled} of {len(found)} messages taken back")
    left = sum(client.count_outgoing(tag=tag) for tag in {post.tag for post in posts})
    done = f"{len(found)} messages wait and would be" if dry_run else f"{cancelled} messages were"
    return f"Run {posts[0].run_id}: {done} taken back; {left} have left and cannot be.\n"


def _posts(campaign: Campaign, account: str, run: str | None) -> list[Post]:
    """The sendings of the run."""
    from ovh_sms.hooks.results import ResultsHook
    from ovh_sms.operators.sending import digest_of

    store = ResultsHook().store
    store.migrate()
    posts = store.posts_of_campaign(campaign.name, account=account, run_id=run)
    if not posts:
        which = f"run {run} of campaign {campaign.name}" if run else f"campaign {campaign.name}"
        raise ConfigurationError(
            f"The results know of no sending of {which} on {account}.",
            action="Check the name and the run, and that this reads the same results as the tasks.",
        )
    if any(post.message_digest != digest_of(campaign.message) for post in posts):
        raise ConfigurationError(
            f"The message of campaign {campaign.name} is not the one that was sent, so its messages cannot be told.",
            action="Put the old message back for this command, or cancel in OVH's manager.",
        )
    return posts


def _receivers(campaign: Campaign, post: Post) -> Iterator[int]:
    """E.164 digits of everybody in the run's prepared list."""
    from ovh_sms.campaign import sending_tag
    from ovh_sms.contacts.prepared import PreparedList
    from ovh_sms.operators.pending import digits
    from ovh_sms.paths import campaign_folder

    folder = campaign_folder(campaign.name, sending_tag(post.dag_id, post.run_id, "send"))
    for shard in PreparedList.load(folder).shards:
        with shard.list_path.open(encoding="utf-8", newline="") as file:
            rows = csv.reader(file, delimiter=";")
            next(rows)
            yield from (digits(row[0]) for row in rows)
