"""Reads 50 objects in one call by a header that OVH's own panel uses and does not promise; else one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from ovh_sms.api.answer import Answer, is_no_json, read_json
from ovh_sms.api.calls import AccountCalls
from ovh_sms.api.models import OvhObject
from ovh_sms.errors import NotFound, RequestRefused

M = TypeVar("M", bound=OvhObject)

#: Objects in one call, as OVH's panel asks for.
BULK_SIZE = 50

_SEPARATOR = ","

Progress = Callable[[int, int], None]


class BulkEntry(OvhObject):
    """One object in the answer to a bulk read; without a value if OVH cannot read it."""

    key: str | int
    value: dict[str, Any] | None = None


class BulkReader(Generic[M]):
    """Reads objects by id, many in one call if OVH allows it; where it does not, the client tries it once.

    :param part: the part of the path that the id fills.
    :param size: objects in one call.
    """

    def __init__(self, calls: AccountCalls, template: str, part: str, model: type[M], *, size: int = BULK_SIZE) -> None:
        self._calls = calls
        self._template = template
        self._part = part
        self._model = model
        self._size = size
        self._made = 0

    def read(
        self, ids: Sequence[str] | Sequence[int], *, progress: Progress | None = None, may_be_gone: bool = False
    ) -> Iterator[M]:
        """Read all objects in the order of their ids.

        :param progress: called with the number of ids done and the number of all.
        :param may_be_gone: leave out the objects that OVH does not know any more.
        :raises ovh_sms.errors.NotFound: OVH does not know an id.
        """
        for start in range(0, len(ids), self._size):
            bulk = ids[start : start + self._size]
            yield from self._each(bulk, self._in_one_call(bulk), may_be_gone=may_be_gone)
            if progress:
                progress(min(start + self._size, len(ids)), len(ids))

    def read_within(
        self, ids: Sequence[str] | Sequence[int], most_calls: int, *, may_be_gone: bool = False
    ) -> list[M] | None:
        """Read all objects in a bounded number of calls.

        :returns: ``None`` if that takes more calls; it ends as soon as this is known.
        """
        found: list[M] = []
        for start in range(0, len(ids), self._size):
            bulk, left = ids[start : start + self._size], len(ids) - start
            if self._made + ceil(left / self._size) > most_calls:
                return None
            together = self._in_one_call(bulk)
            missing = sum(str(key) not in together for key in bulk)
            if self._made + missing + (ceil(left / self._size) - 1 if together else left - len(bulk)) > most_calls:
                return None
            found += self._each(bulk, together, may_be_gone=may_be_gone)
        return found

    def _each(
        self, bulk: Sequence[str] | Sequence[int], together: Mapping[str, M], *, may_be_gone: bool
    ) -> Iterator[M]:
        for key in bulk:
            # An object that the common answer lacks is read by itself, which also gives the exact error.
            try:
                yield together[str(key)] if str(key) in together else self._one(key)
            except NotFound:
                if not may_be_gone:
                    raise

    def _one(self, key: object) -> M:
        self._made += 1
        values: dict[str, Any] = {self._part: key}
        return self._calls.make("GET", self._template, self._model.read, **values)

    def _in_one_call(self, bulk: Sequence[str] | Sequence[int]) -> dict[str, M]:
        if len(bulk) < 2 or self._template in self._calls.without_bulk:
            return {}
        self._made += 1
        headers = {"X-Ovh-Batch": _SEPARATOR}
        values: dict[str, Any] = {self._part: list(bulk)}
        try:
            found = self._calls.make("GET", self._template, self._entries, headers=headers, **values)
        except RequestRefused:  # OVH took the joined ids for one id
            found = {}
        if not found:
            self._calls.without_bulk.add(self._template)
        return found

    def _entries(self, answer: Answer) -> dict[str, M]:
        try:
            entries = read_json(list[BulkEntry], answer)
            return {
                str(entry.key): self._model.model_validate(entry.value) for entry in entries if entry.value is not None
            }
        except ValidationError as error:
            if is_no_json(error):  # a broken answer: the read is repeated
                raise
            return {}  # another shape than before: read one by one
