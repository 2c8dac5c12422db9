"""The campaign file: the message, its receivers, its time and its budget."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ovh_sms.campaign.approval import MOST_HOURS, Approval, CampaignApproval, refuse_late_answers
from ovh_sms.campaign.campaign_schedule import (
    Schedule,
    SendAt,
    Timezone,
    ValidUntil,
    ValidUntilColumn,
    check_local_moment,
    next_times,
    read_moment,
    read_valid_until,
)
from ovh_sms.campaign.campaign_user import terms_of
from ovh_sms.campaign.contacts_source import Contacts
from ovh_sms.campaign.dag_ids import checked_name
from ovh_sms.campaign.departure_deadline import LeavesInTime
from ovh_sms.campaign.limits import Limits
from ovh_sms.campaign.named_receivers import TestReceivers
from ovh_sms.campaign.notifiers import NotifierEntry
from ovh_sms.campaign.ovh_batches import Via, refuse_fields_not_taken
from ovh_sms.campaign.pace import PaceText, read_pace, refuse_pace_held_by_ovh
from ovh_sms.campaign.pilot import Pilot
from ovh_sms.campaign.replies import CampaignReplies
from ovh_sms.campaign.wait_for_credits import WaitForCredits

_ONE_SENDER = "give either `sender` or `sender_for_response: true`, not both and not neither"


class Campaign(LeavesInTime):
    """One SMS campaign, as its author wrote it.

    :param name: from the file's name; lower-case letters, digits and ``_``, at most 40.
    :param description: shown in Airflow.
    :param timezone: zone of the schedule.
    :param schedule: cron expression, or ``asset`` with the name of data that starts a run whenever it is updated.
    :param send_at: one moment, as ``2026-12-05 10:00``, at which one run is planned, once. Without ``schedule`` and
        ``send_at``, runs are started by hand.
    :param connection: Airflow connection to OVH.
    :param account: SMS account; the connection's own if not given.
    :param user: login of the account's user who sends; its quota pays if it has one.
    :param sender: sender shown to the receivers, at most 11 characters; or
    :param sender_for_response: a short number that receivers can answer to.
    :param kind: ``marketing`` carries the STOP clause and keeps the sending window;
        ``transactional`` does neither.
    :param message: the text, with ``#column#`` for mail merge.
    :param contacts: the contact list and its options.
    :param budget: credits the campaign may cost at most.
    :param budget_per_month: credits that its runs may cost at most in a calendar month of ``timezone``.
    :param wait_for_credits: hours for which a run waits for credits if the account holds too few; ``true``: as long as
        it is not too late.
    :param limits: what a run may lose or cost, and how much it may grow, before it sends nothing.
    :param approval: a person approves each run in Airflow before its list is uploaded.
    :param empty_list: whether a run whose list has no contact fails or is skipped.
    :param declared_countries: two-letter countries in which the sender is declared, where operators ask for that (ES).
    :param priority: its order among other messages at OVH.
    :param via: ``ovh_batches``: OVH keeps each batch for a while, in which a lost answer is found by name, and a
        doubled or wrong one is cancelled.
    :param validity_hours: hours after which OVH stops trying to deliver a message.
    :param collect_within_hours: hours after which the report is made even if messages are still pending.
    :param stop_window_minutes: minutes to wait for opt-outs once every message is final; none if no STOP is offered.
    :param poll_interval_seconds: seconds between two checks of the delivery receipts.
    :param max_lateness_hours: a scheduled run whose messages would leave later than this sends nothing.
    :param hours: of marketing: ``split`` sends to each time zone at its own time; ``hold`` leaves the wait to OVH,
        which knows the hours of Paris alone; ``refuse`` sends nothing outside of the hours.
    :param night: of transactional messages: ``hold`` keeps them from 22 to 7 h by the receivers' clocks.
    :param valid_until: nothing leaves after it: ``2026-12-05 18:00``, ``"18:00"`` on the day of each run, or
        ``column`` with the name of the list's column that says it for each row.
    :param pace: messages that leave in a minute, an hour or a day at most, as ``5000 per hour``.
    :param pilot: people who get the message first; the rest follows once enough got it, and few answered STOP.
    :param batch_size: receivers of one batch at most; a longer list is sent in several, each once.
    :param stop_threshold: STOPs for 1,000 delivered messages above which the notifiers are used, and batches that are
        not sent yet wait for a person.
    :param dead_after: runs that could not reach a number for good, from which on it gets nothing; 0: it always does. By
        default that of the account file.
    :param test_receivers: phone numbers of up to ten people who get the first, the shortest and the longest text of a
        run before its list is uploaded.
    :param replies: the words of replies that start something, if receivers can answer.
    :param leave_within_hours: hours after which ``notify`` reports a run whose messages have not all left.
    :param notify: notifiers that report the figures of each run, once, or that it was not sent, or not whole.
    """

    name: str
    description: str = ""
    timezone: Timezone = "Europe/Paris"
    schedule: Schedule | None = None
    send_at: SendAt | None = None
    connection: str = "ovh_sms_default"
    account: str | None = None
    sender: Annotated[str, Field(min_length=1, max_length=11)] | None = None
    sender_for_response: bool = False
    kind: Literal["marketing", "transactional"]
    message: Annotated[str, Field(min_length=1)]
    contacts: Contacts
    budget: Annotated[float, Field(gt=0, le=10_000_000)]
    budget_per_month: Annotated[float, Field(gt=0, le=100_000_000)] | None = None
    wait_for_credits: WaitForCredits = False
    limits: Limits | None = None
    approval: Approval = None
    empty_list: Literal["fail", "skip"] = "fail"
    declared_countries: tuple[Annotated[str, Field(pattern="^[A-Z]{2}$")], ...] | None = None
    priority: Literal["high", "medium", "low", "veryLow"] = "high"
    validity_hours: Annotated[int, Field(ge=1, le=72)] = 48
    via: Via = None
    collect_within_hours: Annotated[float, Field(gt=0, le=720)] = 72
    stop_window_minutes: Annotated[float, Field(ge=0, le=10_080)] = 60
    poll_interval_seconds: Annotated[float, Field(ge=1, le=86_400)] = 60
    max_lateness_hours: Annotated[float, Field(gt=0, le=8_760)] = 6
    hours: Literal["split", "hold", "refuse"] = "split"
    night: Literal["hold", "send"] = "hold"
    valid_until: ValidUntil | None = None
    pace: PaceText | None = None
    pilot: Pilot = None
    batch_size: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000
    stop_threshold: Annotated[float, Field(gt=0, le=1_000)] | None = None
    dead_after: Annotated[int, Field(ge=0, le=100)] | None = None
    test_receivers: TestReceivers | None = None
    replies: CampaignReplies | None = None
    notify: tuple[NotifierEntry, ...] | None = None

    @property
    def once_at(self) -> datetime | None:
        """The moment of ``send_at``, aware; ``None`` if the campaign has none."""
        return check_local_moment(read_moment(self.send_at), self.timezone) if self.send_at else None

    @property
    def marketing(self) -> bool:
        """Whether messages carry the STOP clause and keep the sending window."""
        return self.kind == "marketing"

    @property
    def adds_stop(self) -> bool:
        """Whether OVH adds the STOP clause: only to a named sender, as a short number can be answered."""
        return self.marketing and self.sender is not None

    def planned_times(self, now: datetime, count: int) -> list[datetime]:
        """Return the next times for which runs are planned, aware, in the campaign's zone; none if nobody knows them.

        :param now: aware.
        """
        if isinstance(self.schedule, str):
            return next_times(self.schedule, self.timezone, now, count)
        return [self.once_at] if self.once_at is not None and self.once_at > now else []

    def hours_arguments(self) -> dict[str, Any]:
        """Return when messages may leave, see :func:`~ovh_sms.operators.hours.schedule_of`."""
        given = self.valid_until
        until = read_valid_until(given, self.timezone) if isinstance(given, str) else None
        return {
            "hours": self.hours,
            "night": self.night,
            "max_lateness": self.max_lateness_hours * 3_600,
            **({} if until is None else {"valid_until": until}),
            **({} if self.pace is None else {"pace": read_pace(self.pace)}),
            **({} if self.pilot is None else {"ovh_holds": False}),
        }

    def prepare_arguments(self, include: Path) -> dict[str, Any]:
        """Return the parameters of :class:`~ovh_sms.operators.prepare_contacts.PrepareContactsOperator`."""
        return {
            "campaign": self.name,
            "contacts": self.contacts.location(include),
            "sheet": self.contacts.sheet,
            "suppress": self.contacts.suppression_files(include),
            "message": self.message,
            "stop_clause": self.adds_stop,
            "options": self.list_options(),
            "batch_size": self.batch_size,
            "empty_list": self.empty_list,
            "hours": self.hours_arguments(),
            "dead_after": self.dead_after,
            "approval": self.approval is not None,
            "terms": terms_of(self),
            **({} if self.pilot is None else {"pilot": self.pilot_arguments()}),
        }

    def list_options(self) -> dict[str, Any]:
        """Return the fields of :class:`~ovh_sms.contacts.options.ContactOptions`."""
        until = self.valid_until
        end = {"valid_until_column": until.column} if isinstance(until, ValidUntilColumn) else {}
        key = {"key_column": self.replies.key} if self.replies and self.replies.key else {}
        return {**self.contacts.options(), "timezone": self.timezone, **end, **key}

    def preflight_arguments(self) -> dict[str, Any]:
        """Return the parameters of the operator that checks the campaign before it is submitted."""
        return {
            "message": self.message,
            "marketing": self.marketing,
            "sender": self.sender,
            "budget": self.budget,
            "budget_per_month": self.budget_per_month,
            "timezone": self.timezone,
            "wait_for_credits": self.wait_for_credits,
            "most_rejected": self.most_rejected(),
            "guards": (self.limits or Limits()).guards(),
            "approval": self.approval is not None,
            "declared_countries": list(self.declared_countries or ()),
            "hours": self.hours_arguments(),
        }

    def most_rejected(self) -> dict[str, float]:
        """Return the fields of :class:`~ovh_sms.contacts.reject_limit.RejectLimit`."""
        return (self.limits or Limits()).most_rejected()

    def approval_arguments(self) -> dict[str, Any]:
        """Return the parameters of :class:`~ovh_sms.operators.approve_campaign.ApproveCampaignOperator`."""
        asked = self.approval or CampaignApproval()
        within = asked.within_hours if asked.within_hours is not None else min(self.max_lateness_hours, MOST_HOURS)
        return {
            "campaign": self.name,
            "by": list(asked.by),
            "within": timedelta(hours=within),
            "hours": self.hours_arguments(),
            "guards": (self.limits or Limits()).guards(),
            "timezone": self.timezone,
            "notify": [each.model_dump() for each in self.notify or ()],
        }

    def submission_arguments(self) -> dict[str, Any]:
        """Return the parameters of :class:`~ovh_sms.operators.send_job.SendJobOperator`."""
        return {
            "campaign": self.name,
            "message": self.message,
            "sender": self.sender,
            "sender_for_response": self.sender_for_response,
            "stop_clause": self.marketing,
            "priority": self.priority,
            "max_lateness": timedelta(hours=self.max_lateness_hours),
            "hours": self.hours_arguments(),
            "validity_minutes": self.validity_hours * 60,
            "approval": self.approval is not None,
            "report": {
                "collect_within_hours": self.collect_within_hours,
                "stop_window_minutes": self.stop_window_minutes if self.adds_stop else 0,
                "poll_interval_seconds": self.poll_interval_seconds,
                **({} if self.stop_threshold is None else {"stop_threshold": self.stop_threshold}),
                **({"notify": [each.model_dump() for each in self.notify]} if self.notify else {}),
            },
        }

    def pilot_arguments(self) -> dict[str, float]:
        """Return the pilot as the operator that prepares the list takes it; empty without one."""
        if self.pilot is None:
            return {}
        window = self.stop_window_minutes if self.adds_stop else 0
        return self.pilot.arguments(stop_threshold=self.stop_threshold, stop_window_minutes=window)

    @field_validator("name")
    @classmethod
    def _name_fits_an_id(cls, name: str) -> str:
        return checked_name(name)

    @field_validator("message")
    @classmethod
    def _no_trailing_line_break(cls, message: str) -> str:
        # YAML's `|` keeps the last line break, which would be sent and counted.
        if not message.strip():
            raise ValueError("the message is empty")
        return message.rstrip("\r\n")

    @field_validator("hours", "night")
    @classmethod
    def _is_of_its_kind(cls, given: str, info: ValidationInfo) -> str:
        # A default is not validated: only a field that was written is refused.
        its_kind = "marketing" if info.field_name == "hours" else "transactional"
        if info.data.get("kind", its_kind) != its_kind:
            other = "night" if info.field_name == "hours" else "hours"
            raise ValueError(f"it is of `kind: {its_kind}`; remove it, or give `{other}`")
        return given

    @field_validator("sender_for_response")
    @classmethod
    def _not_both_senders(cls, given: bool, info: ValidationInfo) -> bool:
        if given and info.data.get("sender") is not None:
            raise ValueError(_ONE_SENDER)
        return given

    @model_validator(mode="after")
    def _fields_fit_together(self) -> Campaign:
        if self.sender is None and not self.sender_for_response:
            raise ValueError(_ONE_SENDER)
        refuse_fields_not_taken(self.via, self.model_fields_set)
        refuse_pace_held_by_ovh(self.pace or self.pilot, self.hours)
        refuse_late_answers(self.approval, self.max_lateness_hours, planned=bool(self.schedule or self.send_at))
        return self
