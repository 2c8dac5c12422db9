"""Watches an OVH batch until it leaves: one that is there twice, or wrong, is cancelled before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sms.api.models_ovh_batches import FAILED
from ovh_sms.errors import OvhSmsError, ReceiversMismatch, RequestRefused, ResolutionRequired, RunCancelled
from ovh_sms.idempotency.protocol import ReconcileWait
from ovh_sms.idempotency.reconcile import Observation, Verdict
from ovh_sms.idempotency.unknown_outcome import SENT, UnknownOutcome
from ovh_sms.sending.ovh_batch_cancel import OvhBatchCancel
from ovh_sms.sending.ovh_batch_post import SLOT_CHANGED, is_ovh_batch, of_attempt, standing
from ovh_sms.sending.submission import Submission
from ovh_sms.store.duplicate_guard import NOTHING_LEAVES

if TYPE_CHECKING:
    from ovh_sms.api.models_ovh_batches import OvhBatch
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.sending.ovh_batch_post import OvhBatchPost
    from ovh_sms.store.models import Attempt

#: Of an answer in the journal: nothing more is watched.
_WATCHED = "watched"
#: What was wrong with the OVH batch that was cancelled.
_WRONG, _SLOT = "wrong", "the list of a receivers slot that was replaced"


@dataclass(frozen=True, kw_only=True)
class OvhBatchWatch:
    """Reads the OVH batches of one name, again and again until they leave.

    If there are two, the one that leaves first stays and the others are cancelled: they can be, as they leave later.
    """

    write: OvhBatchPost
    task: TaskTry
    policy: ReconcilePolicy

    def run(self, submission: Submission) -> Submission:
        """Watch the OVH batch of a submission, and return it with its counts once it leaves.

        :raises ReconcileWait: run the protocol again after some time.
        :raises ReceiversMismatch: OVH had another list; the OVH batch was cancelled.
        :raises RequestRefused: OVH could not process the OVH batch.
        :raises RunCancelled: a person cancelled the run, or the OVH batch at OVH.
        :raises ResolutionRequired: one that is there twice, or wrong, could not be cancelled.
        """
        attempt = self.write.journal.live()
        if attempt is None or not is_ovh_batch(attempt) or (attempt.answer or {}).get(_WATCHED):
            return submission
        if (attempt.resolution or {}).get("way") == SENT:
            return submission
        while True:
            wait, live = self._check(attempt)
            if wait is None:
                return self._finish(attempt, submission, live)
            if self.task.is_deferrable:
                raise ReconcileWait(wait)
            self.write.clock.sleep(wait.total_seconds())

    def _check(self, attempt: Attempt) -> tuple[timedelta | None, Sequence[OvhBatch]]:
        """Check once.

        :returns: the time until the next check, ``None`` if none is needed any more; the OVH batches that leave.
        """
        at, named = self.write.client.time(), self._named(attempt)
        live = standing(named)
        leaves = self._leaves(attempt, live)
        last, soon = leaves - self.policy.post_within, self.policy.deferred_interval
        ends = min(last, self._listed_by(attempt))
        if self._is_cancelled(attempt, named, at, ends=ends):
            return soon, live
        undone = [each for each in live[1:] if not self._cancel(each)]
        if self._leaves_within(self.policy.post_within, attempt, undone, at):
            raise self._ask(attempt, f"OVH has {len(live)} batches of this name and cancels only one that waits.")
        if live and self._is_wrong(attempt, live[0]):
            if not self._cancel_wrong(attempt, live, at):
                return soon, live
            named, live = self._named(attempt), []
        unread = not live or not live[0].is_read
        if at < ends:  # another one may be listed until then
            return min(ends - at, soon) if undone or unread else ends - at, live
        if not live and named:
            raise self._refusal(attempt, named)
        if undone or (live and unread and at < ends + self.policy.reconcile_timeout):
            return soon, live  # OVH may still read the receivers slot
        return None, live

    def _named(self, attempt: Attempt) -> list[OvhBatch]:
        return of_attempt(self.write.client.ovh_batches.named(attempt.tag), attempt)

    def _leaves(self, attempt: Attempt, live: Sequence[OvhBatch]) -> datetime:
        planned = datetime.fromisoformat((attempt.snapshot or {})["leaves_at"])
        return (live[0].leaves if live else None) or planned

    def _listed_by(self, attempt: Attempt) -> datetime:
        """The moment by which OVH lists what was made before it, also if the messages leave much later."""
        made = datetime.fromisoformat((attempt.snapshot or {})["ovh_time"])
        return made + self.policy.reconcile_timeout + self.policy.quiet_period - self.policy.post_within

    def _is_cancelled(self, attempt: Attempt, named: Sequence[OvhBatch], at: datetime, *, ends: datetime) -> bool:
        """Whether the run was cancelled, and its OVH batch may yet be listed, or be cancelled at another try.

        :raises RunCancelled: nothing more can be done about it.
        """
        try:
            self.write.journal.refuse_cancelled()
        except RunCancelled:
            live = standing(named)
            undone = [x for place, x in enumerate(live) if not self._cancel(x, tag="" if place else attempt.tag)]
            if live and not undone:
                self.write.journal.store.attempt_receivers.forget_all(attempt.tag)
            if at >= ends or (named and not undone):
                raise
            return True
        return False

    def _is_wrong(self, attempt: Attempt, batch: OvhBatch) -> bool:
        """Whether OVH has certainly, or perhaps, read another list than it was given."""
        replaced = self._has_slot_changed(attempt) or self._wrong(attempt) == _SLOT
        other_count = batch.is_read and batch.records != self.write.expected(attempt)
        return replaced or other_count or bool(self.write.unexpected(attempt, batch.receivers or ()))

    def _leaves_within(self, time: timedelta, attempt: Attempt, batches: Iterable[OvhBatch], at: datetime) -> bool:
        """Whether one of some OVH batches leaves so soon."""
        return any(at >= self._leaves(attempt, [each]) - time for each in batches)

    def _cancel_wrong(self, attempt: Attempt, live: Sequence[OvhBatch], at: datetime) -> bool:
        """Cancel what holds another list, and remember it first: another one of the name may be listed later.

        :returns: whether it is cancelled; if not, there is time to try it again.
        """
        self._amend(attempt, **{_WRONG: _SLOT if self._has_slot_changed(attempt) else f"{live[0].records} receivers"})
        undone = [each for place, each in enumerate(live) if not self._cancel(each, tag="" if place else attempt.tag)]
        # A person who is asked needs time to cancel it.
        if self._leaves_within(self.policy.reconcile_timeout / 2, attempt, undone, at):
            raise self._ask(attempt, f"OVH's batch holds {live[0].records} receivers and could not be cancelled.")
        return not undone

    def _refusal(self, attempt: Attempt, named: Sequence[OvhBatch]) -> OvhSmsError:
        """Return the error about an OVH batch that does not leave."""
        if wrong := self._wrong(attempt):
            self._forget(attempt)
            return ReceiversMismatch(
                f"OVH's batch with the name {attempt.tag} held another list than it was given: {wrong} instead of "
                f"{self.write.expected(attempt)} receivers.",
                action="It was cancelled before it left: nothing was sent. Start a new run.",
            )
        if any(each.status == FAILED for each in named):
            self.write.note_refused([each.receiver for batch in named for each in batch.refused])
            self._forget(attempt)
            return RequestRefused(
                "OVH could not process its batch, and sends none of its messages.",
                action="Nothing was sent. Check the refused receivers beside the prepared list. Then start a new run.",
            )
        self._forget(attempt)
        return RunCancelled(
            f"The batch with the name {attempt.tag} was cancelled at OVH. Nothing was sent.",
            action="Start a new run if the message is to be sent all the same.",
        )

    def _wrong(self, attempt: Attempt) -> str:
        """The fault of the one that was cancelled; empty without one."""
        known = self.write.journal.store.attempts.live(attempt.tag)
        return str(((known and known.answer) or {}).get(_WRONG) or "")

    def _has_slot_changed(self, attempt: Attempt) -> bool:
        return bool((attempt.answer or {}).get(SLOT_CHANGED))

    def _amend(self, attempt: Attempt, **more: object) -> None:
        """Add to the answer in the journal."""
        store = self.write.journal.store
        known = store.attempts.live(attempt.tag)
        if known is not None:
            store.watched_attempts.amend(known.tag, known.attempt, {**(known.answer or {}), **more})

    def _cancel(self, batch: OvhBatch, *, tag: str = "") -> bool:
        journal = self.write.journal
        done = OvhBatchCancel(client=self.write.client, store=journal.store).cancel(batch, tag=tag)
        self.task.log.warning("OVH batch %s cancelled=%s", batch.id, done)
        return done

    def _forget(self, attempt: Attempt) -> None:
        """Let everybody get the message from another run, unless an earlier attempt may come to light."""
        store = self.write.journal.store
        is_only = len(store.attempts.all(attempt.tag)) == 1
        self._amend(attempt, submitted=0, messages=0, credits_spent=0, **{NOTHING_LEAVES: is_only})
        if is_only:
            store.attempt_receivers.forget_all(attempt.tag)

    def _ask(self, attempt: Attempt, found: str) -> ResolutionRequired:
        """Make the outcome unknown, and return the error that says what to do."""
        expected = self.write.expected(attempt)
        question = UnknownOutcome.of(
            attempt,
            Observation(at=self.write.client.time(), found=expected or 0, ambiguous=True),
            Verdict.AMBIGUOUS,
            expected=expected,
            at=self.write.clock.now(),
            description=f"{found} Cancel it in OVH's manager if it still waits: its name is {attempt.tag}.",
        )
        self.write.journal.store.watched_attempts.reopen(attempt.tag, attempt.attempt, question.to_json())
        return question.error(self.write.done)

    def _finish(self, attempt: Attempt, submission: Submission, live: Sequence[OvhBatch]) -> Submission:
        """Take over what OVH shows of the batch that leaves, and have the journal keep it."""
        if not live:
            self.task.log.warning("OVH does not list the batch %s; it is collected by its tag", attempt.tag)
            return submission
        batch = live[0]
        refused = [each.receiver for each in batch.refused]
        self.write.note_refused(refused)
        seen = replace(
            submission,
            submitted=batch.records - len(refused),
            refused=len(refused),
            messages=batch.records - len(refused),
            credits_spent=self.write.client.ovh_batches.statistics(batch.id).credits or batch.credits_estimated,
            ovh_batch=batch.id,
        )
        self._amend(attempt, **seen.to_journal(), **{_WATCHED: True, _WRONG: ""})
        return seen
