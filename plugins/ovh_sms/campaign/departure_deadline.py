"""The time within which a run's messages must have left, as the campaign file has it."""

from __future__ import annotations

from typing import Annotated, Protocol, Self, cast

from pydantic import Field, model_validator

from ovh_sms.campaign.campaign_user import SendsAsUser

#: The longest deadline: as long as a report may be waited for.
MOST_HOURS = 720


class LeavesInTime(SendsAsUser):
    """A file whose notifiers report a run that has not left in time.

    :param leave_within_hours: hours after its planned time, or its start, within which all of a run must have left.
    """

    leave_within_hours: Annotated[float, Field(gt=0, le=MOST_HOURS)] | None = None

    @model_validator(mode="after")
    def _deadline_fits(self) -> Self:
        if self.leave_within_hours is not None:
            refuse_useless_deadline(self.leave_within_hours, cast("_Departure", self))
        return self


class _Planned(Protocol):
    @property
    def schedule(self) -> object: ...
    @property
    def send_at(self) -> object: ...


class _Departure(_Planned, Protocol):
    """The fields of a campaign that a deadline depends on."""

    @property
    def notify(self) -> object: ...
    @property
    def hours(self) -> str: ...
    @property
    def pace(self) -> object: ...
    @property
    def pilot(self) -> object: ...
    @property
    def max_lateness_hours(self) -> float: ...


def is_planned(campaign: _Planned) -> bool:
    """Whether runs have a planned time: otherwise data or a person starts them."""
    return isinstance(campaign.schedule, str) or campaign.send_at is not None


def refuse_useless_deadline(hours: float, campaign: _Departure) -> None:
    """Refuse a deadline that nobody would hear of, or that comes once it is of no use.

    A run with a pace or a pilot may rightly go on for longer than it may be late.

    :param hours: within which messages must have left.
    :raises ValueError: says which field it is at odds with.
    """
    if not campaign.notify:
        raise ValueError("`leave_within_hours` is reported by `notify`, which names nobody; give both")
    if campaign.hours == "hold":
        raise ValueError(
            "`hours: hold` leaves the wait to OVH: Airflow's run ends before its messages leave, and no deadline is "
            "watched any more; take `hours: split`, or remove `leave_within_hours`"
        )
    goes_on = campaign.pace is not None or campaign.pilot is not None
    if is_planned(campaign) and not goes_on and hours > campaign.max_lateness_hours:
        raise ValueError(
            f"`leave_within_hours` is longer than `max_lateness_hours` ({campaign.max_lateness_hours:g}): a run so "
            "late sends nothing any more; give a shorter one"
        )
