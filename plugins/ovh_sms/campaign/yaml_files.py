"""The YAML files of a project, read as validated models with errors that name file, line and field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from ovh_sms.campaign.field_errors import field_errors
from ovh_sms.campaign.strict_yaml import read_yaml
from ovh_sms.errors import CampaignFileError

Model = TypeVar("Model", bound="NamedFile")


class Strict(BaseModel):
    """A model that refuses unknown fields, so that a misspelt one is never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


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


def load_folder(folder: Path, model: type[Model]) -> Iterator[Model | InvalidFile]:
    """Read every file of a folder; an invalid one hides no other.

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
        except Exception as error:  # of any kind: the other files must be read
            yield InvalidFile.because_of(name, paths[0].name, error)


def safe_name(stem: str) -> str:
    """Turn a file's name into one that Airflow accepts in an id."""
    return re.sub(r"[^a-z0-9_]+", "_", stem.lower()).strip("_")[:40] or "unnamed"
