"""Assets that tie the DAGs together."""

from __future__ import annotations

from airflow.sdk import Asset

#: Updated by every submission; its event carries counts, digests and paths, never numbers or texts.
CAMPAIGN_SENT = Asset(name="ovh_sms_campaign_sent", uri="ovh-sms://campaigns/sent")
