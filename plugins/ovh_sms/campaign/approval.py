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


Approval = Annotated[CampaignApproval | None, BeforeValidator(_as_fields)]
