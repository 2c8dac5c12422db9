"""Take back what of a run still waits at OVH. Used by the operator and by ``ovh-sms cancel``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sms.errors import ConfigurationError, NotFound, OutcomeUnknown, OvhSmsError, Unavailable
from ovh_sms.idempotency.journal import RIVAL_WINDOW
from ovh_sms.sending.pending_messages import PendingMatcher, digits, merged, read_list

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import Job
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.store import ResultsStore

#: Messages taken back between two lines of progress.
TOLD_EVERY = 50
#: OVH that is overloaded, or out of reach, is asked again after this time at most, in seconds.
LONGEST_PAUSE = 60.0
#: And for this long at most since it last took a message back, in seconds.
GIVE_UP = 20 * 60.0


@dataclass
class CancelRun:
    """Takes back the waiting messages of one run of a campaign, one call each.

    :param client: to the campaign's account.
    :param store: the results, which know what the run has handed to OVH.
    :param campaign: gives the campaign as its file says now; asked only where an answer was lost: its message and
        sender tell its messages from others then.
    :param dag_id: Airflow's DAG that sent it.
    :param run_id: its run.
    :param tell: told how far it is.
    """

    client: OvhSmsClient
    store: ResultsStore
    campaign: Callable[[], Campaign]
    dag_id: str
    run_id: str
    tell: Callable[[str], object]
    _deleted: set[int] = field(default_factory=set, init=False)
    _unsure: set[int] = field(default_factory=set, init=False)
    _finder: PendingMatcher | None = field(default=None, init=False)
    _found_for: tuple[str, ...] = field(default=(), init=False)
    _tags: tuple[str, ...] = field(default=(), init=False)
    _tag_of_job: dict[int, str] = field(default_factory=dict, init=False)
    _tag_of_receiver: dict[int, str] = field(default_factory=dict, init=False)

    @property
    def withdrawn(self) -> int:
        """How many messages were deleted so far."""
        return len(self._deleted)

    def waiting(self) -> list[Job]:
        """List the run's messages that wait at OVH right now.

        :raises ConfigurationError: message or list are not those that were sent, or too many messages wait.

        Rests on GET /sms/{serviceName}/jobs and /jobs/{id}.
        """
        unnamed = self._read_posts()
        return [*self._named(), *(self._without_answer(unnamed) if unnamed else [])]

    def _read_posts(self) -> list[Attempt]:
        """Read what the run has handed to this account, or may have, with OVH's ids; gives those without ids by now."""
        account = self.client.account_name
        posts = [
            post for post in self.store.attempts_of_run(self.dag_id, self.run_id) if post.account == account
        ]
        self._tags = tuple(post.tag for post in posts)
        self._tag_of_job = {job: post.tag for post in posts for job in self.store.job_ids(post.tag)}
        named = set(self._tag_of_job.values())
        return [post for post in posts if post.tag not in named]

    def _named(self) -> Iterator[Job]:
        """Messages whose ids are known, read some at a time: while many are read, others leave."""
        if self._tag_of_job:
            yield from self.client.jobs_many(
                sorted(set(self.client.pending_jobs()) & self._tag_of_job.keys())
            )

    def _without_answer(self, posts: Sequence[Attempt]) -> list[Job]:
        """Messages of sendings whose answer was lost, so that OVH's ids of them are not known."""
        found_for = tuple(post.tag for post in posts)
        if self._finder is None or found_for != self._found_for:
            self._finder, self._found_for = self._find(posts), found_for
        self._finder.foreign = self.store.jobs_of_others(self.client.account_name, found_for)
        opened = min(post.opened_at for post in posts if post.opened_at)
        # Of another message nobody expects the very same text to the very same people: a stop must stop.
        self._finder.shared = self.store.rivals(posts[0], opened - RIVAL_WINDOW, same_message=True) > 0
        found = self._finder.find()
        if found is None:
            raise ConfigurationError(
                "More messages wait on this account than can be looked through.",
                action="Cancel the campaign in OVH's manager.",
            )
        if found.ambiguous:
            self.tell(
                f"{len(found.ambiguous)} messages that wait may be of this run or of another: they stay"
            )
        return list(found.ours)

    def withdraw(self) -> int:
        """Delete at OVH what waits of the run right now.

        :returns: how many messages there were.
        :raises OutcomeUnknown: of some it is not known whether they were deleted; the next look tells.

        Rests on DELETE /sms/{serviceName}/jobs/{id}.
        """
        unnamed = self._read_posts()
        unsure, self._unsure = self._unsure, set()
        seen = self._delete_all(self._named())
        if unnamed:  # last: where they cannot be told, the others are gone by then
            seen |= self._delete_all(self._without_answer(unnamed))
        self._deleted |= unsure - seen  # what does not wait any more was deleted, though OVH did not tell
        if self._unsure:
            raise OutcomeUnknown(
                f"OVH did not tell whether it deleted {len(self._unsure)} messages.",
                action="The next look tells.",
            )
        return len(seen)

    def _delete_all(self, jobs: Iterable[Job]) -> set[int]:
        seen = set()
        for job in jobs:
            seen.add(job.id)
            try:
                self._delete(job)
            except OutcomeUnknown:
                self._unsure.add(job.id)
            if len(seen) % TOLD_EVERY == 0:
                self.tell(f"{self.withdrawn} messages taken back so far")
        return seen

    def until_nothing_waits(
        self,
        quiet_period: timedelta,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Stop the run, take back what waits, and look again until nothing has come for a while.

        A task that was sending when its run was stopped ends some seconds later, and OVH may list late.

        OVH that asks to slow down, or is away for a while, is waited for. Whatever ends this, it tells the sum.

        :param quiet_period: for how long nothing more may have come.
        :param sleep: waits a number of seconds.
        :param clock: seconds.
        :raises Unavailable: OVH was out of reach for 20 minutes.
        :raises OutcomeUnknown: for 20 minutes it did not tell whether it deleted a message.
        """
        self.store.cancel_run(self.dag_id, self.run_id)  # no task of the run hands anything more to OVH
        try:
            self._until(quiet_period.total_seconds(), sleep, clock)
        except BaseException:
            self.tell(f"{self.withdrawn} messages taken back; the others that wait will go out")
            raise

    def _until(self, quiet_period: float, sleep: Callable[[float], None], clock: Callable[[], float]) -> None:
        last = worked = clock()
        while True:
            before, pause = self.withdrawn, quiet_period / 6
            try:
                found = self.withdraw()
            except (Unavailable, OutcomeUnknown) as error:
                last = clock()
                worked = last if self.withdrawn > before else worked
                if last - worked >= GIVE_UP:
                    raise
                pause = min(getattr(error, "retry_after", None) or pause or 1.0, LONGEST_PAUSE)
                self.tell(
                    f"{self.withdrawn} messages taken back so far; {error.what} PendingMatch {pause:.0f} s"
                )
            else:
                worked = clock()
                if found:
                    last = worked
                    self.tell(f"{self.withdrawn} messages taken back; looking again for what is listed late")
                if worked - last >= quiet_period:
                    return
            sleep(pause)

    def left(self) -> int:
        """Count the run's messages that have left, and cannot be taken back.

        Rests on GET /sms/{serviceName}/outgoing with the filter tag.
        """
        return sum(self.client.count_outgoing(tag=tag) for tag in self._tags)

    def _delete(self, job: Job) -> None:
        account = self.client.account_name
        tag = self._tag_of_job.get(job.id) or self._tag_of_receiver[digits(job.receiver)]
        # Before the deletion: a task that is killed between the two deletes the message at its next try.
        self.store.withdraw(tag, account=account, job_id=job.id, refunded=job.credits)
        try:
            self.client.cancel_job(job.id)
        except NotFound:  # it left meanwhile
            self.store.not_withdrawn(account=account, job_id=job.id)
            return
        except OutcomeUnknown:  # if it still waits at the next look, it is deleted again
            raise
        except OvhSmsError:  # not executed: it may leave before the next look
            self.store.not_withdrawn(account=account, job_id=job.id)
            raise
        self._deleted.add(job.id)

    def _find(self, posts: Sequence[Attempt]) -> PendingMatcher:
        from ovh_sms.sending.submission import digest_of

        campaign = self.campaign()
        if any(post.message_digest != digest_of(campaign.message) for post in posts):
            raise ConfigurationError(
                f"The message of campaign {campaign.name} is not the one that was sent, so its messages cannot be "
                "told.",
                action="Put the old message back for this, or cancel in OVH's manager.",
            )
        later = self.store.next_submission(posts[-1])
        return PendingMatcher(
            client=self.client,
            texts=self._texts(posts, campaign),
            sender=campaign.sender or "",
            since=min(_ovh_time(post) for post in posts),
            # OVH tells in whole seconds when a message was made.
            until=_ovh_time(later).replace(microsecond=0) if later else None,
        )

    def _texts(self, posts: Sequence[Attempt], campaign: Campaign) -> dict[int, str]:
        """What everybody reads to whom the run has sent, or may have; keeps the tag of each one's sending."""
        from ovh_sms.campaign.campaign_file import submission_tag
        from ovh_sms.contacts.prepared import PreparedList
        from ovh_sms.settings import campaign_folder

        folder = campaign_folder(campaign.name, submission_tag(self.dag_id, self.run_id, "send"))
        lists = {batch.digest: batch.list_path for batch in PreparedList.load(folder).batches}
        found: dict[int, str] = {}
        for post in posts:
            if post.list_digest not in lists:
                raise ConfigurationError(
                    f"The prepared list in {folder} is not the one that was sent with the tag {post.tag}.",
                    action="Cancel these messages in OVH's manager.",
                )
            texts = dict(merged(campaign.message, read_list(lists[post.list_digest])))
            self._tag_of_receiver.update(dict.fromkeys(texts, post.tag))
            found.update(texts)
        return found


def _ovh_time(post: Attempt) -> datetime:
    """OVH's own time when a sending was about to be made."""
    told = (post.facts or {}).get("ovh_time")
    moment = datetime.fromisoformat(told) if told else post.opened_at
    assert moment is not None  # noqa: S101 - the results fill it in
    return moment
