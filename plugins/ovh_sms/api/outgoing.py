"""Messages that went out: their number, their delivery receipts, and one export for all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from pydantic import ValidationError

from ovh_sms.api.answer import Answer, ids, is_no_json, read_json
from ovh_sms.api.bulk_reads import BulkReader, Progress
from ovh_sms.api.calls import AccountCalls, SubClient
from ovh_sms.api.documents import DocumentsClient
from ovh_sms.api.models import Document, ExportStarted, OperatorCode, OutgoingMessage
from ovh_sms.errors import NotFound, Unavailable

_OUTGOING = "/sms/{account}/outgoing"
_MESSAGE = "/sms/{account}/outgoing/{outgoing}"

#: One element a page: only the answer's header is needed. Pages of this mode may come from a cache; OVH's own panel
#: asks for fresh ones like this. Submissions and reports rest on each count, so it is always asked for.
_COUNT_HEADERS = {
    "Pragma": "no-cache",
    "X-Pagination-Mode": "CachedObjectList-Pages",
    "X-Pagination-Size": "1",
    "X-Pagination-Number": "1",
}


#: Seconds between the first two reads of an export; each pause is twice the one before.
_FIRST_PAUSE = 1.0


class ExportFilter(TypedDict, total=False):
    """Messages of an export: only those of this tag, and made between these two moments, both included."""

    tag: str | None
    created_from: datetime | None
    created_to: datetime | None


class OutgoingClient(SubClient):
    """Counts, reads and exports messages that went out."""

    def __init__(self, calls: AccountCalls, documents: DocumentsClient) -> None:
        super().__init__(calls)
        self._documents = documents

    def count(
        self, *, tag: str | None = None, delivery_receipt: int | None = None, created_from: datetime | None = None
    ) -> int:
        """Count messages as they are now, without their list if OVH gives the number alone.
        Source: GET ``/sms/{serviceName}/outgoing`` with pagination headers, which OVH may ignore, past its cache.

        Each parameter leaves out the other messages, as in :meth:`ids`.
        """
        query = {"tag": tag, "deliveryReceipt": delivery_receipt, "creationDatetime.from": created_from}
        count = self._calls.make("GET", _OUTGOING, _count, query=query, headers=_COUNT_HEADERS)
        if count is not None:
            return count
        return len(self.ids(tag=tag, delivery_receipt=delivery_receipt, created_from=created_from))

    def ids(
        self,
        *,
        tag: str | None = None,
        delivery_receipt: int | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
    ) -> list[int]:
        """List messages of the account. Source: GET ``/sms/{serviceName}/outgoing``.

        Each parameter leaves out the other messages; ``created_from`` and ``created_to`` are included.
        """
        query = {
            "tag": tag,
            "deliveryReceipt": delivery_receipt,
            "creationDatetime.from": created_from,
            "creationDatetime.to": created_to,
        }
        return self._calls.make("GET", _OUTGOING, ids, query=query)

    def get(self, outgoing_id: int) -> OutgoingMessage:
        """Read one message and its delivery receipt. Source: GET ``/sms/{serviceName}/outgoing/{id}``.

        :raises ovh_sms.errors.NotFound: the message is unknown, or older than OVH keeps.
        """
        return self._calls.make("GET", _MESSAGE, OutgoingMessage.read, outgoing=outgoing_id)

    def iter(
        self, outgoing_ids: Sequence[int], *, progress: Progress | None = None, may_be_gone: bool = False
    ) -> Iterator[OutgoingMessage]:
        """Read several messages, 50 in one call if OVH allows it, else one by one.
        Source: GET ``/sms/{serviceName}/outgoing/{id}`` with ``X-Ovh-Batch``.

        :param may_be_gone: leave out messages that OVH does not know any more.
        """
        reader = BulkReader(self._calls, _MESSAGE, "outgoing", OutgoingMessage)
        return reader.read(outgoing_ids, progress=progress, may_be_gone=may_be_gone)

    def read_within(self, outgoing_ids: Sequence[int], most_calls: int) -> list[OutgoingMessage] | None:
        """Read several messages; ``None`` if that takes too many calls.
        Source: GET ``/sms/{serviceName}/outgoing/{id}`` with ``X-Ovh-Batch``.
        """
        reader = BulkReader(self._calls, _MESSAGE, "outgoing", OutgoingMessage)
        return reader.read_within(outgoing_ids, most_calls)

    def start_export(self, **only: Unpack[ExportFilter]) -> str:
        """Ask OVH to write messages into one CSV, which takes a while. Source: GET ``/sms/{serviceName}/document``.

        :param only: the messages to write; all of the account if nothing is given.
        :returns: id of the document that will hold the CSV: size 0 until it is ready.
        """
        query = {
            "wayType": "outgoing",
            "tag": only.get("tag"),
            "creationDatetime.from": only.get("created_from"),
            "creationDatetime.to": only.get("created_to"),
        }
        return self._calls.make("GET", "/sms/{account}/document", _document_id, query=query)

    def export(
        self, *, poll_seconds: float = 5.0, wait_seconds: float = 600.0, **only: Unpack[ExportFilter]
    ) -> Document:
        """Have messages written into one CSV and wait for it.
        Source: GET ``/sms/{serviceName}/document``, GET ``/me/document/{id}``.

        The parameters are those of :meth:`start_export` and :meth:`wait_for_export`.

        :raises ovh_sms.errors.Unavailable: the CSV is not ready in time.
        """
        return self.wait_for_export(self.start_export(**only), poll_seconds=poll_seconds, wait_seconds=wait_seconds)

    def wait_for_export(self, document_id: str, *, poll_seconds: float = 5.0, wait_seconds: float = 600.0) -> Document:
        """Wait for the CSV that :meth:`start_export` asked for. Source: GET ``/me/document/{id}``.

        :param poll_seconds: longest time between two reads of the document; the first ones follow sooner.
        :raises ovh_sms.errors.Unavailable: the CSV is not ready in time.
        """
        waited, pause = 0.0, min(_FIRST_PAUSE, poll_seconds)
        while True:
            document = self._document(document_id)
            if document is not None and document.size > 0:
                return document
            if waited >= wait_seconds:
                raise Unavailable(
                    f"OVH has not filled the export {document_id} within {wait_seconds:.0f} s. Nothing was changed.",
                    action="Try again later.",
                )
            self._calls.transport.clock.sleep(pause)
            waited += pause
            # The longer it takes, the rarer it is read: it is noticed late by a third of that time at most.
            pause = min(max(pause, waited / 2), poll_seconds)

    def operator_code(self, code: int) -> OperatorCode:
        """Read the meaning of an operator code. Source: GET ``/sms/ptts``.

        :raises ovh_sms.errors.RequestRefused: OVH does not explain this code.
        """
        return self._calls.make("GET", "/sms/ptts", OperatorCode.read, query={"ptt": code})

    def _document(self, document_id: str) -> Document | None:
        try:
            return self._documents.get(document_id)
        except NotFound:  # the export named it, but it is not visible yet
            return None


def _count(answer: Answer) -> int | None:
    """Read the count from the header or from a complete list; ``None`` if neither is certain."""
    counted = answer.headers.get("X-Pagination-Elements", "")
    if counted.isascii() and counted.isdigit():
        return int(counted)
    try:
        shown = len(ids(answer))
    except ValidationError as error:
        if is_no_json(error):
            raise
        return None  # a page holds objects instead of ids
    return None if shown == 1 else shown  # one element may be a page of one


def _document_id(answer: Answer) -> str:
    try:
        return read_json(str, answer)
    except ValueError:
        return ExportStarted.read(answer).document_id  # an older shape of the same answer
