"""The DAG that reads the STOPs of every account, and publishes them for other programs."""

from __future__ import annotations

from pathlib import Path

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, TaskGroup, TriggerRule

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.account_files import read_accounts
from ovh_sms.dag_factories.accounts import accounts_dag, accounts_to_read
from ovh_sms.dag_factories.invalid_file import invalid_file_task
from ovh_sms.operators.collect_opt_outs import CollectOptOutsOperator
from ovh_sms.operators.publish_opt_outs import PublishOptOutsOperator

DOC = """
**Purpose**: stores who has answered STOP, by OVH's list of every account: each person once, and counted for the run
that was answered. No list that is prepared afterwards holds them, of any account. A run with more STOPs than its
campaign's `stop_threshold` is reported. Numbers that runs could not reach for good are counted for `dead_after`.
*publish* writes both into a file and updates the asset `ovh_sms_opt_outs`, which starts DAGs of your own. One task
for each file of `include/accounts/`, and one for each other account that a campaign names; without any, one for the
account of the default connection.

**Spends credits?** No, it only reads.

**Triage**: a failed task may be cleared at any time: each STOP is stored and counted once. *publish* writes what is
known, also if a task before it failed; *every_account* shows that one has. The task of a broken account file fails
with the file's error.
"""


def opt_outs_dag(include: Path, *, schedule: str | None, timezone: str, owner: str = "campaigns") -> DAG:
    """Make the DAG ``sms_opt_outs``.

    :param include: folder that holds ``accounts/`` and ``campaigns/``.
    :param schedule: cron expression; ``None`` for runs by hand.
    :param timezone: zone of the schedule.
    """
    found = read_accounts(include / "accounts")
    with accounts_dag(
        "sms_opt_outs",
        description="Reads who has answered STOP",
        doc=DOC,
        schedule=schedule,
        timezone=timezone,
        owner=owner,
        tags=["sms", "replies"],
    ) as dag:
        with TaskGroup("accounts") as accounts:
            for broken in found:
                if not isinstance(broken, AccountFile):
                    invalid_file_task(broken)
            files = [each for each in found if isinstance(each, AccountFile)]
            for task_id, connection, account in accounts_to_read(include / "campaigns", files):
                CollectOptOutsOperator(task_id=task_id, ovh_sms_conn_id=connection, account=account)
        publish = PublishOptOutsOperator(task_id="publish", trigger_rule=TriggerRule.ALL_DONE)
        # Without it, a run would be green although an account was not read.
        accounts >> [publish, EmptyOperator(task_id="every_account")]
    return dag
