"""Messages that came in: what people answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from ovh_sms.api.answer import ids
from ovh_sms.api.bulk_reads import BulkReader, Progress, ReadApart
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models_incoming import IncomingMessage

_INCOMING = "/sms/{account}/incoming"
_MESSAGE = "/sms/{account}/incoming/{incoming}"
#: Replies in one call, half of them if OVH refuses it: the address of such a call has about 1,300 characters.
BULK_SIZE = 100


class IncomingClient(SubClient):
    """Lists and reads messages that came in."""

    def ids(
        self, *, created_from: datetime | None = None, created_to: datetime | None = None, tag: str | None = None
    ) -> list[int]:
        """List the replies of the account, in no certain order. Source: GET ``/sms/{serviceName}/incoming``.

        Each parameter leaves out the other ones; ``created_from`` and ``created_to`` are included.

        :param tag: of the message that is answered.
        """
        query = {"creationDatetime.from": created_from, "creationDatetime.to": created_to, "tag": tag}
        return self._calls.make("GET", _INCOMING, ids, query=query)

    def get(self, incoming_id: int) -> IncomingMessage:
        """Read one reply. Source: GET ``/sms/{serviceName}/incoming/{id}``.

        :raises ovh_sms.errors.NotFound: the reply is unknown, or was deleted at OVH.
        """
        return self._calls.make("GET", _MESSAGE, IncomingMessage.read, incoming=incoming_id)

    def iter(self, incoming_ids: Sequence[int], *, progress: Progress | None = None) -> Iterator[IncomingMessage]:
        """Read several replies, 100 in one call if OVH allows it, else one by one; deleted ones are left out.
        Source: GET ``/sms/{serviceName}/incoming/{id}`` with ``X-Ovh-Batch``.
        """
        return self._reader().read(incoming_ids, progress=progress, may_be_gone=True)

    def read(self, incoming_ids: Sequence[int]) -> ReadApart[IncomingMessage]:
        """Read several replies as :meth:`iter` does; one that cannot be read holds none of the others up.
        Source: GET ``/sms/{serviceName}/incoming/{id}`` with ``X-Ovh-Batch``.

        :returns: the replies, the ids of deleted ones, and the ids of those that cannot be read.
        """
        return self._reader().read_apart(incoming_ids)

    def _reader(self) -> BulkReader[IncomingMessage]:
        return BulkReader(self._calls, _MESSAGE, "incoming", IncomingMessage, size=BULK_SIZE)
