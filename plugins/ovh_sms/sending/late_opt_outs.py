"""Leaves out of a batch, right before its POST, the people who opted out since its list was prepared.

OVH's own filter is not relied on: it knows the STOPs of one account, and leaves transactional messages alone.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.errors import OutcomeUnknown, ReceiversMismatch, Unavailable
from ovh_sms.idempotency.remote_write import NothingToMake
from ovh_sms.private_files import write_private
from ovh_sms.sending.receiver_files import LEFT_OUT, WITHOUT_OPT_OUTS, digits, read_list, write_numbers
from ovh_sms.sending.receivers_slots import upload_tag
from ovh_sms.sending.receivers_upload import ReceiversSource, ReceiversUpload, receivers_source

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.contacts.prepared_list import Batch
    from ovh_sms.sending.planned_submission import PlannedSubmission
    from ovh_sms.sending.receivers_slots import UploadedReceivers
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)


class EverybodyOptedOut(NothingToMake):
    """Everybody in the batch opted out since its list was prepared. Nothing is claimed or sent."""

    def __init__(self, people: int) -> None:
        super().__init__(
            f"Nothing was sent: everybody in this batch opted out since its list was prepared, {people} in all."
        )


@dataclass(frozen=True, kw_only=True)
class LateOptOuts:
    """The opt-outs that OVH and the results know by now."""

    client: OvhSmsClient
    store: Store

    def leave_out(self, planned: PlannedSubmission) -> PlannedSubmission:
        """Leave the people out of a batch who opted out by now; if there are any, upload the list of the others.

        A list at an address, or one that was uploaded from there, stays as it is: it is not known here.

        Source: GET ``/sms/{serviceName}/blacklists``; with opt-outs the calls of
        :meth:`~ovh_sms.sending.receivers_upload.ReceiversUpload.run`.

        :returns: what is to be submitted.
        :raises EverybodyOptedOut: nobody is left.
        :raises NoFreeSlot: the account has no receivers slot for the list any more.
        :raises ReceiversMismatch: the prepared list is gone, or was changed.
        :raises Unavailable: it is not known whether the list was uploaded.
        """
        rows = _rows(planned)
        if rows is None:
            return planned
        header, *people = rows
        opted_out = self._opted_out([digits(row[0]) for row in people])
        out = [row[0] for row, is_out in zip(people, opted_out, strict=True) if is_out]
        # First of all: a later try finds that the slot may hold another list, should this process be killed.
        earlier = self.store.runs.leave_out(planned.plan.tag, len(out))
        if not out:
            (planned.folder / LEFT_OUT).unlink(missing_ok=True)
            return self._with_whole_list(planned) if earlier else planned
        write_numbers(planned.folder / LEFT_OUT, out)
        log.warning("left out people=%d: they opted out since the list was prepared", len(out))
        if len(out) == len(people):
            raise EverybodyOptedOut(len(out))
        left = [row for row, is_out in zip(people, opted_out, strict=True) if not is_out]
        return self._without(planned, [header, *left], people=len(out))

    def _opted_out(self, keys: Sequence[int]) -> list[bool]:
        """Whether each number is on OVH's list, or opted out of the messages of any account."""
        import numpy as np

        from ovh_sms.contacts.classify.suppression_files import suppressed_numbers

        numbers = np.array(keys, dtype=np.int64)
        listed = suppressed_numbers(self.client.blacklists.numbers(), region="FR")
        found = np.isin(numbers, np.array(sorted(listed), dtype=np.int64))
        known = self.store.opt_out_digests.opted_out()
        if known:
            found |= known.contains(numbers)
        return [bool(each) for each in found]

    def _without(self, planned: PlannedSubmission, rows: Sequence[Sequence[str]], *, people: int) -> PlannedSubmission:
        """Write the list of those who are left, and have it submitted."""
        text = io.StringIO()
        csv.writer(text, delimiter=";", lineterminator="\n").writerows(rows)
        digest = hashlib.sha256(text.getvalue().encode()).hexdigest()
        # A name of its own: an earlier try may have submitted another list, which is reconciled by its file.
        path = planned.folder / f"{WITHOUT_OPT_OUTS}{digest[:8]}.csv"
        write_private(path, text.getvalue())
        plan = planned.plan.without(people, path, digest)
        if planned.request.receivers is not None:
            numbers = tuple(row[0] for row in rows[1:])
            return replace(planned, plan=plan, request=replace(planned.request, receivers=numbers))
        source = ReceiversSource(digest=digest, records=len(rows) - 1, list_path=path)
        return _with_slot(replace(planned, plan=plan), self._upload(planned, source))

    def _with_whole_list(self, planned: PlannedSubmission) -> PlannedSubmission:
        """Upload the whole list again: an earlier try may have put a shorter one in its place."""
        if planned.slot is None:
            return planned
        return _with_slot(planned, self._upload(planned, receivers_source(planned.batch, None)))

    def _upload(self, planned: PlannedSubmission, source: ReceiversSource) -> UploadedReceivers:
        """Load a list into the task's own slot; the slot of its other list is freed."""
        assert planned.slot is not None  # noqa: S101 - numbers that are given directly need none
        try:
            return ReceiversUpload(self.client, source, tag=upload_tag(planned.slot.description)).run()
        except OutcomeUnknown as error:  # of the upload: nothing is claimed, and no batch may have been accepted
            raise Unavailable(
                f"It is not known whether the list without those who opted out was uploaded: {error.what}",
                action="Nothing was sent. The next try finds it, or uploads it again.",
            ) from error


def _with_slot(planned: PlannedSubmission, slot: UploadedReceivers) -> PlannedSubmission:
    return replace(planned, slot=slot, request=replace(planned.request, slot=slot.slot))


def _rows(planned: PlannedSubmission) -> list[list[str]] | None:
    """Header and rows of the receivers as prepared; ``None`` if the list is not here."""
    if planned.request.receivers is not None:
        return [["number"], *([number] for number in planned.request.receivers)]
    if planned.batch is None or planned.slot is None:
        return None
    return _verified_list(planned, planned.batch)


def _verified_list(planned: PlannedSubmission, batch: Batch) -> list[list[str]]:
    path = Path(batch.list_path)
    planned.check_list_is_here()
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != batch.digest:
            raise ReceiversMismatch(
                f"{path} is not the one that was prepared: it was written again since. Nothing was sent.",
                action="Clear the preparing task and the tasks after it.",
            )
    return read_list(path)
