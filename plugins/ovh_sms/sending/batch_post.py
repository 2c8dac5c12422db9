"""One batch as a remote write: submitted by one POST, found again at OVH by tag, text and credits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import (
    ConfigurationError,
    FilesUnavailable,
    OutcomeUnknown,
    OvhSmsError,
    ReceiversMismatch,
    ResolutionRequired,
    ScheduleTooOld,
)
from ovh_sms.idempotency.protocol import OTHER_PROCESS, OTHER_PROCESS_ACTION
from ovh_sms.messaging.country_rules import is_fiction
from ovh_sms.object_storage.stored_path import as_path
from ovh_sms.sending.batch_observer import BatchObserver
from ovh_sms.sending.late_opt_outs import LateOptOuts
from ovh_sms.sending.receiver_files import (
    NOT_FOUND,
    REFUSED_NUMBERS,
    UNEXPECTED,
    digits,
    is_unchanged,
    listed_numbers,
    merged_texts,
    read_list,
    write_not_found,
    write_numbers,
)
from ovh_sms.sending.receivers_slots import check_slot
from ovh_sms.sending.schedule import HoursWait
from ovh_sms.sending.stop_hold import StopHold
from ovh_sms.sending.submission import IDENTITY, Submission
from ovh_sms.sending.texts_of_run import TextsOfRun

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import SubmissionResult
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.idempotency.reconcile import Observation
    from ovh_sms.sending.planned_submission import PlannedSubmission
    from ovh_sms.store.models import Attempt

#: Calls in which the messages of an adopted batch are read, for their credits and receivers.
MOST_CALLS = 100
#: If there are more, so many are read for their receivers: a wrong list shows in any of them.
SAMPLE = 100


@dataclass
class BatchPost:
    """The remote write of one batch; see :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`.

    The batch is what was planned. People who opt out until its POST are left out of what is given to OVH.
    """

    planned: PlannedSubmission
    client: OvhSmsClient
    journal: Journal
    clock: Clock
    quiet_period: timedelta
    done: str = field(default="submitted", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)
    #: File of the numbers that OVH refused, if there are any.
    refused_path: Path | None = field(default=None, init=False)
    _refused: Sequence[str] = field(default=(), init=False)
    #: The planned submission without those who had opted out at the last precheck.
    _given: PlannedSubmission = field(init=False)

    def __post_init__(self) -> None:
        self._given = self.planned

    def expected(self, attempt: Attempt) -> int | None:
        """Receivers given to OVH."""
        return _snapshot(attempt)["expected"]  # type: ignore[no-any-return]

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Name what distinguishes this batch from the one that an earlier try submitted."""
        return [name for key, name in IDENTITY.items() if earlier.get(key, "") != getattr(self.planned.plan, key)]

    def snapshot(self) -> dict[str, Any]:
        """Record the submission, and the account right before: it shows a batch that OVH does not list."""
        witness = self._observer.payer.snapshot()
        return {
            **self._given.plan.to_journal(),
            "request": self._given.request.fingerprint(),
            # No message of the batch is dated before this second, and what the witness read is not dated in it.
            "ovh_time": self.client.wait_for_next_second().isoformat(),
            **witness,
        }

    def precheck(self, *, person_decided: bool = False) -> None:
        """Refuse a run that is too late and a tag that OVH lists; have the batch wait for a person or for its hours.

        If people can answer the batch, it waits until the replies of the account are read. Then people who opted out
        are left out, as late as can be.
        """
        self._check_schedule(person_decided=person_decided)
        if self.planned.replies is not None:
            self.planned.replies.check(self.clock)
        self._check_tag_is_new()
        self._given = LateOptOuts(client=self.client, store=self.journal.store).leave_out(self.planned)
        self.journal.opt_outs = self._given.opt_outs
        receivers = self._given.digests(self.journal.store)
        if receivers is not None:  # recorded without a window too: a later run may have one
            self.journal.receivers = self.planned.run_message.claimed(receivers)

    def _check_schedule(self, *, person_decided: bool) -> None:
        """A batch that is held for a person waits for that, not for its hours; but not beyond the end of its use.

        A person who resolved its outcome as not sent has not decided about the hold.
        """
        run, hold = self.planned.plan, StopHold.of(self.planned, self.journal.store)
        now, turn = self.client.time(), self.planned.turn(self.journal.store)
        try:
            with turn.counted_first(now):
                self.planned.schedule.check(
                    now,
                    has_started=self.journal.store.published_lists.has_started(run.dag_id, run.run_id),
                    person_decided=person_decided,
                )
        except ScheduleTooOld as error:
            raise hold.late(error) from None
        except HoursWait as wait:
            hold.check(until=wait.until)
            raise
        hold.check()
        self.planned.pilot(self.journal.store).check(now)
        self.journal.paced = turn.claim(now)

    def post(self, deadline: float) -> dict[str, Any]:
        """Submit by one POST. Refused and unexpected receivers are in files before anything is returned."""
        self._check_receivers()
        answer = self.client.jobs.submit(self._given.request, not_after=deadline)
        try:
            return self._read(answer)
        except OvhSmsError as error:  # it says that nothing was sent, and would have the batch sent again
            raise OutcomeUnknown(
                f"OVH accepted the batch, and its answer could not be read to the end: {error.what}",
                action="The next try reconciles with OVH.",
            ) from error

    def forget_refused(self) -> None:
        """Let the receivers that OVH refused get the message from another run."""
        found = self._given.digests(self.journal.store, only={digits(number) for number in self._refused})
        if found is not None:
            self.journal.forget_receivers(self.planned.plan.tag, found)

    def _read(self, answer: SubmissionResult) -> dict[str, Any]:
        self.message_ids, self._refused = answer.ids, answer.refused
        if answer.refused and self.planned.plan.list_path:
            self.refused_path = write_numbers(self.planned.folder / REFUSED_NUMBERS, answer.refused)
        submission = self._given.plan.answered(answer, self.clock.now())
        return self._with_unexpected(submission, [*answer.accepted, *answer.refused]).to_journal()

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Count the batch's messages at OVH; see :class:`~ovh_sms.sending.batch_observer.BatchObserver`."""
        return self._observer.observe(attempt, earlier, expected=self.expected(attempt))

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from what OVH shows; an older file of receivers that were not found goes."""
        snapshot = _snapshot(attempt)
        if observation.found == snapshot["expected"]:
            (self.planned.folder / NOT_FOUND).unlink(missing_ok=True)
        client, ids = self._observer.lists(attempt)
        left = client.outgoing.read_within(ids, MOST_CALLS)
        spent = None if left is None else sum(each.credits for each in (*left, *self._observer.waiting))
        if left is None:
            left = list(client.outgoing.iter(ids[:SAMPLE]))
        found = Submission.from_xcom(snapshot).found(observation.found, credits_spent=spent, at=snapshot["ovh_time"])
        return self._with_unexpected(found, [each.receiver for each in left]).to_journal()

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Write the receivers without a message at OVH into a file."""
        tag = f"Search for the tag {attempt.tag} among the outgoing and the pending messages in OVH's manager."
        missing = self.planned.folder / NOT_FOUND
        try:
            rows = self._rows(_snapshot(attempt))
            if rows is None or not observation.found:
                missing.unlink(missing_ok=True)
                return tag
            waiting = (digits(message.receiver) for message in self._observer.waiting)
            count = write_not_found(missing, rows, {*self._outgoing_receivers(attempt), *waiting})
        except (OSError, FilesUnavailable) as error:
            return f"{tag} The receivers without a message could not be written to a file ({type(error).__name__})."
        return f"{tag} It shows no message for {count} receivers: {missing}." if count else tag

    def _check_tag_is_new(self) -> None:
        """Refuse a tag that OVH lists although no journal knows it: an own tag used before, or a re-created run."""
        tag = self.planned.plan.tag
        listed = self.client.outgoing.count(tag=tag)
        if listed and self.journal.live() is not None:
            raise OutcomeUnknown(OTHER_PROCESS, action=OTHER_PROCESS_ACTION)
        if listed:
            raise ResolutionRequired(
                f"OVH already lists {listed} messages with the tag {tag}, and the journal knows no submission of them.",
                action="Nothing was sent. Start a new run. A tag of your own must never have been used before.",
            )

    def _check_receivers(self) -> None:
        """Make sure, right before the POST, that the receivers at OVH are those that were prepared."""
        numbers, uploaded, batch = self._given.request.receivers, self.planned.slot, self.planned.batch
        if numbers and not self.client.is_sandbox and any(map(is_fiction, numbers)):
            raise ConfigurationError(
                "One of the numbers belongs to the range of fiction, 06 39 98 xx xx.",
                action="Nothing was sent. Use real numbers, or the sandbox.",
            )
        slot = self._given.slot
        if not slot:
            return
        if batch and uploaded and uploaded.digest != batch.digest:
            raise ReceiversMismatch(
                "The list was prepared again after it was uploaded.",
                action="Nothing was sent. Clear the upload task and what follows it.",
            )
        check_slot(self.client, slot.slot, description=slot.description, records=slot.records)

    def _outgoing_receivers(self, attempt: Attempt) -> Iterator[int]:
        client, ids = self._observer.lists(attempt)
        for each in client.outgoing.iter(ids):
            yield digits(each.receiver)

    def _with_unexpected(self, submission: Submission, numbers: Sequence[str]) -> Submission:
        """Write the numbers that OVH was never given into a file, and count them."""
        try:
            known = self._numbers(submission.to_journal())
        except OSError:  # OVH's answer must not be lost for it; a storage that is away is asked again
            return submission
        if known is None:  # the list is not here, or not the same any more
            return submission
        unexpected = [number for number in numbers if digits(number) not in known]
        if unexpected:
            write_numbers(self.planned.folder / UNEXPECTED, unexpected)
        return replace(submission, unexpected=len(unexpected))

    def _message(self, attempt: Attempt) -> str | None:
        """The text of an attempt before merging; ``None`` if the request has another one now."""
        same = _snapshot(attempt).get("message_digest") == self.planned.plan.message_digest
        return self.planned.request.message if same else None

    def _texts(self, attempt: Attempt) -> Mapping[int, Sequence[str]] | None:
        """The text of each receiver of an attempt; ``None`` if its list or its request is not known here."""
        changed = {*self.differences(_snapshot(attempt))} - {IDENTITY["sender"]}  # nobody's text depends on it
        rows = None if changed else self._rows(_snapshot(attempt))
        if rows is None:
            return None
        return {receiver: (text,) for receiver, text in merged_texts(self.planned.request.message, rows)}

    @cached_property
    def _observer(self) -> BatchObserver:
        plan = self.planned.plan
        return BatchObserver(
            client=self.client,
            journal=self.journal,
            clock=self.clock,
            quiet_period=self.quiet_period,
            sender=self.planned.request.sender or "",
            message=self._message,
            texts=self._texts,
            texts_of_run=TextsOfRun(plan.folder, plan.list_path, self.planned.request.message).of,
        )

    def _rows(self, given: Mapping[str, Any]) -> list[list[str]] | None:
        """Header and rows of the receivers that OVH was given; ``None`` if the list is not here.

        :param given: the submission, as the journal has it.
        """
        if not given.get("submitted_path") and self.planned.request.receivers is not None:
            return [["number"], *([number] for number in self.planned.request.receivers)]
        path = self._list_here(given)
        return None if path is None else read_list(path)

    def _numbers(self, given: Mapping[str, Any]) -> set[int] | None:
        """E.164 digits of the receivers that OVH was given; the parameter and ``None`` as for :meth:`_rows`."""
        if not given.get("submitted_path") and self.planned.request.receivers is not None:
            return {*map(digits, self.planned.request.receivers)}
        path = self._list_here(given)
        return None if path is None else listed_numbers(path)

    def _list_here(self, given: Mapping[str, Any]) -> Path | None:
        """The list that OVH was given, by its digest: another one in its place says nothing about the messages."""
        path = given.get("submitted_path") or self.planned.plan.list_path
        digest = given.get("submitted_digest") or given["list_digest"]
        return as_path(path) if path and as_path(path).exists() and is_unchanged(as_path(path), digest) else None


def _snapshot(attempt: Attempt) -> dict[str, Any]:
    return attempt.snapshot or {}
