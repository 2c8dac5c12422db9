"""Assets that tie the DAGs together.

Their addresses begin with ``x-``: for any other scheme Airflow imports the modules of all providers with assets, such
as boto3, in each process of a task.
"""

from __future__ import annotations

from airflow.sdk import Asset, AssetAlias

#: Updated by every submission; its event carries counts, digests and paths, never numbers or texts.
CAMPAIGN_SENT = Asset(name="ovh_sms_campaign_sent", uri="x-ovh-sms://campaigns/sent")

#: Updated once the credits of an order are on the account; its event carries ids, credits and prices.
CREDITS_ARRIVED = Asset(name="ovh_sms_credits_arrived", uri="x-ovh-sms://credits/arrived")

#: Updated once for each run whose receivers have replied; its event carries counts and a path, never numbers or texts.
REPLIES = Asset(name="ovh_sms_replies", uri="x-ovh-sms://replies")
#: By which a task updates it as often as it has events: a task without replies updates nothing.
REPLIES_OF_TASK = AssetAlias("ovh_sms_replies_of_task")

#: Name and address of the asset that an account updates each time that its credits fall below their level; the factory
#: of the top-up's DAG gives it its watchers.
CREDITS_LOW, CREDITS_LOW_URI = "ovh_sms_credits_low", "x-ovh-sms://credits/low"

#: Updated if somebody has opted out, or a number failed for good; its event carries counts and a path, never numbers.
OPT_OUTS = Asset(name="ovh_sms_opt_outs", uri="x-ovh-sms://opt-outs")
#: By which a task updates it only if the file is new.
OPT_OUTS_OF_TASK = AssetAlias("ovh_sms_opt_outs_of_task")

#: Name and address of the asset that is updated once a row of the outbox waits; the factory of its DAG gives it its
#: watcher.
OUTBOX, OUTBOX_URI = "ovh_sms_outbox", "x-ovh-sms://outbox"

#: Updated by each task that has computed the usage of an account's month; its event carries sums and paths.
USAGE = Asset(name="ovh_sms_usage", uri="x-ovh-sms://usage")
