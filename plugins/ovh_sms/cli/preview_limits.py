"""The limits of a campaign file in its preview, with the figures of the last run where the results have it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ovh_sms.campaign.dag_ids import campaign_dag_id
from ovh_sms.cli.airflow_connections import results_store
from ovh_sms.errors import OvhSmsError

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.contacts.preview.list_preview import Preview
    from ovh_sms.store.last_runs import LastRun

#: Limits that compare a run with the last one.
_OF_LAST_RUN = {"growth", "rejected_growth"}


def with_limits(campaign: Campaign | None, preview: Preview) -> Preview:
    """Return a preview that says which limits of the campaign file, if there is one, the next run exceeds or keeps."""
    from ovh_sms.campaign.limits import Limits
    from ovh_sms.sending.limits_preview import NextRun

    if campaign is None:
        return preview
    guards, approval = (campaign.limits or Limits()).guards(), campaign.approval is not None
    if not guards and not approval:
        return preview
    figures = NextRun(prepared=preview.result.prepared, last=None, price=preview.price)
    if approval or _OF_LAST_RUN & set(guards):
        try:
            last = _last_run(campaign)
        except OvhSmsError as error:
            figures = replace(figures, no_last=f"the last run is not known. {error.what}".rstrip("."))
        else:
            figures = replace(figures, last=last)
    return preview.compared(figures.checks(guards, approval=approval))


def _last_run(campaign: Campaign) -> LastRun | None:
    return results_store().last_runs.before(campaign_dag_id(campaign.name), "")
