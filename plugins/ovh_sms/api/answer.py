"""One answer of OVH, read as text, ids or nothing. Objects are read by :mod:`ovh_sms.api.models`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from operator import lt
from typing import TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """Status, headers and whole body of one answer."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def json_content(self) -> bytes:
        """The body as pydantic reads it: half an emoji, as an SMS that was cut may hold, is a question mark."""
        if b"\\ud" not in self.content.lower():
            return self.content
        try:
            return json.dumps(json.loads(self.content), ensure_ascii=False).encode("utf-8", "replace")
        except ValueError:  # no JSON at all, as the reader will say
            return self.content


def read_json(shape: type[T], answer: Answer) -> T:
    """Read the body as JSON of an exact shape: ``int``, ``str`` or a list of one type; else a ``ValueError``."""
    adapter = TypeAdapter(shape, config=ConfigDict(strict=True, hide_input_in_errors=True))
    return adapter.validate_json(answer.json_content)


def ids(answer: Answer) -> list[int]:
    """Read a list of ids, each once: a message that is listed twice must not count twice."""
    found = read_json(list[int], answer)
    is_rising = all(map(lt, found, islice(found, 1, None)))  # then no million of them need be compared with each other
    return found if is_rising else list(dict.fromkeys(found))


def names(answer: Answer) -> list[str]:
    """Read a list of names."""
    return read_json(list[str], answer)


def text(answer: Answer) -> str:
    """Read one JSON string, or plain text if the answer says that it is text."""
    if answer.headers.get("Content-Type", "").startswith("text/"):
        return answer.content.decode("utf-8")
    return read_json(str, answer)


def nothing(answer: Answer) -> None:
    """Read the answer of a call that returns nothing: an empty body or ``null``."""
    if answer.content.strip() not in (b"", b"null"):
        raise ValueError("an empty body was expected")


def describe_unreadable(error: ValueError) -> str:
    """Name the fields of an answer that cannot be read, without any value."""
    if not isinstance(error, ValidationError):
        return "its body is no text" if isinstance(error, UnicodeDecodeError) else str(error)
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    if is_no_json(error):
        return "its body is no JSON"
    fields = {".".join(str(part) for part in problem["loc"]) or "body" for problem in problems}
    return f"wrong or missing: {', '.join(sorted(fields)[:5])}"


def is_no_json(error: ValidationError) -> bool:
    """Whether a body could not be read because it is no JSON at all."""
    return any(problem["type"] == "json_invalid" for problem in error.errors())
