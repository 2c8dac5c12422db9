"""The parameters of a campaign's *send* task by which its messages go as OVH batches."""

from __future__ import annotations

from typing import Any

from ovh_sms.campaign.account_files import AccountFolder
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.errors import CampaignFileError, ConfigurationError
from ovh_sms.sending.ovh_batch_message import check_merge


def way_arguments(campaign: Campaign, accounts: AccountFolder) -> dict[str, Any]:
    """Return the way of the messages and what its account file says of it; nothing for the usual way.

    :raises CampaignFileError: the message has columns, and nobody has seen that OVH fills them.
    """
    if campaign.via is None:
        return {}
    merge = accounts.merges_ovh_batches(campaign.connection, campaign.account)
    try:
        check_merge(campaign.message, campaign.via, merge=merge)
    except ConfigurationError as error:
        raise CampaignFileError(
            f"{campaign.name}.yaml: field `via` is wrong. {error.what}", action=error.action
        ) from None
    return {"via": campaign.via, "ovh_batches_merge": merge}
