"""The YAML files of a project, read as validated models with errors that name file, line and field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, ValidationInfo, field_validator

from ovh_sms.campaign.field_errors import field_errors
from ovh_sms.campaign.strict_yaml import read_yaml
from ovh_sms.campaign.yaml_paths import yaml_paths
from ovh_sms.errors import CampaignFileError

Model = TypeVar("Model", bound="NamedFile")


class Strict(BaseModel):
    """A model that refuses unknown fields, so that a misspelt one is never ignored."""

    # A traceback shows no value of a file: it may be a number, an address or a password.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)

    @field_validator("*", mode="before", check_fields=False)
    @classmethod
    def _no_truth_value_for_a_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Pydantic would read ``yes`` as 1: a budget of 1 credit, batches of one receiver."""
        if isinstance(value, bool) and info.field_name in _numbers(cls):
            raise ValueError("give a number, not yes or no")
        return value


@cache
def _numbers(model: type[Strict]) -> frozenset[str]:
    """The fields of a model that hold numbers and nothing else."""
    of_fields = {name: _kinds(about.annotation) for name, about in model.model_fields.items()}
    return frozenset(name for name, kinds in of_fields.items() if kinds <= {int, float, type(None)})


def _kinds(annotation: Any) -> set[Any]:
    """The types that a field may hold."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kinds(inner[0])
    if origin in (Union, UnionType):
        return {kind for each in inner for kind in _kinds(each)}
    return {annotation}


class NamedFile(Strict):
    """A file that gives its own name to its content."""

    name: str


@dataclass(frozen=True)
class InvalidFile:
    """A file that cannot be used, kept so that Airflow can show its error."""

    name: str
    error: CampaignFileError

    @classmethod
    def because_of(cls, name: str, file: str, error: Exception) -> InvalidFile:
        """Turn any error into that of a file."""
        if not isinstance(error, CampaignFileError):
            error = CampaignFileError(
                f"{file}: cannot be used: {type(error).__name__}: {error}.", action="Correct the value that it names."
            )
        return cls(name, error)


def load_file(path: Path, model: type[Model]) -> Model:
    """Read one file.

    :raises CampaignFileError: names the file and each wrong field with its line.
    """
    document = read_yaml(path)
    if not isinstance(document.content, dict):
        raise CampaignFileError(f"{path.name}: holds no fields.", action="Start from one of the examples in include/.")
    if "name" in document.content:
        line = document.place_of(("name",)).line
        raise CampaignFileError(
            f"{path.name}, line {line}: field `name` is not allowed, as the file's own name is used.",
            action="Remove the field, or rename the file.",
        )
    try:
        return model.model_validate({**document.content, "name": path.stem})
    except ValidationError as error:
        raise CampaignFileError(
            path.name + field_errors(error, model, document), action="Correct the fields named."
        ) from error


def load_folder(folder: Path, model: type[Model], *, only: str | None = None) -> Iterator[Model | InvalidFile]:
    """Read every file of a folder that is not hidden; an invalid one hides no other.

    :param only: the name of one file, as :func:`safe_name` makes it; the others are not opened.
    :returns: one item per name, in the order of the names; two files of one name are both refused.
    """
    named: dict[str, list[Path]] = {}
    for path in yaml_paths(folder):
        named.setdefault(safe_name(path.stem), []).append(path)
    for name, paths in sorted(named.items()):
        if only not in (None, name):
            continue
        if len(paths) > 1:
            files = " and ".join(path.name for path in paths)
            clash = CampaignFileError(f"{files} share one name.", action="Rename or remove one of them.")
            yield InvalidFile(name, clash)
            continue
        try:
            yield load_file(paths[0], model)
        except Exception as error:  # of any kind: the other files must be read
            yield InvalidFile.because_of(name, paths[0].name, error)


def safe_name(stem: str) -> str:
    """Turn a file's name into one that Airflow accepts in an id."""
    return re.sub(r"[^a-z0-9_]+", "_", stem.lower()).strip("_")[:40] or "unnamed"
