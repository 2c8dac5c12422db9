"""The SMS accounts that a DAG reads: those of account files, and those that campaigns name."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from airflow.sdk import DAG, CronTriggerTimetable

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_folder

DEFAULT_CONNECTION = "ovh_sms_default"
#: Characters that no id of Airflow has, and those of an id at most: it has 250 together with the names of its groups.
_NOT_IN_IDS, _MOST = re.compile(r"[^\w.-]"), 200


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
            account = each.connection, each.account
            if account not in named:
                named[account] = _task_of_campaigns(*account, taken=named.values())
    named = named or {(DEFAULT_CONNECTION, None): "default"}
    return [(task_id, connection, account) for (connection, account), task_id in named.items()]


def _task_of_campaigns(connection: str, account: str | None, *, taken: Collection[str]) -> str:
    """Name the task of an account that no account file names; a misspelt name must not take the DAG from the others."""
    plain = "-".join(filter(None, ("campaigns", connection, account)))
    found = _NOT_IN_IDS.sub("_", plain)[:_MOST]
    if found == plain and found not in taken:
        return found
    return f"{found}-{hashlib.sha256(f'{connection} {account}'.encode()).hexdigest()[:8]}"


def accounts_dag(
    dag_id: str, *, description: str, doc: str, schedule: str | None, timezone: str, owner: str, tags: Sequence[str]
) -> DAG:
    """Make a DAG without tasks for something that is done at every account: one run at a time, none for the past.

    :param schedule: cron expression; ``None`` for runs by hand.
    :param timezone: zone of the schedule.
    """
    return DAG(
        dag_id,
        description=description,
        doc_md=doc,
        schedule=CronTriggerTimetable(schedule, timezone=timezone) if schedule else None,
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=1,
        default_args={"owner": owner, "retries": 2, "retry_delay": timedelta(minutes=1)},
        tags=list(tags),
    )
