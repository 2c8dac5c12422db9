"""Reads 50 objects in one call by a header that OVH's own panel uses and does not promise; else one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
    """Reads objects by id, 50 in one call if OVH allows it.

    :param part: the part of the path that the id fills.
    """

    def __init__(self, calls: AccountCalls, template: str, part: str, model: type[M]) -> None:
        self._calls = calls
        self._template = template
        self._part = part
        self._model = model
        self._honoured = True

    def read(
        self, ids: Sequence[str] | Sequence[int], *, progress: Progress | None = None, may_be_gone: bool = False
    ) -> Iterator[M]:
        """Read all objects in the order of their ids.

        :param progress: called with the number of ids done and the number of all.
        :param may_be_gone: leave out the objects that OVH does not know any more.
        :raises ovh_sms.errors.NotFound: OVH does not know an id.
        """
        for start in range(0, len(ids), BULK_SIZE):
            bulk = ids[start : start + BULK_SIZE]
            yield from self._read_bulk(bulk, may_be_gone=may_be_gone)
            if progress:
                progress(min(start + BULK_SIZE, len(ids)), len(ids))

    def _read_bulk(self, bulk: Sequence[str] | Sequence[int], *, may_be_gone: bool) -> Iterator[M]:
        found = self._in_one_call(bulk) if self._honoured and len(bulk) > 1 else {}
        for key in bulk:
            # An object that the common answer lacks is read by itself, which also gives the exact error.
            try:
                yield found[str(key)] if str(key) in found else self._one(key)
            except NotFound:
                if not may_be_gone:
                    raise

    def _one(self, key: object) -> M:
        values: dict[str, Any] = {self._part: key}
        return self._calls.make("GET", self._template, self._model.read, **values)

    def _in_one_call(self, bulk: Sequence[str] | Sequence[int]) -> dict[str, M]:
        headers = {"X-Ovh-Batch": _SEPARATOR}
        values: dict[str, Any] = {self._part: list(bulk)}
        try:
            found = self._calls.make("GET", self._template, self._entries, headers=headers, **values)
        except RequestRefused:  # OVH took the joined ids for one id
            found = {}
        self._honoured = bool(found)
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
