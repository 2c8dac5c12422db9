"""The pilot of a campaign's runs: the sample that gets the message first, as the campaign file has it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from ovh_sms.campaign.yaml_files import Strict

_PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d+)?) ?%")
_MOST_PERCENT = 100
#: STOPs for 1,000 delivered messages, if the campaign has no limit of its own.
USUAL_STOP_RATE = 10.0


def _read_percent(value: Any) -> Any:
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or not 0 < _number(found[1]) <= _MOST_PERCENT:
        raise ValueError("give a share of the pilot's messages such as `80 %`")
    return value.strip()


def _number(text: str) -> float:
    return float(text.replace(",", "."))


People = Annotated[int, Field(ge=1, le=1_000_000)]


class CampaignPilot(Strict):
    """The sample, and what must have become of it before the rest leaves.

    :param count: people in it.
    :param wait_hours: hours for which its delivery receipts are waited for.
    :param min_delivered: share of its messages that must be delivered, as ``80 %``.
    :param max_stop_rate: STOPs for 1,000 delivered messages at most; by default ``stop_threshold``, or 10.
    """

    count: People
    wait_hours: Annotated[float, Field(gt=0, le=48)] = 4
    min_delivered: Annotated[str, BeforeValidator(_read_percent)] = "80 %"
    max_stop_rate: Annotated[float, Field(gt=0, le=1_000)] | None = None

    def arguments(self, *, stop_threshold: float | None, stop_window_minutes: float) -> dict[str, float]:
        """Return the pilot as the operator that prepares the list takes it.

        :param stop_threshold: of the campaign.
        :param stop_window_minutes: for so long after the departure STOPs are waited for.
        """
        return {
            "count": self.count,
            "wait": self.wait_hours * 3_600,
            "stop_window": stop_window_minutes * 60,
            "min_delivered": _number(self.min_delivered.rstrip(" %")),
            "max_stop_rate": self.max_stop_rate or stop_threshold or USUAL_STOP_RATE,
        }


def _as_fields(given: Any) -> Any:
    """Read a number of people alone."""
    return {"count": given} if isinstance(given, int) and not isinstance(given, bool) else given


Pilot = Annotated[
    CampaignPilot | None, BeforeValidator(_as_fields, json_schema_input_type=CampaignPilot | People | None)
]
