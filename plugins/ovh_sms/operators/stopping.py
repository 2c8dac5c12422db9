"""Take back what of a run still waits at OVH. Used by the operator and by ``ovh-sms cancel``."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sms.errors import ConfigurationError, NotFound, OutcomeUnknown
from ovh_sms.operators.pending import PendingMessages, digits

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import Job
    from ovh_sms.campaign import Campaign
    from ovh_sms.results.models import Post
    from ovh_sms.results.store import ResultsStore

#: Messages taken back between two lines of progress.
TOLD_EVERY = 50


@dataclass
class Stopping:
    """Takes back the waiting messages of one run of a campaign, one call each.

    :param client: to the campaign's account.
    :param store: the results, which know what the run has handed to OVH.
    :param campaign: the campaign as its file says now: its message and sender tell its messages from others.
    :param dag_id: Airflow's DAG that sent it.
    :param run_id: its run.
    :param tell: told how far it is.
    """

    client: OvhSmsClient
    store: ResultsStore
    campaign: Campaign
    dag_id: str
    run_id: str
    tell: Callable[[str], object]
    _deleted: set[int] = field(default_factory=set, init=False)
    _finder: PendingMessages | None = field(default=None, init=False)
    _tags: tuple[str, ...] = field(default=(), init=False)
    _tag_of: dict[int, str] = field(default_factory=dict, init=False)

    @property
    def taken_back(self) -> int:
        """How many messages were deleted so far."""
        return len(self._deleted)

    def waiting(self) -> list[Job]:
        """List the run's messages that wait at OVH right now.

        :raises ConfigurationError: message or list are not those that were sent, or too many messages wait.

        Rests on GET /sms/{serviceName}/jobs and /jobs/{id}.
        """
        posts = self.store.posts_of_run(self.dag_id, self.run_id)
        if not posts:
            return []
        tags = tuple(post.tag for post in posts)
        if self._finder is None or tags != self._tags:  # another piece may have been sent since
            self._finder, self._tags = self._find(posts), tags
        found = self._finder.find()
        if found is None:
            raise ConfigurationError(
                "More messages wait on this account than can be looked through.",
                action="Cancel the campaign in OVH's manager.",
            )
        return found

    def take_back(self) -> int:
        """Delete at OVH what waits of the run right now.

        :returns: how many messages there were.

        Rests on DELETE /sms/{serviceName}/jobs/{id}.
        """
        found = self.waiting()
        for at, job in enumerate(found, 1):
            self._delete(job)
            if at % TOLD_EVERY == 0:
                self.tell(f"{at} of {len(found)} messages taken back")
        return len(found)

    def until_nothing_waits(
        self,
        settling: timedelta,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take back what waits, and look again until nothing has come for a while.

        A task that was sending when its run was stopped ends some seconds later, and OVH may list late.

        :param settling: for how long nothing more may have come.
        :param sleep: waits a number of seconds.
        :param clock: seconds.
        """
        last = clock()
        while True:
            if self.take_back():
                last = clock()
                self.tell(f"{self.taken_back} messages taken back; looking again for what is listed late")
            if clock() - last >= settling.total_seconds():
                return
            sleep(settling.total_seconds() / 6)

    def left(self) -> int:
        """Count the run's messages that have left, and cannot be taken back.

        Rests on GET /sms/{serviceName}/outgoing with the filter tag.
        """
        return sum(self.client.count_outgoing(tag=tag) for tag in self._tags)

    def _delete(self, job: Job) -> None:
        account = self.client.account_name
        tag = self._tag_of[digits(job.receiver)]
        # Before the deletion: a task that is killed between the two deletes the message at its next try.
        self.store.take_back(tag, account=account, job_id=job.id, given_back=job.credits)
        try:
            self.client.cancel_job(job.id)
        except NotFound:  # it left meanwhile
            self.store.not_taken_back(account=account, job_id=job.id)
            return
        except OutcomeUnknown:  # the next look tells: if it still waits, it is deleted again
            pass
        self._deleted.add(job.id)

    def _find(self, posts: Sequence[Post]) -> PendingMessages:
        from ovh_sms.operators.sending import digest_of

        if any(post.message_digest != digest_of(self.campaign.message) for post in posts):
            raise ConfigurationError(
                f"The message of campaign {self.campaign.name} is not the one that was sent, so its messages cannot "
                "be told.",
                action="Put the old message back for this, or cancel in OVH's manager.",
            )
        self._tag_of = self._receivers(posts)
        opened = [post.opened_at for post in posts if post.opened_at]
        # The results tell the time by another clock than OVH.
        ahead = self.client.time() - datetime.now(opened[0].tzinfo)
        later = self.store.next_opened(posts[-1])
        return PendingMessages(
            client=self.client,
            message=self.campaign.message,
            sender=self.campaign.sender or "",
            since=min(opened) + ahead,
            # OVH tells in whole seconds when a message was made.
            until=(later + ahead).replace(microsecond=0) if later else None,
            receivers=self._tag_of,
        )

    def _receivers(self, posts: Sequence[Post]) -> dict[int, str]:
        """E.164 digits of everybody the run has sent to, or may have, each with the tag of the sending."""
        from ovh_sms.campaign import sending_tag
        from ovh_sms.contacts.prepared import PreparedList
        from ovh_sms.paths import campaign_folder

        folder = campaign_folder(self.campaign.name, sending_tag(self.dag_id, self.run_id, "send"))
        lists = {shard.digest: shard.list_path for shard in PreparedList.load(folder).shards}
        found: dict[int, str] = {}
        for post in posts:
            if post.list_digest not in lists:
                raise ConfigurationError(
                    f"The prepared list in {folder} is not the one that was sent with the tag {post.tag}.",
                    action="Cancel these messages in OVH's manager.",
                )
            with lists[post.list_digest].open(encoding="utf-8", newline="") as file:
                rows = csv.reader(file, delimiter=";")
                next(rows)
                found.update((digits(row[0]), post.tag) for row in rows)
        return found
