"""Files that people write, read as validated models with errors that name file and field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from ovh_sms.errors import CampaignFileError

Model = TypeVar("Model", bound="NamedFile")


class Strict(BaseModel):
    """A misspelt field is an error, not a silently ignored wish."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class NamedFile(Strict):
    """A file whose name is the name of what it describes."""

    name: str


@dataclass(frozen=True)
class InvalidFile:
    """A file that cannot be used, kept so that Airflow can show why.

    :param name: from the file's name, safe for an Airflow id.
    :param error: names the file and the field.
    """

    name: str
    error: CampaignFileError

    @classmethod
    def because_of(cls, name: str, file: str, error: Exception) -> InvalidFile:
        """Show any error as that of a file.

        :param name: as above.
        :param file: the file's name.
        :param error: what was raised while the file was read or used.
        """
        if not isinstance(error, CampaignFileError):
            error = CampaignFileError(
                f"{file}: cannot be used: {type(error).__name__}: {error}.",
                action="Correct the value that it names.",
            )
        return cls(name, error)


#: Texts with ``#column#``: YAML takes a ``#`` after a blank for the start of a comment.
_TEXTS = ("message", "empty_text")
_COMMENT = re.compile(r"[ \t]*(#|(\r?\n[ \t]*)*\r?\n[ \t]+#)")


class _CarefulLoader(yaml.SafeLoader):
    """A loader that refuses what YAML would silently read otherwise than it was meant.

    That is a key given twice, of which the last would count, and a message cut short by its own ``#column#``.
    """

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Read one mapping."""
        node = super().compose_mapping_node(anchor)
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in _TEXTS:
                _refuse_cut(key.value, value)
            line = key.start_mark.line + 1
            if key.value in lines:
                first = lines[key.value]
                raise yaml.YAMLError(f"the key '{key.value}' is given twice, on lines {first} and {line}")
            lines[key.value] = line
        return node


def _refuse_cut(key: str, value: yaml.Node) -> None:
    """Refuse a text without quotes that is followed by what YAML takes for a comment."""
    end = value.end_mark
    plain = isinstance(value, yaml.ScalarNode) and value.style is None
    if plain and end.buffer and _COMMENT.match(end.buffer, end.pointer):
        raise yaml.YAMLError(
            f"the {key} on line {value.start_mark.line + 1} ends before a '#', which YAML takes for a comment: "
            "put the whole text in double quotes, or below 'message: >-'"
        )


def load_file(path: Path, model: type[Model]) -> Model:
    """Read one file.

    :param path: ``<name>.yaml``.
    :param model: what it must hold.
    :returns: the validated content.
    :raises CampaignFileError: names the file, each wrong field and what is wrong with it.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), _CarefulLoader)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError as error:
        raise CampaignFileError(
            f"{path.name}: not readable as YAML: no UTF-8 text.", action="Save the file in UTF-8."
        ) from error
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError) as error:
        where, what = _place(error)
        raise CampaignFileError(
            f"{path.name}{where}: not readable as YAML: {what}.",
            action="Correct the file at the place named.",
        ) from error
    # PyYAML raises ValueError for a date that does not exist, such as 2026-13-45.
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise CampaignFileError(
            f"{path.name}: not readable as YAML: {error}.", action="Correct the file at the place named."
        ) from error
    if not isinstance(content, dict):
        raise CampaignFileError(
            f"{path.name}: holds no fields.", action="Start from one of the examples in include/."
        )
    if "name" in content:
        raise CampaignFileError(
            f"{path.name}: field 'name' is not allowed, the file's own name is used.",
            action="Remove the field, or rename the file.",
        )
    try:
        return model.model_validate({**content, "name": path.stem})
    except ValidationError as error:
        raise CampaignFileError(
            f"{path.name}: " + "; ".join(_field_errors(error)) + ".", action="Correct the fields named."
        ) from error


def _place(error: yaml.YAMLError) -> tuple[str, str]:
    """Tell where and what, in a sentence, of what PyYAML tells in several lines of its own words."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return "", f"the character U+{error.character:04X} is not allowed"  # type: ignore[attr-defined]
    mark, what = error.problem_mark or error.context_mark, str(error.problem)
    if error.context == "while scanning a quoted scalar":
        mark, what = error.context_mark, "the quote that opens here is not closed"
    elif "expected" in what:
        what = "this does not fit what is above; look for a missing quote or bracket, or a wrong indent"
    elif "'\\t'" in what:
        what = "a tab; indent with blanks"
    elif what == "mapping values are not allowed here":
        what = "a second ': ' in a line; put a text that holds one in quotes"
    return (f", line {mark.line + 1}" if mark else ""), what


def load_folder(folder: Path, model: type[Model]) -> Iterator[Model | InvalidFile]:
    """Read every file of a folder; a broken one hides no other.

    :param folder: holds ``*.yaml`` and ``*.yml``.
    :param model: what each must hold.
    :returns: one item per name, in the order of the names; two files of one name are both refused.
    """
    named: dict[str, list[Path]] = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        named.setdefault(safe_name(path.stem), []).append(path)
    for name, paths in sorted(named.items()):
        if len(paths) > 1:
            files = " and ".join(path.name for path in paths)
            clash = CampaignFileError(f"{files} share one name.", action="Rename or remove one of them.")
            yield InvalidFile(name, clash)
            continue
        try:
            yield load_file(paths[0], model)
        except Exception as error:  # whatever it is, the other files must be read
            yield InvalidFile.because_of(name, paths[0].name, error)


def safe_name(stem: str) -> str:
    """Turn a file's name into one that Airflow accepts in an id."""
    return re.sub(r"[^a-z0-9_]+", "_", stem.lower()).strip("_")[:40] or "unnamed"


def _field_errors(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"])
        yield (f"field '{field}' " if field else "") + _explain(problem)


def _explain(problem: Any) -> str:
    kind, text = problem["type"], str(problem["msg"])
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        return "is not known here"
    return "is wrong: " + text.removeprefix("Value error, ")
