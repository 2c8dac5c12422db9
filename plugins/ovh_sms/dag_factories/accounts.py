"""The SMS accounts that a DAG reads: those of account files, and those that campaigns name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_folder

DEFAULT_CONNECTION = "ovh_sms_default"


def accounts_to_read(
    campaigns: Path, files: Sequence[AccountFile], *, only_answered: bool = False
) -> list[tuple[str, str, str | None]]:
    """List the accounts, each as the name of its task, its connection and its name, which may be the connection's own.

    :param campaigns: folder of the campaign files.
    :param only_answered: of campaigns, only those with ``sender_for_response`` name an account.
    :returns: the account of the default connection, if there is no other.
    """
    named = {(file.connection, file.account): file.name for file in files}
    for each in load_folder(campaigns, Campaign):
        if isinstance(each, Campaign) and (each.sender_for_response or not only_answered):
            of_campaign = "-".join(filter(None, ("campaigns", each.connection, each.account)))
            named.setdefault((each.connection, each.account), of_campaign)
    named = named or {(DEFAULT_CONNECTION, None): "default"}
    return [(task_id, connection, account) for (connection, account), task_id in named.items()]
