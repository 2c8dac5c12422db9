"""The DAG that computes the usage of every account, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from airflow.sdk import DAG, CronPartitionTimetable, Param, TaskGroup

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.account_files import Found, read_accounts, usage_of
from ovh_sms.campaign.yaml_files import InvalidFile
from ovh_sms.dag_factories.accounts import accounts_to_read
from ovh_sms.dag_factories.invalid_file import invalid_file_task
from ovh_sms.operators.build_usage import BuildUsageOperator

DOC = """
**Purpose**: computes what each account has used in the month before: messages, segments, credits and money by user,
campaign, tag, sender and country, and who pays for it. Compares it with OVH's balance, writes a table and a page for
each payer, and updates the asset `ovh_sms_usage`. One partition is one month, such as `2026-10`. It runs on the 4th,
when the month's messages have ended: then the month is closed, and its figures are kept. The parameter `month` computes
another one; `reopen` computes a closed one again.

**Spends credits?** No, it only reads.

**Triage**: clear the task: the same month gives the same figures. *Not explained* credits are on the page of the
account: credits that other programs moved, or messages that OVH does not list. A closed month that *has changed* keeps
its figures; start the DAG with `month` and `reopen` to use those that OVH shows now.
"""


def usage_dag(include: Path, *, schedule: str, timezone: str, owner: str = "campaigns") -> DAG:
    """Make the DAG ``sms_usage_monthly``, with one task for each account.

    :param include: folder that holds ``accounts/`` and ``campaigns/``.
    :param schedule: cron expression with one moment a month; each run is about the month before.
    :param timezone: zone of the schedule.
    """
    found = read_accounts(include / "accounts")
    files = [each for each in found if isinstance(each, AccountFile)]
    with DAG(
        "sms_usage_monthly",
        description="Computes who has sent what in a month, and who pays for it",
        doc_md=DOC,
        schedule=CronPartitionTimetable(schedule, timezone=timezone, run_offset=-1, key_format="%Y-%m"),
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=1,  # a month begins with the credits that the one before has left
        params={
            "month": Param("", type="string", pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$", description="Such as 2026-10."),
            "reopen": Param(False, type="boolean", description="Compute a closed month again."),
        },
        default_args={"owner": owner, "retries": 3, "retry_delay": timedelta(minutes=10)},
        tags=["sms", "accounts"],
    ) as dag:
        _accounts(include, found, files)
    return dag


def _accounts(include: Path, found: Sequence[Found], files: Sequence[AccountFile]) -> None:
    """Make one task for each account, and one that fails for each invalid file."""
    with TaskGroup(group_id="accounts"):
        for each in found:
            if isinstance(each, InvalidFile):
                invalid_file_task(each)
        for task_id, connection, account in accounts_to_read(include / "campaigns", files):
            BuildUsageOperator(
                task_id=task_id,
                ovh_sms_conn_id=connection,
                account=account,
                month="{{ params.month }}",
                reopen="{{ params.reopen }}",
                rules=usage_of(include / "accounts", connection, account).model_dump(mode="json"),
            )
