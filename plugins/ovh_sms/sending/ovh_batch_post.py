"""One batch as an OVH batch: made under its tag as a name, and found again by that name in one call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ovh_sms.api.models_ovh_batches import OvhBatch
from ovh_sms.campaign.ovh_batches import OVH_BATCHES
from ovh_sms.errors import OutcomeUnknown, OvhSmsError, ReceiversMismatch, ResolutionRequired
from ovh_sms.idempotency.protocol import OTHER_PROCESS, OTHER_PROCESS_ACTION
from ovh_sms.idempotency.reconcile import Observation
from ovh_sms.sending.batch_post import BatchPost
from ovh_sms.sending.receiver_files import REFUSED_NUMBERS, digits, write_numbers
from ovh_sms.sending.submission import Submission

if TYPE_CHECKING:
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.sending.planned_submission import PlannedSubmission
    from ovh_sms.store.models import Attempt


#: Of an answer in the journal: the receivers slot was replaced while the OVH batch was made.
SLOT_CHANGED = "slot_changed"


@dataclass
class OvhBatchPost(BatchPost):
    """The remote write of one batch, as an OVH batch.

    An attempt is observed the way it was made, so that a campaign file may be edited while an answer is missing.
    """

    _leaves_at: datetime | None = field(default=None, init=False)

    def snapshot(self) -> dict[str, Any]:
        """Record the submission, and the moment at which its messages leave."""
        shown = super().snapshot()
        if self.planned.via != OVH_BATCHES:
            return shown
        self._leaves_at = datetime.fromisoformat(shown["ovh_time"]) + self.planned.held_for
        return {**shown, "via": OVH_BATCHES, "leaves_at": self._leaves_at.isoformat()}

    def post(self, deadline: float) -> dict[str, Any]:
        """Make one OVH batch; its receivers are known once OVH has read its list."""
        if self.planned.via != OVH_BATCHES:
            return super().post(deadline)
        assert self._leaves_at is not None  # noqa: S101 - the snapshot has set it
        self._check_receivers()
        made = self.client.ovh_batches.create(self._given.request, leaves_at=self._leaves_at, not_after=deadline)
        answer = answer_of(self._given.plan, made, at=self.clock.now().isoformat())
        try:
            self._check_receivers()
        except ReceiversMismatch:  # another list may have been read: also the next try must know it
            answer[SLOT_CHANGED] = True
        except OvhSmsError:  # it was the right one before; an error would say that nothing was sent
            pass
        return answer

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Search for the name of an OVH batch; if it is not listed, for the messages and credits as for a job.

        Source: GET ``/sms/{serviceName}/batches``; else ``/outgoing``, ``/jobs`` and ``/sms/{serviceName}``.
        """
        expected = self.expected(attempt)
        if is_ovh_batch(attempt) and expected is not None:
            at = self.client.time()
            if of_attempt(self.client.ovh_batches.named(attempt.tag), attempt):
                return Observation(at=at, found=expected, named=True)
        return super().observe(attempt, earlier)

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from the OVH batch; its messages are counted once they are known."""
        snapshot = attempt.snapshot or {}
        named = of_attempt(self.client.ovh_batches.named(attempt.tag), attempt) if is_ovh_batch(attempt) else []
        if not named:
            return super().adopt(attempt, observation)
        found = Submission.from_xcom(snapshot)
        return answer_of(found, (standing(named) or named)[0], at=snapshot["ovh_time"])

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Say where the OVH batch can be found."""
        if not is_ovh_batch(attempt):
            return super().describe(attempt, observation)
        return f"Search for the batch named {attempt.tag} in OVH's manager. {super().describe(attempt, observation)}"

    def unexpected(self, attempt: Attempt, numbers: Sequence[str]) -> list[str]:
        """Return those of some numbers that OVH was never given."""
        known = self._numbers(attempt.snapshot or {})
        return [] if known is None else [number for number in numbers if digits(number) not in known]

    def note_refused(self, numbers: Sequence[str]) -> None:
        """Keep the receivers whom the OVH batch does not reach, and write them into a file."""
        self._refused = numbers
        if numbers and self.planned.plan.list_path:
            self.refused_path = write_numbers(self.planned.folder / REFUSED_NUMBERS, numbers)

    def _check_tag_is_new(self) -> None:
        if self.planned.via == OVH_BATCHES:
            self.client.account.require("ovh_batches")
            self._check_name_is_new()
        super()._check_tag_is_new()

    def _check_name_is_new(self) -> None:
        """Refuse a name that OVH lists; if an earlier attempt is listed only now, that stays and the new one goes."""
        tag = self.planned.plan.tag
        named = standing(self.client.ovh_batches.named(tag))
        if not named:
            return
        if self.journal.live() is not None:
            raise OutcomeUnknown(OTHER_PROCESS, action=OTHER_PROCESS_ACTION)
        soon = self.client.time() + self.quiet_period
        is_ours = bool(self.journal.store.attempts.all(tag))
        if not is_ours or any(each.leaves is None or each.leaves < soon for each in named):
            raise ResolutionRequired(
                f"OVH already lists a batch with the name {tag}, and the journal knows no submission of it.",
                action="Nothing was sent. Start a new run. A tag of your own must never have been used before.",
            )


def write_of(planned: PlannedSubmission, *, journal: Journal, **more: Any) -> BatchPost:
    """Return the write of a batch: as an OVH batch if it is planned so, or if an earlier try made it so."""
    live = journal.live()
    is_any = planned.via == OVH_BATCHES or (live is not None and is_ovh_batch(live))
    return (OvhBatchPost if is_any else BatchPost)(planned, journal=journal, **more)


def is_ovh_batch(attempt: Attempt) -> bool:
    """Return whether an attempt was made as an OVH batch."""
    return (attempt.snapshot or {}).get("via") == OVH_BATCHES


def of_attempt(named: Iterable[OvhBatch], attempt: Attempt) -> list[OvhBatch]:
    """Leave out OVH batches that were cancelled, or had failed, before an attempt was made."""
    since = datetime.fromisoformat((attempt.snapshot or {})["ovh_time"])
    return [each for each in named if each.created >= since or each.is_live]


def standing(named: Iterable[OvhBatch]) -> list[OvhBatch]:
    """Return the OVH batches that leave or have left, the earliest first."""
    live = [each for each in named if each.is_live]
    return sorted(live, key=lambda each: (each.leaves or each.created, each.created, each.id))


def answer_of(plan: Submission, batch: OvhBatch, *, at: str) -> dict[str, Any]:
    """Return a submission with what an OVH batch shows of it, for the journal."""
    made = replace(
        plan,
        submitted=batch.records - len(batch.refused),
        refused=len(batch.refused),
        messages=batch.records - len(batch.refused),
        credits_spent=batch.credits_estimated,
        submitted_at=at,
        ovh_batch=batch.id,
    )
    return made.to_journal()
