"""The campaign file: what is sent, to whom, when, and what it may cost."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ovh_sms.errors import CampaignFileError

NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")
TAG_LENGTH = 20


class _Strict(BaseModel):
    """A misspelt field is an error, not a silently ignored wish."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Contacts(_Strict):
    """Where the receivers of a campaign come from.

    :param file: path of the contact list, relative to the folder that holds ``campaigns/``.
    :param number_column: name of the column with the numbers; found by its name where not given.
    :param region: two-letter country whose national forms are understood.
    :param separator: one of ``; , | tab``; found by looking where not given.
    :param encoding: ``utf-8`` or ``cp1252``; found by looking where not given.
    """

    file: Annotated[str, Field(min_length=1)]
    number_column: str | None = None
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "FR"
    separator: Literal[";", ",", "\t", "|"] | None = None
    encoding: Literal["utf-8", "cp1252"] | None = None


class Campaign(_Strict):
    """One SMS campaign, as its author wrote it.

    :param name: from the file's name; lower-case letters, digits and ``_``, at most 40.
    :param description: shown in Airflow.
    :param schedule: cron expression, or ``None`` to start it by hand.
    :param timezone: zone of the schedule.
    :param connection: Airflow connection to OVH.
    :param account: SMS account; the connection's own where not given.
    :param sender: sender shown to the receivers, at most 11 characters; or
    :param sender_for_response: a short number that receivers can answer to.
    :param kind: ``marketing`` carries the STOP clause and keeps commercial hours; ``transactional`` does neither.
    :param message: the text, with ``#column#`` for mail merge.
    :param contacts: where the receivers come from.
    :param budget: credits the campaign may cost at most.
    :param priority: how OVH orders it among other messages.
    :param validity_hours: hours after which OVH gives up on a message.
    :param collect_within_hours: hours after which the report is made even if messages are still pending.
    :param stop_window_minutes: minutes to wait for STOPs once every message is final.
    """

    name: Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
    description: str = ""
    schedule: str | None = None
    timezone: str = "Europe/Paris"
    connection: str = "ovh_sms_default"
    account: str | None = None
    sender: Annotated[str, Field(min_length=1, max_length=11)] | None = None
    sender_for_response: bool = False
    kind: Literal["marketing", "transactional"]
    message: Annotated[str, Field(min_length=1)]
    contacts: Contacts
    budget: Annotated[float, Field(gt=0)]
    priority: Literal["high", "medium", "low", "veryLow"] = "high"
    validity_hours: Annotated[int, Field(ge=1, le=72)] = 48
    collect_within_hours: Annotated[float, Field(gt=0)] = 72
    stop_window_minutes: Annotated[float, Field(ge=0)] = 60

    @property
    def marketing(self) -> bool:
        """Whether messages carry the STOP clause and keep commercial hours."""
        return self.kind == "marketing"

    @field_validator("message")
    @classmethod
    def _no_trailing_line_break(cls, message: str) -> str:
        # YAML's `|` keeps the last line break, which would be sent and counted.
        return message.rstrip("\r\n")

    @field_validator("schedule")
    @classmethod
    def _schedule_is_cron(cls, schedule: str | None) -> str | None:
        if schedule is None:
            return None
        from croniter import croniter

        if not croniter.is_valid(schedule):
            raise ValueError(f"'{schedule}' is not a cron expression such as '0 10 * * 2'")
        return schedule

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, timezone: str) -> str:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(f"'{timezone}' is not a time zone such as 'Europe/Paris'") from error
        return timezone

    @model_validator(mode="after")
    def _one_sender(self) -> Campaign:
        if self.sender_for_response == (self.sender is not None):
            raise ValueError("give either 'sender' or 'sender_for_response: true', not both and not neither")
        return self


@dataclass(frozen=True)
class BrokenCampaign:
    """A campaign file that cannot be used, kept so that Airflow can show why.

    :param name: from the file's name.
    :param error: names the file and the field.
    """

    name: str
    error: CampaignFileError


def load_campaign(path: Path) -> Campaign:
    """Read one campaign file.

    :param path: ``<name>.yaml``.
    :returns: the validated campaign.
    :raises CampaignFileError: names the file, each wrong field and what is wrong with it.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CampaignFileError(
            f"{path.name}: not readable as YAML: {error}.", action="Correct the file at the place named."
        ) from error
    if not isinstance(content, dict):
        raise CampaignFileError(
            f"{path.name}: holds no fields.", action="Start from one of the examples in include/campaigns."
        )
    if "name" in content:
        raise CampaignFileError(
            f"{path.name}: field 'name' is not allowed: the file's name is the campaign's name.",
            action="Remove it, or rename the file.",
        )
    try:
        return Campaign.model_validate({**content, "name": path.stem})
    except ValidationError as error:
        raise CampaignFileError(
            f"{path.name}: " + "; ".join(_field_errors(error)) + ".", action="Correct the fields named."
        ) from error


def load_campaigns(folder: Path) -> Iterator[Campaign | BrokenCampaign]:
    """Read every campaign file of a folder; a broken one hides no other.

    :param folder: holds ``*.yaml`` and ``*.yml``.
    :returns: one item per file, in the order of their names.
    :raises CampaignFileError: where two files claim one name.
    """
    seen: dict[str, str] = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        if path.stem in seen:
            clash = CampaignFileError(
                f"{path.name}: the campaign '{path.stem}' is already defined by {seen[path.stem]}.",
                action="Rename or remove one of the two files.",
            )
            yield BrokenCampaign(_safe_name(f"{path.stem}_2"), clash)
            continue
        seen[path.stem] = path.name
        try:
            yield load_campaign(path)
        except CampaignFileError as error:
            yield BrokenCampaign(_safe_name(path.stem), error)


def sending_tag(dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> str:
    """Name one sending: the same for every try of a task instance, different for any other.

    :param dag_id: the DAG's id.
    :param run_id: the DAG run's id.
    :param task_id: the sending task's id.
    :param map_index: index of a mapped task, -1 where it is not mapped.
    :returns: 20 ASCII characters (95 bits of a SHA-256 digest), the most OVH keeps of a tag.
    """
    identity = "\x1f".join([dag_id, run_id, task_id, str(map_index)])
    digest = hashlib.sha256(identity.encode()).digest()
    return "c" + base64.b32encode(digest).decode("ascii").lower()[: TAG_LENGTH - 1]


def _safe_name(stem: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", stem.lower()).strip("_")[:40] or "unnamed"


def _field_errors(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"]) or "file"
        yield f"field '{field}': {_explain(problem)}"


def _explain(problem: Any) -> str:
    kind, text = problem["type"], str(problem["msg"])
    if kind == "missing":
        return "is required"
    if kind == "extra_forbidden":
        return "is not a field of a campaign"
    return text.removeprefix("Value error, ")
