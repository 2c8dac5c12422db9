"""The DAG that collects the replies of every account, and starts the DAGs that wait for them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from airflow.sdk import DAG, CronTriggerTimetable

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.account_files import load_accounts
from ovh_sms.operators.collect_replies import CollectRepliesOperator
from ovh_sms.operators.invalid_file import InvalidFileOperator

DOC = """
**Purpose**: stores what people answer to campaigns with `sender_for_response`, and does what the keywords of
`replies` ask for, in a campaign file or an account file. A STOP leaves its owner out of every list that is prepared
afterwards. Replies update the asset `ovh_sms_replies`, which starts DAGs of your own. One task for each file of
`include/accounts/`; without any, one for the account of the default connection.

**Spends credits?** No, it only reads. OVH itself takes a credit or more for each reply.

**Triage**: a failed task may be cleared at any time: replies are stored once, and the next run goes on where the last
one ended, also after days. The task of a broken account file fails with the file's error.
"""


def replies_dag(include: Path, *, schedule: str | None, timezone: str, owner: str = "campaigns") -> DAG:
    """Make the DAG ``sms_replies``.

    :param include: folder that holds ``accounts/`` and ``campaigns/``.
    :param schedule: cron expression; ``None`` for runs by hand.
    :param timezone: zone of the schedule.
    """
    found = load_accounts(include / "accounts")
    campaigns = str(include / "campaigns")
    with DAG(
        "sms_replies",
        description="Collects what people answer",
        doc_md=DOC,
        schedule=CronTriggerTimetable(schedule, timezone=timezone) if schedule else None,
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=1,
        default_args={"owner": owner, "retries": 2, "retry_delay": timedelta(minutes=1)},
        tags=["sms", "replies"],
    ) as dag:
        for each in found:
            if isinstance(each, AccountFile):
                CollectRepliesOperator(
                    task_id=each.name,
                    campaigns=campaigns,
                    keywords=each.replies.rules() if each.replies else [],
                    ovh_sms_conn_id=each.connection,
                    account=each.account,
                )
            else:
                InvalidFileOperator(task_id=each.name, error=str(each.error))
        if not found:
            CollectRepliesOperator(task_id="default", campaigns=campaigns)
    return dag
