"""Many objects in one call, by a header that OVH's own panel uses and does not promise; one by one where it is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

from ovh_sms.api.answers import Answer, Fields, UnreadableAnswerError
from ovh_sms.api.calls import Call
from ovh_sms.api.transport import Transport
from ovh_sms.errors import NotFound, RequestRefused

T = TypeVar("T")

#: Objects in one call: what OVH's panel asks for.
BATCH_SIZE = 50

_SEPARATOR = ","


class BatchReader(Generic[T]):
    """Reads objects by id, 50 in one call.

    :param transport: the way out.
    :param make_call: makes a call of the client's.
    :param template: path of one object.
    :param place: the place in the path that the id fills.
    :param convert: takes one object from its fields.
    """

    def __init__(
        self,
        transport: Transport,
        make_call: Callable[..., Call],
        template: str,
        place: str,
        convert: Callable[[Fields], T],
    ) -> None:
        self._transport = transport
        self._make_call = make_call
        self._template = template
        self._place = place
        self._convert = convert
        self._honoured = True

    def read(
        self,
        ids: Sequence[str] | Sequence[int],
        *,
        progress: Callable[[int, int], None] | None = None,
        may_be_gone: bool = False,
    ) -> Iterator[T]:
        """Read all objects, in the order of their ids.

        :param ids: ids of the objects.
        :param progress: called with how many are done, and how many there are.
        :param may_be_gone: leave out what OVH does not know any more.
        :raises ovh_sms.errors.NotFound: for an id that OVH does not know.
        """
        for start in range(0, len(ids), BATCH_SIZE):
            batch = ids[start : start + BATCH_SIZE]
            yield from self._many(batch, may_be_gone=may_be_gone)
            if progress:
                progress(min(start + BATCH_SIZE, len(ids)), len(ids))

    def _many(self, batch: Sequence[str] | Sequence[int], *, may_be_gone: bool) -> Iterator[T]:
        found = self._in_one_call(batch) if self._honoured and len(batch) > 1 else {}
        for key in batch:
            # What the common answer does not hold is asked for by itself, which also gives the exact error.
            try:
                yield found[str(key)] if str(key) in found else self._one(key)
            except NotFound:
                if not may_be_gone:
                    raise

    def _one(self, key: object) -> T:
        call = self._make_call("GET", self._template, **{self._place: key})
        return self._transport.request(call, lambda answer: self._convert(answer.fields()))

    def _in_one_call(self, batch: Sequence[str] | Sequence[int]) -> dict[str, T]:
        headers = {"X-Ovh-Batch": _SEPARATOR}
        call = self._make_call("GET", self._template, headers=headers, **{self._place: list(batch)})
        try:
            found = self._transport.request(call, self._read_batch)
        except RequestRefused:  # the joined ids were taken for one id
            found = None
        self._honoured = bool(found)
        return found or {}

    def _read_batch(self, answer: Answer) -> dict[str, T] | None:
        try:
            body = answer.json()
            if not isinstance(body, list):
                return None
            entries = [Fields.of(item) for item in body]
            return {
                _key(entry): self._convert(value)
                for entry in entries
                if (value := entry.optional_object("value"))
            }
        except UnreadableAnswerError:  # another shape than it used to be: not worth a guess
            return None


def _key(entry: Fields) -> str:
    try:
        return entry.text("key")
    except UnreadableAnswerError:
        return str(entry.integer("key"))
