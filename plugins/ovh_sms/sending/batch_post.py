"""One batch as a remote write: submitted by one POST, found again at OVH by tag, text and credits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.contacts.batch import Batch
from ovh_sms.errors import ConfigurationError, OutcomeUnknown, ReceiversMismatch, ResolutionRequired
from ovh_sms.idempotency.protocol import OTHER_PROCESS, OTHER_PROCESS_ACTION
from ovh_sms.idempotency.reconcile import Observation
from ovh_sms.messaging.country_rules import is_fiction
from ovh_sms.sending.credit_witness import MOST_READ, CreditWitness, snapshot_end
from ovh_sms.sending.pending_messages import PendingMatch, PendingMatcher
from ovh_sms.sending.receiver_files import (
    NOT_FOUND,
    REFUSED,
    UNEXPECTED,
    digits,
    merged_texts,
    read_list,
    write_not_found,
    write_numbers,
)
from ovh_sms.sending.receivers_slots import UploadedReceivers, check_slot
from ovh_sms.sending.submission import IDENTITY, Submission

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import PendingMessage
    from ovh_sms.api.submission_request import SubmissionRequest
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.sending.schedule import Schedule
    from ovh_sms.store.models import Attempt

#: Of more messages, so many are read for their receivers: a wrong list shows in any of them.
SAMPLE = 500


@dataclass(frozen=True, kw_only=True)
class PlannedSubmission:
    """The submission to make, and the place of its receivers."""

    plan: Submission
    request: SubmissionRequest
    folder: Path
    schedule: Schedule
    task_id: str = "send"
    map_index: int = -1
    batch: Batch | None = None
    slot: UploadedReceivers | None = None


@dataclass
class BatchPost:
    """The remote write of one batch; see :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`."""

    planned: PlannedSubmission
    client: OvhSmsClient
    journal: Journal
    clock: Clock
    done: str = field(default="submitted", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)
    #: File of the numbers that OVH refused, if there are any.
    refused_path: Path | None = field(default=None, init=False)
    _waiting: Sequence[PendingMessage] = field(default=(), init=False)
    _pending: PendingMatcher | None = field(default=None, init=False)

    def expected(self, attempt: Attempt) -> int | None:
        """Receivers given to OVH."""
        return _snapshot(attempt)["expected"]  # type: ignore[no-any-return]

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Name what distinguishes this batch from the one that an earlier try submitted."""
        return [name for key, name in IDENTITY.items() if earlier.get(key) != getattr(self.planned.plan, key)]

    def snapshot(self) -> dict[str, Any]:
        """Record the submission, and the account's credits right before: they show a batch that OVH does not list.

        OVH's time is read before and after the credits: what others submit in between may or may not be among them.
        """
        before = self.client.time()
        credits_left = self.client.account.get().credits_left
        return {
            **self.planned.plan.to_xcom(),
            "request": self.planned.request.fingerprint(),
            "credits_left": credits_left,
            "ovh_time": before.isoformat(),
            "ovh_time_after": self.client.time().isoformat(),
        }

    def precheck(self, *, person_decided: bool = False) -> None:
        """Refuse a run that is too late and a tag that OVH lists."""
        if not person_decided:
            self.planned.schedule.check(self.clock.now())
        self._check_tag_is_new()

    def post(self, deadline: float) -> dict[str, Any]:
        """Submit by one POST. Refused and unexpected receivers are in files before anything is returned."""
        self._check_receivers()
        answer = self.client.jobs.submit(self.planned.request, not_after=deadline)
        self.message_ids = answer.ids
        if answer.refused and self.planned.plan.list_path:
            self.refused_path = write_numbers(self.planned.folder / REFUSED, answer.refused)
        submission = self.planned.plan.answered(answer, self.clock.now())
        return self._with_unexpected(submission, [*answer.accepted, *answer.refused]).to_xcom()

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Count the batch's messages at OVH: those that have left, by tag, and those that wait.

        Those that have left come first: a message that leaves in between is missed, and found by the next observation;
        the other way round it would count twice. Their ids are listed, as a mere count may come from a cache.

        Source: GET ``/sms/{serviceName}/outgoing``, ``/jobs``, ``/jobs/{id}`` and ``/sms/{serviceName}``.
        """
        at = self.client.time()
        listed = len(self.client.outgoing.ids(tag=attempt.tag))
        pending = self._match(attempt)
        self._waiting = pending.ours if pending else []
        found = listed + len(self._waiting)
        exhaustive = pending is not None and not pending.ambiguous
        return Observation(
            at=at,
            found=found,
            exhaustive=exhaustive,
            ambiguous=not exhaustive,
            credits_missing=found == 0 and exhaustive and not self._credits_are_explained(attempt),
        )

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from what OVH shows; an older file of receivers that were not found goes."""
        snapshot = _snapshot(attempt)
        if observation.found == snapshot["expected"]:
            (self.planned.folder / NOT_FOUND).unlink(missing_ok=True)
        ids = self.client.outgoing.ids(tag=attempt.tag)
        too_many = observation.found > MOST_READ
        left = list(self.client.outgoing.iter(ids[:SAMPLE] if too_many else ids))
        spent_each = [*(each.credits for each in left), *(message.credits for message in self._waiting)]
        spent = None if too_many else sum(spent_each)
        found = Submission.from_xcom(snapshot).found(observation.found, credits_spent=spent, at=snapshot["ovh_time"])
        return self._with_unexpected(found, [each.receiver for each in left]).to_xcom()

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Write the receivers without a message at OVH into a file."""
        tag = f"Search for the tag {attempt.tag} among the outgoing and the pending messages in OVH's manager."
        missing = self.planned.folder / NOT_FOUND
        try:
            if self._rows is None or not observation.found:
                missing.unlink(missing_ok=True)
                return tag
            waiting = (digits(message.receiver) for message in self._waiting)
            count = write_not_found(missing, self._rows, {*self._outgoing_receivers(attempt.tag), *waiting})
        except OSError as error:
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
        numbers, slot, batch = self.planned.request.receivers, self.planned.slot, self.planned.batch
        if numbers and not self.client.is_sandbox and any(map(is_fiction, numbers)):
            raise ConfigurationError(
                "One of the numbers belongs to the range of fiction, 06 39 98 xx xx.",
                action="Nothing was sent. Use real numbers, or the sandbox.",
            )
        if not slot:
            return
        if batch and slot.digest != batch.digest:
            raise ReceiversMismatch(
                "The list was prepared again after it was uploaded.",
                action="Nothing was sent. Clear the upload task and what follows it.",
            )
        check_slot(self.client, slot.slot, description=slot.description, records=slot.records)

    def _match(self, attempt: Attempt) -> PendingMatch | None:
        if self._pending is None:
            # The texts of another request are not known here: none of the waiting messages is certainly the attempt's.
            rows = None if self.differences(_snapshot(attempt)) else self._rows
            message = self.planned.request.message
            self._pending = PendingMatcher(
                client=self.client,
                texts=None if rows is None else dict(merged_texts(message, rows)),
                sender=self.planned.request.sender or "",
                since=datetime.fromisoformat(_snapshot(attempt)["ovh_time"]),
            )
        # Each time anew: others may have submitted since the last observation.
        self._pending.contested = self.journal.has_others_in_flight(attempt)
        self._pending.ids_before, self._pending.ids_of_others = self.journal.message_ids_of_others(attempt)
        return self._pending.match()

    def _credits_are_explained(self, attempt: Attempt) -> bool:
        snapshot = _snapshot(attempt)
        # Credits before refunds: a withdrawal in between leaves too many credits missing, which decides nothing.
        credits_left = self.client.account.get().credits_left
        gone = float(snapshot["credits_left"]) - credits_left + self.journal.refunded_credits(attempt)
        # In this order no message counts twice; one that leaves in between is missed, and found the next time.
        ids = self.client.outgoing.ids(created_from=snapshot_end(snapshot))
        return self._witness.explains(snapshot, gone, ids, self._match(attempt))

    @cached_property
    def _witness(self) -> CreditWitness:
        return CreditWitness(self.client)

    def _outgoing_receivers(self, tag: str) -> Iterator[int]:
        for each in self.client.outgoing.iter(self.client.outgoing.ids(tag=tag)):
            yield digits(each.receiver)

    def _with_unexpected(self, submission: Submission, numbers: Sequence[str]) -> Submission:
        """Write the numbers that OVH was never given into a file, and count them."""
        if self._rows is None:  # the list is not here
            return submission
        known = {digits(row[0]) for row in self._rows[1:]}
        unexpected = [number for number in numbers if digits(number) not in known]
        if unexpected:
            write_numbers(self.planned.folder / UNEXPECTED, unexpected)
        return replace(submission, unexpected=len(unexpected))

    @cached_property
    def _rows(self) -> list[list[str]] | None:
        """Header and rows of the receivers; ``None`` if the list is not here."""
        if self.planned.request.receivers is not None:
            return [["number"], *([number] for number in self.planned.request.receivers)]
        path = Path(self.planned.plan.list_path) if self.planned.plan.list_path else None
        return read_list(path) if path and path.exists() else None


def _snapshot(attempt: Attempt) -> dict[str, Any]:
    return attempt.snapshot or {}
