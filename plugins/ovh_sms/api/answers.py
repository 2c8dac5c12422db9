"""OVH's answers, read field by field: a field that is missing or of another kind is an unreadable answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


class UnreadableAnswerError(ValueError):
    """An answer is not what OVH documents; the text names the field, never its value."""


@dataclass(frozen=True)
class Answer:
    """What came back: status, headers and the whole body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    def json(self) -> Any:
        """Body as JSON; an empty body is ``None``.

        :raises ValueError: where the body is no JSON.
        """
        return json.loads(self.content) if self.content.strip() else None

    def fields(self) -> Fields:
        """Body as one object."""
        return Fields.of(self.json())

    def integers(self) -> list[int]:
        """Body as a list of ids."""
        return [_integer("list", item) for item in _list("body", self.json())]

    def texts(self) -> list[str]:
        """Body as a list of names."""
        return [_text("list", item) for item in _list("body", self.json())]

    def objects(self) -> list[Fields]:
        """Body as a list of objects."""
        return [Fields.of(item) for item in _list("body", self.json())]

    def text(self) -> str:
        """Body as one JSON string, or as plain text where the answer says that it is text."""
        if self.headers.get("Content-Type", "").startswith("text/"):
            return self.content.decode("utf-8")
        return _text("body", self.json())

    def nothing(self) -> None:
        """Body of a call that returns nothing: empty or ``null``."""
        if self.json() is not None:
            raise UnreadableAnswerError("an empty body was expected")


class Fields:
    """One JSON object of an answer, read by name and kind."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    @classmethod
    def of(cls, data: object) -> Fields:
        """Take JSON that must be an object."""
        if not isinstance(data, Mapping):
            raise UnreadableAnswerError("an object was expected")
        return cls(data)

    def _get(self, name: str) -> Any:
        if name not in self._data:
            raise UnreadableAnswerError(f"field {name!r} is missing")
        return self._data[name]

    def text(self, name: str) -> str:
        """Text that must be there."""
        return _text(name, self._get(name))

    def optional_text(self, name: str) -> str:
        """Text, or nothing as ``""``."""
        value = self._data.get(name)
        return "" if value is None else _text(name, value)

    def integer(self, name: str) -> int:
        """Whole number that must be there."""
        return _integer(name, self._get(name))

    def optional_integer(self, name: str) -> int | None:
        """Whole number, or ``None``."""
        value = self._data.get(name)
        return None if value is None else _integer(name, value)

    def number(self, name: str) -> float:
        """Number, whole or not, that must be there."""
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UnreadableAnswerError(f"field {name!r} is no number")
        return float(value)

    def optional_number(self, name: str) -> float | None:
        """Number, or ``None``."""
        return None if self._data.get(name) is None else self.number(name)

    def moment(self, name: str) -> datetime:
        """Date and time that must be there, in UTC."""
        return parse_moment(name, self._get(name))

    def optional_moment(self, name: str) -> datetime | None:
        """Date and time in UTC, or ``None``."""
        value = self._data.get(name)
        return None if value is None else parse_moment(name, value)

    def object(self, name: str) -> Fields:
        """Object within the object."""
        return Fields.of(self._get(name))

    def optional_object(self, name: str) -> Fields | None:
        """Object within the object, or ``None``."""
        value = self._data.get(name)
        return None if value is None else Fields.of(value)

    def objects(self, name: str) -> list[Fields]:
        """List of objects; none where the field is missing or null."""
        return [Fields.of(item) for item in _list(name, self._data.get(name) or [])]

    def integers(self, name: str) -> list[int]:
        """List of whole numbers that must be there."""
        return [_integer(name, item) for item in _list(name, self._get(name))]

    def texts(self, name: str) -> list[str]:
        """List of texts; none where the field is missing or null."""
        return [_text(name, item) for item in _list(name, self._data.get(name) or [])]


def parse_moment(name: str, value: object) -> datetime:
    """Read a date of OVH's; one without offset is taken as UTC.

    :param name: the field, for the error's text.
    :param value: ISO 8601 text.
    :returns: the moment in UTC.
    """
    try:
        moment = datetime.fromisoformat(_text(name, value))
    except ValueError:
        raise UnreadableAnswerError(f"field {name!r} is no date") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise UnreadableAnswerError(f"field {name!r} is no text")
    return value


def _integer(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UnreadableAnswerError(f"field {name!r} is no whole number")
    return value


def _list(name: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise UnreadableAnswerError(f"field {name!r} is no list")
    return value
