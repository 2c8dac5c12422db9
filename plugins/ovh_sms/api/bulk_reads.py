"""Reads 50 objects in one call by a header that OVH's own panel uses and does not promise; else one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from ovh_sms.api.answer import Answer, describe_unreadable, is_no_json, read_json
from ovh_sms.api.calls import AccountCalls
from ovh_sms.api.models import OvhObject
from ovh_sms.errors import ApiError, NotFound, RateLimited, RequestRefused, Unavailable

M = TypeVar("M", bound=OvhObject)

#: Objects in one call, as OVH's panel asks for. More are tried only if the reader says so, and halved if refused.
BULK_SIZE = 50
#: So many reads in a row that fail are no fault of their objects.
MOST_IN_A_ROW = 3

_SEPARATOR = ","

Progress = Callable[[int, int], None]
#: Objects by id; in place of one a reason why OVH itself cannot read it, or nothing if it is to be read by itself.
_Together = dict[str, M | str | None]


class BulkEntry(OvhObject):
    """One object in the answer to a bulk read; without a value if OVH cannot read it."""

    key: str | int
    value: dict[str, Any] | None = None
    error: Any = None


@dataclass
class ReadApart(Generic[M]):
    """Objects by id, as far as each of them can be read.

    :param gone: ids that OVH does not know any more.
    :param unreadable: ids of objects that OVH does not show as it should, each with the reason.
    :param stopped_by: error that is no fault of one object; the objects behind it were not read.
    """

    found: list[M] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    unreadable: dict[int, str] = field(default_factory=dict)
    stopped_by: ApiError | None = None
    _in_a_row: int = 0

    def add(self, key: int, read: M | str) -> None:
        """Add an object that was read, or the reason why it cannot be."""
        self._in_a_row = 0
        if isinstance(read, str):
            self.unreadable[key] = read
        else:
            self.found.append(read)

    def failed(self, error: ApiError, key: int | None = None) -> None:
        """Note a read that failed: the object's fault, unless many do or no answer of OVH came."""
        self._in_a_row += 1
        if isinstance(error, RateLimited) or error.status is None:
            self.stopped_by = error
            return
        if key is not None:
            self.unreadable[key] = str(error)
        if self._in_a_row >= MOST_IN_A_ROW:
            self.stopped_by = error


