"""Leaves out of a batch, right before its POST, the people who opted out since its list was prepared.

OVH's own filter is not relied on: it knows the STOPs of one account, and leaves transactional messages alone.
"""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.contacts.write.batch_writer import HashedCsv, temporary
from ovh_sms.errors import OutcomeUnknown, ReceiversMismatch, Unavailable
from ovh_sms.idempotency.remote_write import NothingToMake
from ovh_sms.object_storage.stored_path import as_path
from ovh_sms.private_files import private_file, private_folder
from ovh_sms.sending.receiver_files import LEFT_OUT, WITHOUT_OPT_OUTS, digits, is_unchanged, write_numbers
from ovh_sms.sending.receivers_slots import upload_tag
from ovh_sms.sending.receivers_upload import ReceiversSource, ReceiversUpload, receivers_source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.sending.planned_submission import PlannedSubmission
    from ovh_sms.sending.receivers_slots import UploadedReceivers
    from ovh_sms.store.opt_out_digests import OptOutsRead
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
        numbers = _numbers(planned)
        if numbers is None:
            return planned
        opted_out, rows = self._opted_out(numbers)
        while True:
            given = self._leave_out(planned, numbers, opted_out)
            if given.slot == planned.slot:
                break
            # An upload takes its time.
            before = opted_out
            opted_out, rows = self._opted_out(numbers)
            if (opted_out == before).all():
                break
        return replace(given, opt_outs=self._read(numbers[~opted_out], rows))

    def _leave_out(
        self, planned: PlannedSubmission, numbers: NDArray[np.int64], opted_out: NDArray[np.bool_]
    ) -> PlannedSubmission:
        """Leave some people out, and note it."""
        out = [f"+{number}" for number in numbers[opted_out].tolist()]
        # First of all: a later try finds that the slot may hold another list, should this process be killed.
        earlier = self.store.runs.leave_out(planned.plan.tag, len(out))
        if not out:
            (planned.folder / LEFT_OUT).unlink(missing_ok=True)
            return self._with_whole_list(planned) if earlier else planned
        write_numbers(planned.folder / LEFT_OUT, out)
        log.warning("left out people=%d: they opted out since the list was prepared", len(out))
        if len(out) == len(numbers):
            raise EverybodyOptedOut(len(out))
        return self._without(planned, opted_out)

    def _read(self, left: NDArray[np.int64], rows: int) -> OptOutsRead:
        """Describe the opt-outs that were read, for the claim."""
        from ovh_sms.contacts.classify.person_digests import PersonDigester
        from ovh_sms.store.opt_out_digests import OptOutsRead

        return OptOutsRead(rows=rows, receivers=PersonDigester(self.store.identity.secret()).of_keys(left))

    def _opted_out(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.bool_], int]:
        """Whether each number is on OVH's list, or opted out of the messages of any account; and digests stored."""
        import numpy as np

        from ovh_sms.contacts.classify.suppression_files import suppressed_numbers

        listed = suppressed_numbers(self.client.blacklists.numbers(), region="FR")
        found = np.isin(numbers, np.array(sorted(listed), dtype=np.int64))
        known = self.store.opt_out_digests.opted_out()
        return found | known.contains(numbers), known.rows

    def _without(self, planned: PlannedSubmission, opted_out: NDArray[np.bool_]) -> PlannedSubmission:
        """Write the list of those who are left, and have it submitted."""
        people = int(opted_out.sum())
        path, digest = _write_rest(planned, opted_out)
        plan = planned.plan.without(people, path, digest)
        if planned.request.receivers is not None:
            left = [number for number, out in zip(planned.request.receivers, opted_out, strict=True) if not out]
            return replace(planned, plan=plan, request=replace(planned.request, receivers=left))
        source = ReceiversSource(digest=digest, records=len(opted_out) - people, list_path=path)
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


def _numbers(planned: PlannedSubmission) -> NDArray[np.int64] | None:
    """E.164 digits of the receivers as prepared; ``None`` if the list is not here.

    :raises ReceiversMismatch: the list was changed since it was prepared.
    """
    import numpy as np

    from ovh_sms.contacts.classify.receiver_digests import list_numbers

    if planned.request.receivers is not None:
        return np.array([digits(number) for number in planned.request.receivers], dtype=np.int64)
    if planned.batch is None or planned.slot is None:
        return None
    planned.check_list_is_here()
    _check_unchanged(planned)
    return list_numbers(planned.batch.list_path)


def _check_unchanged(planned: PlannedSubmission) -> None:
    """Make sure that the list is the one that was prepared."""
    batch = planned.batch
    if batch is not None and not is_unchanged(batch.list_path, batch.digest):
        raise ReceiversMismatch(
            f"{batch.list_path} is not the one that was prepared: it was written again since. Nothing was sent.",
            action="Clear the preparing task and the tasks after it.",
        )


def _write_rest(planned: PlannedSubmission, opted_out: NDArray[np.bool_]) -> tuple[Path, str]:
    """Write the list of those who are left, with its digest.

    Its name is its own: an earlier try may have submitted another list, which is reconciled by its file.
    """
    unnamed = temporary(private_folder(planned.folder) / LEFT_OUT)
    rest = HashedCsv(private_file(unnamed))
    try:
        with _open_rows(planned) as rows:
            rest.row(next(rows))
            for row, out in zip(rows, opted_out, strict=True):
                if not out:
                    rest.row(row)
        rest.close()
        _check_unchanged(planned)  # it was read again
        return unnamed.replace(planned.folder / f"{WITHOUT_OPT_OUTS}{rest.digest[:8]}.csv"), rest.digest
    finally:
        rest.close()
        unnamed.unlink(missing_ok=True)


@contextmanager
def _open_rows(planned: PlannedSubmission) -> Iterator[Iterator[Sequence[str]]]:
    """Header and rows of the receivers as prepared."""
    if planned.request.receivers is not None:
        yield iter([["number"], *([number] for number in planned.request.receivers)])
        return
    with as_path(planned.plan.list_path).open(encoding="utf-8", newline="") as file:
        yield csv.reader(file, delimiter=";")
