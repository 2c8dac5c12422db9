"""The cost of a campaign's last run, kept in the data folder, where a DAG file reads it without a database."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from ovh_sms.campaign.dag_ids import NAME
from ovh_sms.campaign.kept_files import keep_text, kept_text

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class LastRun:
    """The last run that was reported on, whole.

    :param sent_at: when it was sent, aware.
    :param people: receivers that OVH took.
    :param credits: what OVH took for them and did not refund; ``None`` if nobody knows.
    """

    sent_at: datetime
    people: int
    credits: float | None

    def text(self, timezone: str) -> str:
        """Say it in one sentence, in the campaign's zone."""
        cost = "a cost that nobody knows" if self.credits is None else f"{self.credits:,g} credits"
        when = self.sent_at.astimezone(ZoneInfo(timezone))
        return f"The last run with a report, of {when:%a %Y-%m-%d %H:%M}, went to {self.people:,} people for {cost}."


def keep_last_run(campaign: str, run: LastRun) -> None:
    """Keep it, unless a later run is kept already. A data folder that cannot be written is logged and ignored."""
    if not NAME.fullmatch(campaign):
        return
    kept = last_run(campaign)
    if kept is not None and (kept == run or kept.sent_at > run.sent_at):
        return
    text = json.dumps({**asdict(run), "sent_at": run.sent_at.isoformat()})
    try:
        keep_text(_name(campaign), text)
    except OSError as error:
        _log.warning("the last run of campaign %s was not kept: %s", campaign, error)


def last_run(campaign: str) -> LastRun | None:
    """Return the last run of a campaign that is known here; ``None`` without any."""
    try:
        found = json.loads(kept_text(_name(campaign)))
        return LastRun(**{**found, "sent_at": datetime.fromisoformat(found["sent_at"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _name(campaign: str) -> str:
    return f"{campaign}.last_run.json"