class BulkReader(Generic[M]):
    """Reads objects by id, many in one call if OVH allows it; where it does not, the client tries it once.

    :param part: the part of the path that the id fills.
    :param size: objects in one call; if OVH refuses more than 50, half of them are tried.
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
        start = 0
        while start < len(ids):
            bulk = ids[start : start + self._step]
            together = self._in_one_call(bulk)
            if together is None and self._is_too_long(bulk):
                continue
            yield from self._each(bulk, together or {}, may_be_gone=may_be_gone)
            start += len(bulk)
            if progress:
                progress(start, len(ids))

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
            together = self._in_one_call(bulk) or {}
            missing = sum(not isinstance(together.get(str(key)), self._model) for key in bulk)
            if self._made + missing + (ceil(left / self._size) - 1 if together else left - len(bulk)) > most_calls:
                return None
            found += self._each(bulk, together, may_be_gone=may_be_gone)
        return found

    def read_apart(self, ids: Sequence[int]) -> ReadApart[M]:
        """Read objects in the order of their ids; one that cannot be read holds none of the others up."""
        apart: ReadApart[M] = ReadApart()
        start = 0
        while start < len(ids) and not apart.stopped_by:
            bulk, together = ids[start : start + self._step], None
            try:
                together = self._in_one_call(bulk)
            except Unavailable as error:  # it may be the fault of one of them
                apart.failed(error)
            if together is None and self._is_too_long(bulk):
                continue
            for key in bulk:
                if not apart.stopped_by:
                    self._add(apart, key, (together or {}).get(str(key)))
            start += len(bulk)
        return apart

    def _each(self, bulk: Sequence[str] | Sequence[int], together: _Together[M], *, may_be_gone: bool) -> Iterator[M]:
        for key in bulk:
            # An object that the common answer lacks is read by itself, which also gives the exact error.
            found = together.get(str(key))
            try:
                yield found if isinstance(found, self._model) else self._one(key)
            except NotFound:
                if not may_be_gone:
                    raise

    def _add(self, apart: ReadApart[M], key: int, found: M | str | None) -> None:
        """Add one object: from the common answer, else read by itself."""
        if isinstance(found, str) or (found is not None and _is_of(found, key)):
            apart.add(key, found)
            return
        self._made += 1
        values: dict[str, Any] = {self._part: key}
        try:
            apart.add(key, self._calls.make("GET", self._template, lambda it: self._apart(it, key), **values))
        except NotFound:
            apart.gone.append(key)
        except (RequestRefused, Unavailable) as error:
            apart.failed(error, key)

    def _apart(self, answer: Answer, key: int) -> M | str:
        """Read an object; a reason if it has another shape: no repeat would change that."""
        try:
            found = self._model.read(answer)
        except ValidationError as error:
            if is_no_json(error):  # a broken answer: the read is repeated
                raise
            return describe_unreadable(error)
        return found if _is_of(found, key) else "it has another id"

    def _one(self, key: object) -> M:
        self._made += 1
        values: dict[str, Any] = {self._part: key}
        return self._calls.make("GET", self._template, self._model.read, **values)

    @property
    def _limit(self) -> int:
        return self._calls.bulk_limits.get(self._template, self._size)

    @property
    def _step(self) -> int:
        return self._limit if self._limit > 1 else self._size

    def _is_too_long(self, bulk: Sequence[object]) -> bool:
        """Whether fewer than these are tried in one call."""
        return 1 < self._limit < len(bulk)

    def _in_one_call(self, bulk: Sequence[str] | Sequence[int]) -> _Together[M] | None:
        """Read several; ``None`` if that is not tried, or OVH does not do it.

        :returns: those that cannot be read in the common answer are missing.
        """
        if len(bulk) < 2 or self._limit < 2:
            return None
        self._made += 1
        headers = {"X-Ovh-Batch": _SEPARATOR}
        values: dict[str, Any] = {self._part: list(bulk)}
        found: _Together[M] | None = None
        try:
            found = self._calls.make("GET", self._template, self._entries, headers=headers, **values)
        except RequestRefused:  # OVH took the joined ids for one id, or they are too many
            pass
        except Unavailable as error:
            if isinstance(error, RateLimited) or len(bulk) <= BULK_SIZE:
                raise
        if not found or not found.keys() & set(map(str, bulk)):
            found = None
            self._calls.bulk_limits[self._template] = max(BULK_SIZE, len(bulk) // 2) if len(bulk) > BULK_SIZE else 1
        return found

    def _entries(self, answer: Answer) -> _Together[M] | None:
        try:
            entries = read_json(list[Any], answer)
        except ValidationError as error:
            if is_no_json(error):  # a broken answer: the read is repeated
                raise
            return None  # another shape than before: read one by one
        found: _Together[M] = {}
        for each in entries:
            try:
                entry = BulkEntry.model_validate(each)
                if entry.value is not None:
                    found[str(entry.key)] = self._model.model_validate(entry.value)
                else:
                    found[str(entry.key)] = _reason_of_server(entry.error)
            except ValidationError:  # it is read by itself
                continue
        return found


def _is_of(found: OvhObject, key: int) -> bool:
    return getattr(found, "id", key) == key


def _reason_of_server(error: Any) -> str | None:
    """The reason if OVH's error about an object is a fault of OVH: to ask again at once would change nothing."""
    if not isinstance(error, Mapping):
        return None
    is_server = str(error.get("class", "")).startswith("Server::") or str(error.get("httpCode", "")).startswith("5")
    return "OVH answers with an error of its own" if is_server else None
