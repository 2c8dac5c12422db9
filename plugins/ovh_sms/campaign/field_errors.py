"""Pydantic's errors in plain words: the line, the field, and the name that was probably meant."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from ovh_sms.campaign.strict_yaml import YamlDocument

Field = tuple[int | str, ...]
#: Characters of the sentences behind the first.
MOST_CHARACTERS = 300


def field_errors(error: ValidationError, model: type[BaseModel], document: YamlDocument) -> str:
    """Name every wrong field at once, in the order of the file.

    :returns: sentences, such as ", line 7: unknown field `budgett`; did you mean `budget`?", to follow a file's name.
    """
    problems: list[Any] = list(error.errors())
    meant = {each["loc"]: _similar(each["loc"], model) for each in problems if each["type"] == "extra_forbidden"}
    lines = {each["loc"]: document.line_of(each["loc"]) for each in problems}
    first, *others = [
        _sentence(each, lines[each["loc"]], meant.get(each["loc"]))
        for each in sorted(problems, key=lambda each: lines[each["loc"]] or sys.maxsize)
        if each["type"] != "missing" or each["loc"] not in meant.values()  # it is there, misspelt
    ]
    start = f", {first}" if first.startswith("line ") else f": {first}"
    return " ".join([start, *_within(MOST_CHARACTERS, [other[:1].upper() + other[1:] for other in others])])


def _within(room: int, sentences: list[str]) -> list[str]:
    """As many sentences as there is room for, and how many more there are."""
    shown: list[str] = []
    for each in sentences:
        room -= len(each)
        if room < 0:
            left = len(sentences) - len(shown)
            return [*shown, f"{left} more field{'s are' if left > 1 else ' is'} wrong."]
        shown.append(each)
    return shown


def _sentence(problem: Any, line: int | None, meant: Field | None) -> str:
    place = f"line {line}: " if line else ""
    field = ".".join(map(str, problem["loc"]))
    if problem["type"] == "extra_forbidden":
        hint = f"; did you mean `{'.'.join(map(str, meant))}`?" if meant else "."
        return f"{place}unknown field `{field}`{hint}"
    if problem["type"] == "missing":
        return f"{place}field `{field}` is required."
    reason = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{place}field `{field}` is wrong: {reason}." if field else f"{place}{reason}."


def _similar(unknown: Field, model: type[BaseModel]) -> Field | None:
    *above, last = unknown
    for part in above:
        annotation = model.model_fields[str(part)].annotation
        for kind in (annotation, *get_args(annotation)):
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                model = kind
    known = [name for name in model.model_fields if name != "name"]  # the file's own name
    found = get_close_matches(str(last), known, 1)
    return (*above, found[0]) if found else None
