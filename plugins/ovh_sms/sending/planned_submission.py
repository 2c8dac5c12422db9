"""The submission that a task is to make, and the place of its receivers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.campaign.ovh_batches import Via
from ovh_sms.errors import ReceiversMismatch
from ovh_sms.object_storage.stored_path import as_path
from ovh_sms.sending.paced_departure import PacedDeparture
from ovh_sms.sending.pilot_guard import PilotGuard

if TYPE_CHECKING:
    from ovh_sms.api.submission_request import SubmissionRequest
    from ovh_sms.contacts.classify.receiver_digests import Digests
    from ovh_sms.contacts.prepared_list import Batch
    from ovh_sms.sending.receivers_slots import UploadedReceivers
    from ovh_sms.sending.repeats import RunMessage
    from ovh_sms.sending.replies_read import RepliesRead
    from ovh_sms.sending.schedule import Schedule
    from ovh_sms.sending.submission import Submission
    from ovh_sms.store.opt_out_digests import OptOutsRead
    from ovh_sms.store.store import Store


@dataclass(frozen=True, kw_only=True)
class PlannedSubmission:
    """The submission to make, and the place of its receivers.

    :param via: the call of OVH that it is made by; ``None``: the usual one.
    :param held_for: time from the claim until an OVH batch leaves.
    :param needs_approval: the task knows that a person must approve the run.
    :param replies: whether the replies of the account are read; ``None`` if nobody can answer the batch.
    :param opt_outs: what the receivers were last compared with; ``None`` before, and if nobody knows them.
    """

    plan: Submission
    request: SubmissionRequest
    folder: Path
    schedule: Schedule
    run_message: RunMessage
    task_id: str = "send"
    map_index: int = -1
    batch: Batch | None = None
    slot: UploadedReceivers | None = None
    via: Via = None
    held_for: timedelta = timedelta(0)
    needs_approval: bool = False
    replies: RepliesRead | None = None
    opt_outs: OptOutsRead | None = None

    def digests(self, store: Store, *, only: Collection[int] | None = None) -> Digests | None:
        """Return the digests of the receivers; ``None`` if nobody knows them, as of a list at an address.

        :param only: E.164 digits of the receivers wanted; by default all of them.
        :raises ReceiversMismatch: the prepared list is gone.
        """
        self.check_list_is_here()
        path = as_path(self.plan.submitted_list) if self.plan.submitted_list else None
        return self.run_message.digests(store, list_path=path, numbers=self.request.receivers, only=only)

    def turn(self, store: Store) -> PacedDeparture:
        """Return when the batch may leave, if its run has a pace."""
        return PacedDeparture(**self._place(store))

    def pilot(self, store: Store) -> PilotGuard:
        """Return the pilot that the batch waits for, if its run has one."""
        return PilotGuard(**self._place(store))

    def _place(self, store: Store) -> dict[str, Any]:
        """The fields of :class:`~ovh_sms.sending.batch_of_run.BatchOfRun`."""
        plan = self.plan
        run = {"dag_id": plan.dag_id, "run_id": plan.run_id, "account": plan.account}
        return {"store": store, **run, "batch": self.batch, "schedule": self.schedule}

    def check_list_is_here(self) -> None:
        """Make sure that the list to be submitted is a file that can be read here, if it is a file.

        :raises ReceiversMismatch: it is gone.
        """
        path = self.plan.submitted_list
        if path and not as_path(path).exists():
            raise ReceiversMismatch(
                f"The prepared list {path} is gone or out of reach here.",
                action="Nothing was sent by this process. Give all workers the same OVH_SMS_DATA folder, or start a "
                "new run.",
            )
