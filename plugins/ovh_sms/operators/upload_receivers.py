"""Give OVH the receivers of a campaign, and take the list away afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms import errors
from ovh_sms.errors import (
    ApiError,
    ConfigurationError,
    NoFreeSlot,
    OutcomeUnknown,
    ReceiversMismatch,
    RequestRefused,
)
from ovh_sms.operators.base import OvhSmsOperator
from ovh_sms.sending.receivers_slots import check_slot, free_slot, free_slots, is_ours, slot_name, slots_of
from ovh_sms.sending.submission import check_one_batch, digest_of
from ovh_sms.task_context import task_tag

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.api.models import ReceiversSlot

DOCUMENT_LIFE = timedelta(hours=24)


class UploadReceiversOperator(OvhSmsOperator):
    """Put a prepared list into one of the account's nine receivers lists.

    Use it as a set-up task whose tear-down is :class:`FreeReceiversSlotOperator`. A retry finds the list that an
    earlier try uploaded, also one that was killed, by its description, instead of taking another one; of two it keeps
    the lower. Where all nine lists are in use it waits for one without a
    worker slot.

    :param prepared: output of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`, or a piece of it; or
    :param csv_url: a public address from which OVH fetches the list, in OVH's form.
    :param records: rows at ``csv_url``, where known; checked against what OVH read.
    :param wait_for_slot: how long to wait for a free list; not at all where it is 0.
    :param poll_interval: time between two looks for a free list.
    :returns: ``{"slot", "description", "records", "digest"}``.
    :raises NoFreeSlot: where all nine lists stay in use; tried again later.
    :raises ReceiversMismatch: where the file changed since it was prepared, or OVH holds another number of rows.

    Rests on POST /me/document, PUT to its address, GET, POST and DELETE /sms/{serviceName}/receivers.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "prepared", "csv_url")

    def __init__(
        self,
        *,
        prepared: dict[str, Any] | None = None,
        csv_url: str | None = None,
        records: int | None = None,
        wait_for_slot: timedelta = timedelta(hours=12),
        poll_interval: timedelta = timedelta(seconds=30),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.prepared = prepared
        self.csv_url = csv_url
        self.records = records
        self.wait_for_slot = wait_for_slot
        self.poll_interval = poll_interval

    def execute(self, context: Context) -> dict[str, Any]:
        """Upload the list, or wait until OVH has room for it."""
        return self._upload_or_wait(context, datetime.now(UTC) + self.wait_for_slot)

    def execute_complete(self, context: Context, event: dict[str, Any], ends_at: str) -> dict[str, Any]:
        """Upload, once the trigger says that there is room; somebody else may have been faster."""
        if event["status"] == "error":
            raise getattr(errors, event["error"], ApiError)(event["message"])
        return self._upload_or_wait(context, datetime.fromisoformat(ends_at))

    def _upload_or_wait(self, context: Context, ends: datetime) -> dict[str, Any]:
        from ovh_sms.triggers.receivers_slot import ReceiversSlotTrigger

        try:
            return self._upload(context)
        except NoFreeSlot as full:
            left = ends - datetime.now(UTC)
            if left <= timedelta(0):
                raise
            self.log.info("%s PendingMatch until %s", full.what, ends)
        self.defer(
            trigger=ReceiversSlotTrigger(
                ovh_sms_conn_id=self.ovh_sms_conn_id,
                account=self.account,
                poll_interval=self.poll_interval.total_seconds(),
                ends_at=ends.isoformat(),
            ),
            method_name="execute_complete",
            kwargs={"ends_at": ends.isoformat()},
            timeout=left + timedelta(hours=1),  # the trigger ends by itself; this catches one that never does
        )
        raise AssertionError("defer() does not return")

    def _upload(self, context: Context) -> dict[str, Any]:
        if (self.prepared is None) == (self.csv_url is None):
            raise ConfigurationError(
                f"Task '{self.task_id}' needs either 'prepared' or 'csv_url'.", action="Give exactly one."
            )
        check_one_batch(self.prepared)
        name = slot_name(task_tag(context))
        digest = self.prepared["digest"] if self.prepared else digest_of(self.csv_url or "")
        description = f"{name} {digest[:8]}"
        try:
            slot = self._find_or_create(name, description)
        except OutcomeUnknown:
            if context["ti"].try_number > context["ti"].max_tries:
                free_slots(self.hook.client, name)  # no further try will find it
            raise
        expected = self.prepared["accepted"] if self.prepared else self.records
        if expected is not None and slot.records != expected:
            free_slots(self.hook.client, description)
            raise ReceiversMismatch(
                f"OVH read {slot.records} rows of the {expected} that were uploaded; the list was taken away.",
                action="Nothing was sent. Observation at the prepared list, then run the task again.",
            )
        check_slot(self.hook.client, slot.number, description=description, records=slot.records)
        self.log.info("Receivers list %d holds %d rows", slot.number, slot.records)
        return {"slot": slot.number, "description": description, "records": slot.records, "digest": digest}

    def _find_or_create(self, name: str, description: str) -> ReceiversSlot:
        """Take the list of an earlier try where it is the same list; replace it where the list has changed."""
        client = self.hook.client
        listed = slots_of(client, name)
        for slot in listed:
            if slot.description != description and free_slot(client, slot.number, slot.description):
                self.log.info("Receivers list %d was an earlier version of this list: replaced", slot.number)
        found = self._keep_lowest([slot for slot in listed if slot.description == description])
        if found is not None:
            self.log.info("Receivers list %d was uploaded by an earlier try", found.number)
            return found
        created = self._create(description)
        # Another process of this try, or a request of one that has died, may have made it too since the first look.
        return self._keep_lowest(slots_of(client, description)) or created

    def _keep_lowest(self, same: Sequence[ReceiversSlot]) -> ReceiversSlot | None:
        """Free all but the lowest of a list that is there several times; every process of the task keeps the same."""
        for slot in same[1:]:
            if free_slot(self.hook.client, slot.number, slot.description):
                self.log.info("Receivers list %d is there twice: freed", slot.number)
        return same[0] if same else None

    def _create(self, description: str) -> ReceiversSlot:
        from ovh_sms.api.receivers import SLOTS

        client = self.hook.client
        used = set(client.receivers.ids())
        free = [number for number in SLOTS if number not in used]
        if free:
            source: dict[str, Any] = (
                {"csv_url": self.csv_url} if self.csv_url else {"document_id": self._document(description)}
            )
        for number in free:
            try:
                return client.receivers.create(number, description=description, **source)
            except RequestRefused as error:
                # Taken since it was listed, and perhaps freed again: the next one. Anything else is about the list.
                if error.status != 409 and number not in client.receivers.ids():
                    raise
                self.log.info("Receivers list %d was taken meanwhile (HTTP %s)", number, error.status)
        made_here = [number for number in sorted(used) if is_ours(client, number)]
        raise NoFreeSlot(
            f"All nine receivers lists of the account are in use; made by Airflow: {made_here or 'none'}.",
            action="Wait for a running campaign, or free one in OVH's manager.",
        )

    def _document(self, name: str) -> str:
        """Upload the prepared list as a private document that expires after a day."""

        assert self.prepared is not None  # noqa: S101 - execute() made sure
        path = Path(self.prepared["list_path"])
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != self.prepared["digest"]:
                raise ReceiversMismatch(
                    f"{path} is not the one that was prepared: it was written again since.",
                    action="Nothing was sent. Clear the preparing task and what follows it.",
                )
        client = self.hook.client
        document = client.documents.create(f"{name}.csv", tags={"origin": "airflow"})
        client.documents.expire(document.id, document.created + DOCUMENT_LIFE)  # by OVH's clock, not ours
        client.documents.upload(document.put_url, path)
        return document.id


class FreeReceiversSlotOperator(OvhSmsOperator):
    """Free the receivers list of a campaign once it is sent.

    Frees every list that carries the upload's description, as a killed upload may have left a second one, and nothing
    that another campaign has taken since.

    :param receivers: output of :class:`UploadReceiversOperator`; ``None`` where it left none.
    :param upload_task_id: the task of the same run that uploaded, by which the list is found.
    :returns: whether a list was freed.

    Rests on GET and DELETE /sms/{serviceName}/receivers/{slotId}.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "receivers")

    def __init__(
        self,
        *,
        receivers: dict[str, Any] | None,
        upload_task_id: str = "upload_receivers",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.receivers = receivers
        self.upload_task_id = upload_task_id

    def execute(self, context: Context) -> bool:
        """Free the list."""
        tag = task_tag(context, task_id=self.upload_task_id)
        name = self.receivers["description"] if self.receivers else slot_name(tag)
        freed = free_slots(self.hook.client, name)
        if not freed:
            self.log.info("The receivers list is already free")
            return False
        self.log.info("Freed receivers list %s", ", ".join(map(str, freed)))
        return True
