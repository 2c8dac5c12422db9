"""The campaign file: what is sent, to whom, when, and what it may cost."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from ovh_sms.campaign.contacts_source import Contacts
from ovh_sms.campaign.yaml_files import InvalidFile, NamedFile, load_folder
from ovh_sms.errors import CampaignFileError

__all__ = ["Campaign", "Contacts", "Topup", "load_topups"]

NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,39}")


class Campaign(NamedFile):
    """One SMS campaign, as its author wrote it.

    :param name: from the file's name; lower-case letters, digits and ``_``, at most 40.
    :param description: shown in Airflow.
    :param schedule: cron expression, or ``None`` to start it by hand.
    :param timezone: zone of the schedule.
    :param connection: Airflow connection to OVH.
    :param account: SMS account; the connection's own where not given.
    :param sender: sender shown to the receivers, at most 11 characters; or
    :param sender_for_response: a short number that receivers can answer to.
    :param kind: ``marketing`` carries the STOP clause and keeps commercial hours;
        ``transactional`` does neither.
    :param message: the text, with ``#column#`` for mail merge.
    :param contacts: where the receivers come from.
    :param budget: credits the campaign may cost at most.
    :param priority: how OVH orders it among other messages.
    :param validity_hours: hours after which OVH gives up on a message.
    :param collect_within_hours: hours after which the report is made even if messages are still pending.
    :param stop_window_minutes: minutes to wait for STOPs once every message is final; none where no STOP is offered.
    :param poll_interval_seconds: seconds between two looks at the delivery receipts.
    :param max_lateness_hours: a scheduled run that comes later than this after its time sends nothing.
    :param batch_size: receivers of one sending at most; a longer list is sent in several, each once.
    """

    name: str
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
    budget: Annotated[float, Field(gt=0, le=10_000_000)]
    priority: Literal["high", "medium", "low", "veryLow"] = "high"
    validity_hours: Annotated[int, Field(ge=1, le=72)] = 48
    collect_within_hours: Annotated[float, Field(gt=0, le=720)] = 72
    stop_window_minutes: Annotated[float, Field(ge=0, le=10_080)] = 60
    poll_interval_seconds: Annotated[float, Field(ge=1, le=86_400)] = 60
    max_lateness_hours: Annotated[float, Field(gt=0, le=8_760)] = 6
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000

    @property
    def marketing(self) -> bool:
        """Whether messages carry the STOP clause and keep commercial hours."""
        return self.kind == "marketing"

    def preparing(self, include: Path) -> dict[str, Any]:
        """What the preparing task needs of this file.

        :param include: folder that holds ``campaigns/`` and ``contacts/``.
        :returns: parameters of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`.
        """
        return {
            "campaign": self.name,
            **self.contacts.source(include),
            "message": self.message,
            "stop_clause": self.adds_stop,
            "options": self.contacts.options(),
            "batch_size": self.batch_size,
        }

    def checking(self) -> dict[str, Any]:
        """What the checks before sending need of this file.

        :returns: parameters of :class:`~ovh_sms.operators.prepare_contacts.PreflightOperator`.
        """
        return {
            "message": self.message,
            "marketing": self.marketing,
            "sender": self.sender,
            "budget": self.budget,
        }

    def sending(self) -> dict[str, Any]:
        """What the sending task needs of this file.

        :returns: parameters of :class:`~ovh_sms.operators.send_job.SendJobOperator`.
        """
        return {
            "campaign": self.name,
            "message": self.message,
            "sender": self.sender,
            "sender_for_response": self.sender_for_response,
            "stop_clause": self.marketing,
            "priority": self.priority,
            "max_lateness": timedelta(hours=self.max_lateness_hours),
            "validity_minutes": self.validity_hours * 60,
            "report": {
                "collect_within_hours": self.collect_within_hours,
                "stop_window_minutes": self.stop_window_minutes if self.adds_stop else 0,
                "poll_interval_seconds": self.poll_interval_seconds,
            },
        }

    @property
    def adds_stop(self) -> bool:
        """Whether OVH adds the STOP clause: only to a named sender, as a short number can be answered."""
        return self.marketing and self.sender is not None

    @field_validator("name")
    @classmethod
    def _name_fits_an_id(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError("name the file with lower-case letters, digits and '_', at most 40")
        if name in ("report", "cancel"):
            raise ValueError(f"'{name}' is taken by the DAG sms_campaign_{name}; rename the file")
        return name

    @field_validator("message")
    @classmethod
    def _no_trailing_line_break(cls, message: str) -> str:
        # YAML's `|` keeps the last line break, which would be sent and counted.
        if not message.strip():
            raise ValueError("the message is empty")
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


class Topup(NamedFile):
    """When credits of an SMS account are ordered, and how many.

    :param name: from the file's name.
    :param connection: Airflow connection to OVH.
    :param account: SMS account; the connection's own where not given.
    :param threshold: credits under which an order is made.
    :param quantity: credits to order.
    :param max_price: highest price with tax, in the account's currency, that may be ordered without asking.
    """

    name: Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
    connection: str = "ovh_sms_default"
    account: str | None = None
    threshold: Annotated[float, Field(gt=0, le=10_000_000)]
    quantity: Annotated[int, Field(ge=100, le=1_000_000)]
    max_price: Annotated[float, Field(gt=0, le=1_000_000)]


def load_topups(folder: Path) -> list[Topup | InvalidFile]:
    """Read every top-up file; two that may order for one account are both refused.

    :param folder: ``include/accounts``.
    :returns: one item per file, in the order of the names.
    """
    found = list(load_folder(folder, Topup))
    return [_alone(each, found) if isinstance(each, Topup) else each for each in found]


def _alone(one: Topup, found: list[Topup | InvalidFile]) -> Topup | InvalidFile:
    others = [
        f"'{other.name}'"
        for other in found
        if isinstance(other, Topup)
        and other is not one
        and other.connection == one.connection
        # Without 'account' it is the connection's own, which may be the very one that the other file names.
        and (other.account == one.account or not other.account or not one.account)
    ]
    if not others:
        return one
    error = CampaignFileError(
        f"accounts file '{one.name}': connection '{one.connection}' and field 'account' may mean the same SMS "
        f"account as in {' and '.join(others)}; it would be ordered for twice.",
        action="Name a different 'account' in each of them, or remove one.",
    )
    return InvalidFile(one.name, error)
