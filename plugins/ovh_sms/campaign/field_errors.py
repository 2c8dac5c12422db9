"""Pydantic's errors in plain words: the line, the field, and the name that was probably meant."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from ovh_sms.campaign.alternatives import MARKS
from ovh_sms.campaign.misread_values import as_list, one_text

if TYPE_CHECKING:
    from ovh_sms.campaign.strict_yaml import Field, Place, YamlDocument

#: Characters of the sentences behind the first.
MOST_CHARACTERS = 300
#: Names that an unknown field may stand for, at most.
_MOST_NAMES = 3
#: Characters of a value that is shown.
_MOST_CHARACTERS = 80


@dataclass(frozen=True)
class _Problem:
    """One wrong field, at its place in the file."""

    type: str
    message: str
    given: Any
    place: Place

    @classmethod
    def of(cls, error: Any, document: YamlDocument) -> _Problem:
        *above, last = error["loc"] or (MARKS[0],)
        # A mark is no name, unless the author of the file has written it.
        written = error["type"] == "extra_forbidden" or last not in MARKS
        field = (*(part for part in above if part not in MARKS), *([last] if written else []))
        return cls(error["type"], error["msg"], error["input"], document.place_of(field))


def field_errors(error: ValidationError, model: type[BaseModel], document: YamlDocument) -> str:
    """Name every wrong field at once, in the order of the file.

    :returns: sentences, such as ", line 7: unknown field `budgett`; did you mean `budget`?", to follow a file's name.
    """
    known = dict(_fields_of(model))
    problems = [_Problem.of(each, document) for each in error.errors()]
    unknown = [each.place.field for each in problems if each.type == "extra_forbidden"]
    meant = {field: _similar(field, list(known)) for field in unknown}
    misspelt = {name for names in meant.values() for name in names}
    first, *others = [
        _sentence(each, known, meant.get(each.place.field, []))
        for each in sorted(problems, key=lambda each: each.place.line or sys.maxsize)
        if each.type != "missing" or each.place.field not in misspelt  # it is there
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


def _sentence(problem: _Problem, known: dict[Field, bool], meant: list[Field]) -> str:
    place = f"line {problem.place.line}: " if problem.place.line else ""
    field = _name(problem.place.field)
    if problem.type == "extra_forbidden":
        names = [f"`{_name(each)}`" for each in meant]
        return f"{place}unknown field `{field}`" + (f"; did you mean {_either(names)}?" if names else ".")
    if problem.type == "missing":
        return f"{place}field `{field}` is required."
    reason = _reason(problem, known).rstrip(".")
    return f"{place}field `{field}` is wrong: {reason}." if field else f"{place}{reason}."


def _reason(problem: _Problem, known: dict[Field, bool]) -> str:
    said = None
    if problem.type == "model_type":
        said = _fields_wanted(problem, known)
    elif problem.type == "tuple_type":
        said = as_list(problem.given, problem.place.written) or "give a list"
    elif problem.type == "string_type":
        said = one_text(problem.given, problem.place.written)
    return said or problem.message.removeprefix("Value error, ")


def _fields_wanted(problem: _Problem, known: dict[Field, bool]) -> str | None:
    """The fields to write at a place that holds a value: those that are required, or else the first."""
    place, given = problem.place, problem.given
    below = {each[-1]: is_required for each, is_required in known.items() if each[:-1] == _names_alone(place.field)}
    wanted = [name for name, is_required in below.items() if is_required] or list(below)[:1]
    fits = isinstance(given, str) and len(wanted) == 1 and len(place.written or "") <= _MOST_CHARACTERS
    value = (fits and place.written) or "…"
    if place.field and isinstance(place.field[-1], int):
        return f"give fields such as {{{', '.join(f'{name}: …' for name in wanted)}}}"
    fields = " and ".join(f"`{name}: {value}`" for name in wanted)
    return f"write {fields} below `{_name(place.field)}:`" if place.field and wanted else None


def _fields_of(model: type[BaseModel], above: Field = ()) -> Iterator[tuple[Field, bool]]:
    """Every field that a file may have, with those below it, and whether it is required."""
    for field, about in model.model_fields.items():
        name = about.alias or field
        if not above and name == "name":
            continue  # the file's own name
        yield (*above, name), about.is_required()
        for below in _models_in(about.annotation):
            yield from _fields_of(below, (*above, name))


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _similar(unknown: Field, known: Sequence[Field]) -> list[Field]:
    """The fields that an unknown one may stand for: of its name elsewhere, or of a similar name, here first."""
    *above, last = unknown
    names = {str(each[-1]) for each in known}
    found = [last] if last in names else get_close_matches(str(last), sorted(names), 1)
    fitting = [each for each in known if each[-1] in found]
    here = [(*above, each[-1]) for each in fitting if each[:-1] == _names_alone(above)]
    return here or fitting[:_MOST_NAMES]


def _names_alone(field: Sequence[int | str]) -> Field:
    return tuple(part for part in field if not isinstance(part, int))


def _name(field: Field) -> str:
    """A field as its author would write it: ``contacts.consent[0].accept``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in field).removeprefix(".")


def _either(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
