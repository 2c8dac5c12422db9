"""The approval of a campaign's runs by a person, as the campaign file has it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ovh_sms.campaign.yaml_files import Strict

#: Credits stay reserved for two days after the checks: a run may wait for an answer for so long.
MOST_HOURS = 48


class CampaignApproval(Strict):
    """The person who is asked before a run is uploaded.

    :param by: users of Airflow who may answer; everybody who may edit the DAG if there are none.
    :param within_hours: without an answer for so long the run is refused; by default ``max_lateness_hours``, as a run
        that is later than that is not sent anyway.
    """

    by: tuple[Annotated[str, Field(min_length=1, max_length=250)], ...] = ()
    within_hours: Annotated[float, Field(gt=0, le=MOST_HOURS)] | None = None


def _as_fields(given: Any) -> Any:
    """Read ``true``, which asks everybody who may edit the DAG, and ``false``, which asks nobody."""
    if isinstance(given, bool):
        return {} if given else None
    return given


Approval = Annotated[
    CampaignApproval | None, BeforeValidator(_as_fields, json_schema_input_type=CampaignApproval | bool | None)
]


def refuse_late_answers(approval: CampaignApproval | None, max_lateness_hours: float, *, planned: bool) -> None:
    """Refuse a question that may be answered once the run is too late.

    :param approval: of the campaign file, if it has one.
    :param max_lateness_hours: hours after the planned time from which on nothing is sent.
    :param planned: whether runs have a planned time.
    :raises ValueError: the person has longer than the run.
    """
    within = approval.within_hours if approval else None
    if planned and within is not None and within > max_lateness_hours:
        raise ValueError(
            f"`within_hours` is longer than `max_lateness_hours` ({max_lateness_hours:g}): a later answer sends nothing"
        )
