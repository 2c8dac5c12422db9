"""What went out and what became of it: counting, reading, and one export for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from ovh_sms.api.answers import Answer, Fields, UnreadableAnswerError
from ovh_sms.api.batch import BatchReader
from ovh_sms.api.documents import DocumentCalls
from ovh_sms.api.models import Document, OperatorCode, Outgoing
from ovh_sms.errors import NotFound, Unavailable

_OUTGOING = "/sms/{account}/outgoing"

#: One element a page: only the answer's header is wanted. Pages of this mode may come from a cache; OVH's own panel
#: asks for new ones like this. It is asked always: whether something is sent, or a report begun, rests on each count.
_COUNT_HEADERS = {
    "Pragma": "no-cache",
    "X-Pagination-Mode": "CachedObjectList-Pages",
    "X-Pagination-Size": "1",
    "X-Pagination-Number": "1",
}


class OutgoingCalls(DocumentCalls):
    """Calls about messages that went out."""

    def count_outgoing(self, *, tag: str, delivery_receipt: int | None = None) -> int:
        """Count the messages of one sending as they are now, cheaply where OVH tells the number without the list.

        :param tag: the sending's tag.
        :param delivery_receipt: only those with this delivery receipt.

        Source: GET ``/sms/{serviceName}/outgoing`` with pagination headers, which OVH may ignore, past its cache.
        """
        query = {"tag": tag, "deliveryReceipt": delivery_receipt}
        count = self._transport.request(
            self._call("GET", _OUTGOING, query=query, headers=_COUNT_HEADERS), _count
        )
        if count is not None:
            return count
        return len(self.outgoing_ids(tag=tag, delivery_receipt=delivery_receipt))

    def outgoing_ids(
        self,
        *,
        tag: str | None = None,
        delivery_receipt: int | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
    ) -> list[int]:
        """List messages of the account.

        :param tag: only those of this sending.
        :param delivery_receipt: only those with this delivery receipt.
        :param created_from: only those made at this moment or later.
        :param created_to: only those made at this moment or before.

        Source: GET ``/sms/{serviceName}/outgoing``.
        """
        query = {
            "tag": tag,
            "deliveryReceipt": delivery_receipt,
            "creationDatetime.from": created_from,
            "creationDatetime.to": created_to,
        }
        return self._transport.request(self._call("GET", _OUTGOING, query=query), Answer.integers)

    def outgoing(self, outgoing_id: int) -> Outgoing:
        """Read one message and what became of it.

        :param outgoing_id: the message.
        :raises ovh_sms.errors.NotFound: for an unknown message, or one older than OVH keeps.

        Source: GET ``/sms/{serviceName}/outgoing/{id}``.
        """
        call = self._call("GET", f"{_OUTGOING}/{{outgoing}}", outgoing=outgoing_id)
        return self._transport.request(call, lambda answer: _outgoing(answer.fields()))

    def outgoing_many(
        self, ids: Sequence[int], *, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[Outgoing]:
        """Read several messages, 50 in one call where OVH allows it, else one by one.

        :param ids: the messages.
        :param progress: called with how many are done, and how many there are.

        Source: GET ``/sms/{serviceName}/outgoing/{id}`` with ``X-Ovh-Batch``.
        """
        reader = BatchReader(self._transport, self._call, f"{_OUTGOING}/{{outgoing}}", "outgoing", _outgoing)
        return reader.read(ids, progress=progress)

    def start_export(
        self,
        *,
        tag: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
    ) -> str:
        """Ask OVH to write messages into one CSV, which takes it a while.

        :param tag: only those of this sending.
        :param created_from: only those made at this moment or later.
        :param created_to: only those made at this moment or before.
        :returns: id of the document that will hold it: size 0 until it is ready.

        Source: GET ``/sms/{serviceName}/document``.
        """
        query = {
            "wayType": "outgoing",
            "tag": tag,
            "creationDatetime.from": created_from,
            "creationDatetime.to": created_to,
        }
        return self._transport.request(
            self._call("GET", "/sms/{account}/document", query=query), _document_id
        )

    def export_outgoing(
        self,
        *,
        tag: str | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
        poll_seconds: float = 5.0,
        wait_seconds: float = 600.0,
    ) -> Document:
        """Have messages written into one CSV and wait for it.

        :param tag: only those of this sending.
        :param created_from: only those made at this moment or later.
        :param created_to: only those made at this moment or before.
        :param poll_seconds: seconds between two looks.
        :param wait_seconds: most seconds to wait between the looks, all together.
        :returns: the document, filled.
        :raises ovh_sms.errors.Unavailable: where the file is not ready in time.

        Source: GET ``/sms/{serviceName}/document``, GET ``/me/document/{id}``.
        """
        document_id = self.start_export(tag=tag, created_from=created_from, created_to=created_to)
        waited = 0.0
        while True:
            document = self._document_if_there(document_id)
            if document is not None and document.size > 0:
                return document
            if waited >= wait_seconds:
                raise Unavailable(
                    f"OVH has not filled the export {document_id} within {wait_seconds:.0f} s.",
                    action="Try again later; nothing was changed.",
                )
            self._transport.sleep(poll_seconds)
            waited += poll_seconds

    def operator_code(self, code: int) -> OperatorCode:
        """Say what an operator code means.

        :param code: the code.
        :raises ovh_sms.errors.RequestRefused: for a code that OVH does not explain.

        Source: GET ``/sms/ptts``.
        """
        call = self._call("GET", "/sms/ptts", query={"ptt": code})
        return self._transport.request(call, lambda answer: _operator_code(code, answer.fields()))

    def _document_if_there(self, document_id: str) -> Document | None:
        try:
            return self.document(document_id)
        except NotFound:  # promised by the export, not visible yet
            return None


def _count(answer: Answer) -> int | None:
    """Count of a list: the header's, or the list's own where the list is whole; ``None`` where that is not sure."""
    counted = answer.headers.get("X-Pagination-Elements", "")
    if counted.isascii() and counted.isdigit():
        return int(counted)
    try:
        shown = len(answer.integers())
    except UnreadableAnswerError:  # a page holds objects instead of ids
        return None
    return None if shown == 1 else shown  # one element may be a page of one


def _document_id(answer: Answer) -> str:
    body = answer.json()
    if isinstance(body, str):
        return body
    try:
        return Fields.of(body).text("docId")  # an older shape of the same answer
    except UnreadableAnswerError:
        raise UnreadableAnswerError("it names no document") from None


def _outgoing(fields: Fields) -> Outgoing:
    return Outgoing(
        id=fields.integer("id"),
        receiver=fields.text("receiver"),
        message=fields.optional_text("message"),
        sender=fields.optional_text("sender"),
        tag=fields.optional_text("tag"),
        created=fields.moment("creationDatetime"),
        sent_at=fields.optional_moment("sentAt"),
        delivered_at=fields.optional_moment("deliveredAt"),
        delay_minutes=fields.integer("differedDelivery"),
        parts=fields.integer("numberOfSms"),
        credits=fields.number("credits"),
        delivery_receipt=fields.integer("deliveryReceipt"),
        operator_code=fields.integer("ptt"),
    )


def _operator_code(code: int, fields: Fields) -> OperatorCode:
    return OperatorCode(
        code=code,
        comment=fields.optional_text("comment"),
        description=fields.optional_text("description"),
        duration=fields.text("duration"),
    )
