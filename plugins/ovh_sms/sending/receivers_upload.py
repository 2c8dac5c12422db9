"""Uploads a list of receivers into a slot of the account, once per task."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.errors import ConfigurationError, NoFreeSlot, ReceiversMismatch, RequestRefused
from ovh_sms.sending.receiver_files import is_unchanged
from ovh_sms.sending.receivers_slots import (
    UploadedReceivers,
    check_slot,
    free_slot,
    free_slots,
    is_made_here,
    slot_name,
    slots_of,
)
from ovh_sms.sending.submission import digest_of

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import ReceiversSlot
    from ovh_sms.contacts.prepared_list import Batch

#: OVH deletes an uploaded document after this time; by then the slot holds its receivers.
DOCUMENT_LIFE = timedelta(hours=24)

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ReceiversSource:
    """A list in OVH's form: a file of this machine, or a public address.

    :param digest: SHA-256 of the file, or of the address.
    :param records: receivers of the list; ``None`` if nobody counted them.
    """

    digest: str
    records: int | None
    list_path: Path | None = None
    csv_url: str | None = None


def receivers_source(batch: Batch | None, csv_url: str | None, *, records: int | None = None) -> ReceiversSource:
    """Return the one list that a task is given.

    :raises ConfigurationError: both were given, or none.
    """
    if batch is not None and csv_url is None:
        return ReceiversSource(digest=batch.digest, records=batch.accepted, list_path=batch.list_path)
    if csv_url is not None and batch is None:
        return ReceiversSource(digest=digest_of(csv_url), records=records, csv_url=csv_url)
    raise ConfigurationError(
        "The upload needs either 'prepared' or 'csv_url'. Nothing was uploaded.", action="Give exactly one."
    )


class ReceiversUpload:
    """Loads one list into one of the account's nine receivers slots.

    A further try finds the slot of an earlier one by its description, even if that one was killed; of two it keeps
    the lower.
    """

    def __init__(self, client: OvhSmsClient, source: ReceiversSource, *, tag: str) -> None:
        self.client = client
        self.source = source
        self.name = slot_name(tag)
        self.description = f"{self.name} {source.digest[:8]}"

    def run(self) -> UploadedReceivers:
        """Load the list, or find the slot that an earlier try loaded.

        Source: POST and PUT ``/me/document``, PUT to its address, GET, POST and DELETE
        ``/sms/{serviceName}/receivers``.

        :raises NoFreeSlot: all nine slots are in use.
        :raises ReceiversMismatch: the file changed since it was prepared, or OVH read another number of receivers.
        :raises OutcomeUnknown: the slot may have been loaded; the next try finds it.
        """
        slot = self._find_or_create()
        expected = self.source.records
        if expected is not None and slot.records != expected:
            free_slots(self.client, self.description)
            raise ReceiversMismatch(
                f"OVH read {slot.records} rows of the {expected} that were uploaded. Nothing was sent, and the slot "
                "was freed.",
                action="Check the prepared list, then run the task again.",
            )
        check_slot(self.client, slot.number, description=self.description, records=slot.records)
        log.info("uploaded slot=%d receivers=%d", slot.number, slot.records)
        return UploadedReceivers(
            slot=slot.number, description=self.description, records=slot.records, digest=self.source.digest
        )

    def free(self) -> list[int]:
        """Free every slot of the task, also of an earlier version of the list."""
        return free_slots(self.client, self.name)

    def _find_or_create(self) -> ReceiversSlot:
        """Take the slot of an earlier try if it holds the same list; replace it if the list has changed."""
        listed = slots_of(self.client, self.name)
        for slot in listed:
            if slot.description != self.description and free_slot(self.client, slot.number, slot.description):
                log.info("freed slot=%d: it held an earlier version of this list", slot.number)
        found = self._keep_lowest([slot for slot in listed if slot.description == self.description])
        if found is not None:
            log.info("found slot=%d: an earlier try loaded it", found.number)
            return found
        created = self._create()
        # Another process of this try, or a request of one that has died, may have made it too in between.
        return self._keep_lowest(slots_of(self.client, self.description)) or created

    def _keep_lowest(self, same: Sequence[ReceiversSlot]) -> ReceiversSlot | None:
        """Free all but the lowest of several slots with this list; every process of the task keeps the same."""
        for slot in same[1:]:
            if free_slot(self.client, slot.number, slot.description):
                log.info("freed slot=%d: the list was loaded twice", slot.number)
        return same[0] if same else None

    def _create(self) -> ReceiversSlot:
        from ovh_sms.api.receivers import SLOTS

        used = set(self.client.receivers.ids())
        free = [number for number in SLOTS if number not in used]
        document_id = self._document() if free and self.source.list_path else None
        for number in free:
            try:
                return self.client.receivers.create(
                    number, description=self.description, document_id=document_id, csv_url=self.source.csv_url
                )
            except RequestRefused as error:
                # Taken since it was listed, and perhaps freed again: try the next one. Any other is about the list.
                if error.status != 409 and number not in self.client.receivers.ids():
                    raise
                log.info("slot=%d was taken meanwhile status=%s", number, error.status)
        made_here = [number for number in sorted(used) if is_made_here(self.client, number)]
        raise NoFreeSlot(
            f"All nine receivers slots of the account are in use; made by Airflow: {made_here or 'none'}. "
            "Nothing was uploaded.",
            action="Wait for a running campaign, or free one in OVH's manager.",
        )

    def _document(self) -> str:
        """Upload the list as a private document that expires after a day."""

        client, path = self.client, self.source.list_path
        assert path is not None  # noqa: S101 - _create() asks only for a list that is a file
        if not path.exists():
            raise ReceiversMismatch(
                f"{path} is gone: the run's list was prepared again after this batch was made, or its folder is out of "
                "reach here. Nothing was sent.",
                action="Clear the task that splits the list into batches and what follows it. Give all workers the "
                "same OVH_SMS_DATA folder.",
            )
        changed = ReceiversMismatch(
            f"{path} is not the one that was prepared: it was written again since. Nothing was sent.",
            action="Clear the preparing task and the tasks after it.",
        )
        if not is_unchanged(path, self.source.digest):
            raise changed
        document = client.documents.create(f"{self.description}.csv", tags={"origin": "airflow"})
        client.documents.expire(document.id, document.created + DOCUMENT_LIFE)  # by OVH's clock, not ours
        if client.documents.upload(document.put_url, path) != self.source.digest:  # changed in between
            raise changed
        return document.id
