"""Reads YAML strictly: refuses keys given twice, and texts that end before their own ``#column#``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ovh_sms.campaign.fast_yaml import compose
from ovh_sms.errors import CampaignFileError

#: Fields that hold ``#column#``: YAML reads a ``#`` after a blank as the start of a comment.
_TEXTS = ("message", "default_text")
#: Other keys are numbers, days or truth values to YAML.
_NAMES = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:merge")
#: Fields that list words: ``YES`` and ``1`` are words there, and neither truth values nor numbers.
_WORDS = ("words",)
_COMMENT = re.compile(r"[ \t]*(#|(\r?\n[ \t]*)*\r?\n[ \t]+#)")


Field = tuple[int | str, ...]


@dataclass(frozen=True)
class Place:
    """The place of a field in a file.

    :param field: its names; without an index where the file has a single value in place of a list.
    :param line: of the field, or of the nearest one around it, from 1; ``None`` if not even the first name is there.
    :param written: the value without quotes, as it stands there; ``None`` for any other value.
    """

    field: Field
    line: int | None
    written: str | None


@dataclass(frozen=True)
class YamlDocument:
    """The content of a YAML file, with the lines of its fields."""

    content: Any
    _root: yaml.Node | None

    def place_of(self, field: Field) -> Place:
        """Return where a field stands."""
        node, line, names = self._root, None, []
        for part in field:
            found = _child(node, part)
            if found is None and isinstance(part, int) and isinstance(node, yaml.MappingNode | yaml.ScalarNode):
                continue
            names.append(part)
            line, node = found or (line, None)
        plain = isinstance(node, yaml.ScalarNode) and not node.style
        return Place(tuple(names), line, node.value if plain and node else None)


def read_yaml(path: Path) -> YamlDocument:
    """Read one YAML file.

    :raises CampaignFileError: the file cannot be read as YAML; names the line.
    """
    try:
        return _load(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise CampaignFileError(
            f"{path.name}: not readable as YAML: it is not UTF-8 text.", action="Save the file in UTF-8."
        ) from error
    except (yaml.MarkedYAMLError, yaml.reader.ReaderError) as error:
        line, problem = _syntax_error(error)
        raise CampaignFileError(
            f"{path.name}{line}: not readable as YAML: {problem}.", action="Correct the file at the place named."
        ) from error
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise CampaignFileError(
            f"{path.name}: not readable as YAML: {error}.", action="Correct the file at the place named."
        ) from error


def _load(text: str) -> YamlDocument:
    """Read a text; the slow parser reads what is refused once more, as its errors are explained below."""
    try:
        root = compose(text, _check_mapping)
        return YamlDocument(_StrictLoader("").construct_document(root) if root is not None else None, root)
    except Exception:
        return _load_slowly(text)


def _load_slowly(text: str) -> YamlDocument:
    loader = _StrictLoader(text)
    try:
        root = loader.get_single_node()
        return YamlDocument(loader.construct_document(root) if root is not None else None, root)
    finally:
        loader.dispose()


class _StrictLoader(yaml.SafeLoader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """Make one value; one that YAML takes for a day or a number, and that is none, is named with its line."""
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            kind = "day of the calendar" if node.tag.endswith(":timestamp") else "number"
            problem = f"{str(node.value)[:40]} is no {kind}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """Read one mapping."""
        node = super().compose_mapping_node(anchor)
        _check_mapping(node, self.text)
        return node


def _check_mapping(node: yaml.MappingNode, text: str) -> None:
    """Refuse keys given twice, keys that are no names, and texts that are cut."""
    lines: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        if key.value in _TEXTS:
            _refuse_cut(key.value, value, text)
        if key.value in _WORDS:
            _take_as_texts(value)
        if key.tag not in _NAMES:
            raise yaml.constructor.ConstructorError(
                None, None, f"`{key.value[:40]}` is no name of a field", key.start_mark
            )
        line = key.start_mark.line + 1
        if key.value in lines:
            first = lines[key.value]
            raise yaml.YAMLError(f"the key `{key.value}` is given twice, on lines {first} and {line}")
        lines[key.value] = line


def _take_as_texts(node: yaml.Node) -> None:
    """Read the values of a list as they are written."""
    for each in node.value if isinstance(node, yaml.SequenceNode) else ():
        if isinstance(each, yaml.ScalarNode) and not each.tag.endswith(":null"):
            each.tag = "tag:yaml.org,2002:str"


def _refuse_cut(key: str, value: yaml.Node, text: str) -> None:
    """Refuse an unquoted text if YAML reads the rest of it as a comment."""
    plain = isinstance(value, yaml.ScalarNode) and not value.style
    if plain and _COMMENT.match(text, value.end_mark.index):
        raise yaml.YAMLError(
            f"the {key} on line {value.start_mark.line + 1} ends before a '#', which YAML reads as a comment: "
            "put the whole text in double quotes, or below 'message: >-'"
        )


def _child(node: yaml.Node | None, part: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):  # merged keys come first, and the last one counts
            if isinstance(key, yaml.ScalarNode) and key.value == str(part):
                return key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        value = node.value[part]
        return value.start_mark.line + 1, value
    return None


def _syntax_error(error: yaml.YAMLError) -> tuple[str, str]:
    """Return the line and the problem in plain words."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return "", f"the character U+{error.character:04X} is not allowed"  # type: ignore[attr-defined]
    mark, problem = error.problem_mark or error.context_mark, str(error.problem)
    if error.context == "while scanning a quoted scalar":
        mark, problem = error.context_mark, "the quote that opens here is not closed"
    elif "expected" in problem:
        problem = "this does not fit the lines above; check for a missing quote or bracket, or a wrong indent"
    elif "'\\t'" in problem:
        problem = "a tab; indent with blanks"
    elif problem == "mapping values are not allowed here":
        problem = "a second ': ' in a line; put a text that holds one in quotes"
    return (f", line {mark.line + 1}" if mark else ""), problem
