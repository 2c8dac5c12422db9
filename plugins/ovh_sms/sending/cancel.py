"""Cancel a run: withdraw its messages that still wait at OVH. Used by the operator and by ``ovh-sms cancel``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError, NotFound, OutcomeUnknown, OvhSmsError, Unavailable
from ovh_sms.idempotency.account_records import RIVAL_WINDOW
from ovh_sms.object_storage.stored_path import as_path
from ovh_sms.sending.ovh_batch_cancel import OvhBatchCancel
from ovh_sms.sending.ovh_batch_post import is_ovh_batch
from ovh_sms.sending.packed_ids import unpack_ids
from ovh_sms.sending.payer import user_of
from ovh_sms.sending.pending_messages import PendingMatcher
from ovh_sms.sending.receiver_files import digits, is_unchanged, merged_texts, read_list
from ovh_sms.store.models import REFUSED

if TYPE_CHECKING:
    import logging

    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import PendingMessage
    from ovh_sms.clock import Clock
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.store import Store

#: Messages withdrawn between two lines of progress.
PROGRESS_EVERY = 50
#: An overloaded or unreachable OVH is asked again after this time at most, in seconds.
LONGEST_PAUSE = 60.0
#: And for this long at most since it last withdrew a message, in seconds.
DRAIN_TIMEOUT = 20 * 60.0


@dataclass
class CancelRun:
    """Withdraws the waiting messages of one run of a campaign, one call each; those of an OVH batch by one call.

    What a user of the account sent is withdrawn by a client of that user, see :meth:`.OvhSmsClient.as_user`.
    If an answer was lost, the run's published list and message distinguish its messages from others.

    :param by: the person who cancels, if known.
    :param user: login of the user who sent; by default the client's. The account's client withdraws for a deleted one.
    """

    client: OvhSmsClient
    store: Store
    dag_id: str
    run_id: str
    clock: Clock
    log: logging.Logger | Any
    by: str | None = None
    user: str | None = None
    _unsure: set[int] = field(default_factory=set, init=False)
    _matcher: PendingMatcher | None = field(default=None, init=False)
    _matched_tags: tuple[str, ...] = field(default=(), init=False)
    _tags: tuple[str, ...] = field(default=(), init=False)
    _tags_by_message: dict[int, str] = field(default_factory=dict, init=False)
    #: For each receiver the tags of the batches that its texts are of, in their order.
    _tags_by_receiver: dict[int, tuple[str, ...]] = field(default_factory=dict, init=False)

    @property
    def withdrawn(self) -> int:
        """The run's messages withdrawn so far, by earlier tries and cancellations too."""
        return self.store.withdrawals.count(*self._tags)[0] - len(self._unsure)

    def waiting(self) -> list[PendingMessage]:
        """List the run's messages that wait at OVH right now.

        :raises ConfigurationError: the list that was submitted is not published, or too many messages wait.

        Source: GET ``/sms/{serviceName}/jobs`` and ``/jobs/{id}``.
        """
        unnamed = self._read_attempts()
        return [*self._named(), *(self._without_answer(unnamed) if unnamed else [])]

    def left(self) -> int:
        """Count the run's messages that have left, and cannot be withdrawn.

        Source: GET ``/sms/{serviceName}/outgoing`` with the filter tag.
        """
        return sum(self.client.outgoing.count(tag=tag) for tag in self._tags)

    def drain(self, quiet_period: timedelta) -> None:
        """Cancel the run, withdraw what waits, and repeat until nothing has come for a while.

        A task that was submitting when its run was cancelled ends some seconds later, and OVH may list late. An OVH
        that asks to slow down, or is unavailable for a while, is waited for. The log always ends with the sum.

        :raises MissingRight: the key lacks a right to list or to withdraw; the run submits nothing more all the same.
        :raises Unavailable: OVH was unavailable for 20 minutes.
        :raises OutcomeUnknown: for 20 minutes OVH did not confirm that it withdrew a message.
        """
        self.store.cancelled_runs.add(self.dag_id, self.run_id, by=self.by)  # no task of the run submits anything more
        by_batches = any(is_ovh_batch(each) for each in self._read_attempts())
        self.client.account.require("cancel", *(("ovh_batches",) if by_batches else ()))
        try:
            self._drain(quiet_period.total_seconds())
        except BaseException:
            self.log.info("%d messages withdrawn; the others that wait will leave", self.withdrawn)
            raise

    def withdraw(self) -> int:
        """Delete at OVH the run's messages that wait right now.

        :raises OutcomeUnknown: OVH did not confirm some deletions; the next call checks them.

        Source: DELETE ``/sms/{serviceName}/jobs/{id}``, POST ``/sms/{serviceName}/batches/{id}/cancel``.
        """
        unnamed = self._read_attempts()
        # Of an OVH batch all messages in one call; one by one only what has started to leave.
        ovh_batches, unnamed = OvhBatchCancel(client=self.client, store=self.store).cancel_of_run(unnamed)
        unsure = set(self._unsure)
        seen = self._delete_all(self._named())
        if unnamed:  # last: if they cannot be distinguished, the others are gone by then
            seen |= self._delete_all(self._without_answer(unnamed))
        self._unsure -= unsure - seen  # what does not wait any more was withdrawn, though OVH did not confirm
        if self._unsure:
            raise OutcomeUnknown(
                f"OVH did not confirm the deletion of {len(self._unsure)} messages.", action="It is checked again."
            )
        return len(seen) + ovh_batches

    def _drain(self, quiet_seconds: float) -> None:
        last = worked = self.clock.monotonic()
        while True:
            before, pause = self.withdrawn, quiet_seconds / 6
            try:
                found = self.withdraw()
            except (Unavailable, OutcomeUnknown) as error:
                last = self.clock.monotonic()
                worked = last if self.withdrawn > before else worked
                if last - worked >= DRAIN_TIMEOUT:
                    raise
                pause = min(getattr(error, "retry_after", None) or pause or 1.0, LONGEST_PAUSE)
                self.log.info("%d messages withdrawn so far; %s Waiting %.0f s", self.withdrawn, error.what, pause)
            else:
                worked = self.clock.monotonic()
                if found:
                    last = worked
                    self.log.info("%d messages withdrawn; checking again, as OVH may list late", self.withdrawn)
                if worked - last >= quiet_seconds:
                    return
            self.clock.sleep(pause)

    def _read_attempts(self) -> list[Attempt]:
        """Read what the run submitted on this account, or may have; return the attempts without all of OVH's ids."""
        sender = (self.client.account_name, self.client.user if self.user is None else self.user)
        of_run = self.store.attempts.of_run(self.dag_id, self.run_id)
        attempts = [each for each in of_run if (each.account, user_of(each)) == sender]
        self._tags = tuple(each.tag for each in attempts)
        self._tags_by_message = {
            message: each.tag for each in attempts for message in self.store.attempts.message_ids(each.tag)
        }
        named = Counter(self._tags_by_message.values())
        collected = self.store.figures.of(*self._tags)
        # OVH made more messages than it answered ids for, if a proxy repeated the request: the others have no known id.
        repeated = {tag for tag, found in collected.items() if found.messages > named[tag]}
        return [each for each in attempts if each.tag not in named or each.tag in repeated]

    def _named(self) -> Iterator[PendingMessage]:
        """Messages with known ids, read some at a time: while many are read, others leave."""
        if self._tags_by_message:
            yield from self.client.jobs.iter(sorted(set(self.client.jobs.pending_ids()) & self._tags_by_message.keys()))

    def _without_answer(self, attempts: Sequence[Attempt]) -> list[PendingMessage]:
        """Messages of batches whose answer was lost, so that OVH's ids of them are not known."""
        tags = tuple(each.tag for each in attempts)
        if self._matcher is None or tags != self._matched_tags:
            self._matcher, self._matched_tags = self._make_matcher(attempts), tags
        self._matcher.ids_of_others = self.store.attempts.message_ids_of_others(self.client.account_name, tags)
        claimed = min(each.claimed_at for each in attempts if each.claimed_at)
        # Of another message nobody expects the very same text to the very same people: a cancellation must cancel.
        others = self.store.attempts.in_flight(attempts[0], claimed - RIVAL_WINDOW, same_message=True)
        self._matcher.contested = lambda messages: self.store.attempt_receivers.may_have(others, messages)
        found = self._matcher.match()
        if found is None:
            raise ConfigurationError(
                "More messages wait on this account than can be read.", action="Cancel the campaign in OVH's manager."
            )
        if found.ambiguous:
            self.log.info("%d messages that wait may be of this run or of another: they stay", len(found.ambiguous))
        return list(found.ours)

    def _own_tag(self, message: PendingMessage) -> str:
        """The tag of a message whose id nobody knows: its text says which of the run's batches it is of."""
        receiver = digits(message.receiver)
        assert self._matcher is not None and self._matcher.texts is not None  # noqa: S101, PT018 - it found the message
        at = self._matcher.texts[receiver].index(self._matcher.text_of(message) or "")
        return self._tags_by_receiver[receiver][at]

    def _delete_all(self, messages: Iterable[PendingMessage]) -> set[int]:
        seen, gone = set(), defaultdict[str, list[tuple[str, str]]](list)
        try:
            for message in messages:
                seen.add(message.id)
                self._unsure.discard(message.id)
                tag = self._tags_by_message.get(message.id) or self._own_tag(message)
                try:
                    if self._delete(message, tag):
                        gone[tag].append((message.receiver, message.message))
                except OutcomeUnknown:
                    self._unsure.add(message.id)
                if len(seen) % PROGRESS_EVERY == 0:
                    self.log.info("%d messages withdrawn so far", self.withdrawn)
        finally:
            for tag, texts in gone.items():  # another run may send to these people
                self.store.attempt_receivers.forget_messages(tag, texts)
        return seen

    def _delete(self, message: PendingMessage, tag: str) -> bool:
        """Delete one message; return whether it is gone, and not merely left."""
        account = self.client.account_name
        # Before the deletion: a task that is killed between the two deletes the message at its next try.
        self.store.withdrawals.record(
            tag,
            account=account,
            message_id=message.id,
            refunded=message.credits,
            created_at=message.created,
            at=self.client.time(),
        )
        try:
            self.client.jobs.delete(message.id)
        except NotFound:  # it has left meanwhile
            self.store.withdrawals.forget(account=account, message_id=message.id)
            return False
        except OutcomeUnknown:  # if it still waits the next time, it is deleted again
            raise
        except OvhSmsError:  # not executed: it may leave before the next time
            self.store.withdrawals.forget(account=account, message_id=message.id)
            raise
        return True

    def _make_matcher(self, attempts: Sequence[Attempt]) -> PendingMatcher:
        later = self.store.attempts.next_submission(attempts[-1])
        first = min(attempts, key=_ovh_time)
        waiting = (first.snapshot or {}).get("waiting")
        return PendingMatcher(
            client=self.client,
            message=None,  # its attempts may have several
            texts=self._texts(attempts),
            sender=(attempts[0].snapshot or {}).get("sender", ""),
            since=_ovh_time(first),
            until=_ovh_time(later) if later else None,
            ids_before=unpack_ids(waiting["ids"]) if waiting else frozenset(),
        )

    def _texts(self, attempts: Sequence[Attempt]) -> dict[int, tuple[str, ...]]:
        """Merge the texts of each receiver that the run submitted, or may have; keep the tag of each one's batch."""
        from ovh_sms.contacts.prepared_list import PreparedList

        published = self.store.published_lists.of_run(self.dag_id, self.run_id)
        lists = {
            batch.digest: (batch.list_path, each.content["message"])
            for each in published
            for batch in PreparedList.load(as_path(each.folder)).batches
        }
        texts: dict[int, tuple[str, ...]] = {}
        self._tags_by_receiver = {}
        for each in attempts:
            if each.list_digest not in lists and each.state == REFUSED:
                continue  # OVH has nothing of it, but for a copy that a proxy made
            if each.list_digest not in lists:
                raise ConfigurationError(
                    f"The list that was submitted with the tag {each.tag} is not a prepared list of its run.",
                    action="Cancel these messages in OVH's manager.",
                )
            path, message = lists[each.list_digest]
            shown = each.snapshot or {}
            path = as_path(shown.get("submitted_path") or path)  # without those who opted out since
            if not is_unchanged(path, shown.get("submitted_digest") or each.list_digest):
                raise ConfigurationError(
                    f"The list {path}, which was submitted with the tag {each.tag}, was changed since.",
                    action="Put the prepared list back and try again, or cancel these messages in OVH's manager.",
                )
            for receiver, text in merged_texts(message, read_list(path)):
                texts[receiver] = (*texts.get(receiver, ()), text)
                self._tags_by_receiver[receiver] = (*self._tags_by_receiver.get(receiver, ()), each.tag)
        return texts


def await_attempts(store: Store, *, dag_id: str, run_id: str, quiet_period: timedelta, clock: Clock) -> list[Attempt]:
    """Return what a run submitted; a task of it may be about to submit, so wait for a quiet period at most."""
    ends = clock.monotonic() + quiet_period.total_seconds()
    while not (attempts := store.attempts.of_run(dag_id, run_id)) and clock.monotonic() < ends:
        clock.sleep(quiet_period.total_seconds() / 6)
    return attempts


def _ovh_time(attempt: Attempt) -> datetime:
    """OVH's own time when a batch was about to be submitted, a whole second."""
    shown = (attempt.snapshot or {}).get("ovh_time")
    time = datetime.fromisoformat(shown) if shown else attempt.claimed_at
    assert time is not None  # noqa: S101 - the store fills it in
    return time.replace(microsecond=0)
