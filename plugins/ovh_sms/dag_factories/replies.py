"""The DAG that collects the replies of every account, and starts the DAGs that wait for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.account_files import AccountFolder, read_accounts
from ovh_sms.dag_factories.accounts import accounts_dag, accounts_to_read
from ovh_sms.dag_factories.invalid_file import invalid_file_task
from ovh_sms.operators.announce_replies import AnnounceRepliesOperator
from ovh_sms.operators.base import OvhSmsOperator
from ovh_sms.operators.collect_replies import CollectRepliesOperator

#: Airflow makes the run of an event within so long; `sms_replies` and `sms_callbacks` may announce at one moment.
APART = timedelta(seconds=30)
DOC = """
**Purpose**: stores what people answer to campaigns with `sender_for_response`, and does what the keywords of
`replies` ask for, in a campaign file or an account file. A STOP leaves its owner out of every list that is prepared
afterwards. `announce` updates the asset `ovh_sms_replies`, which starts DAGs of your own. One task for each file of
`include/accounts/`, and one for each other account that a campaign with `sender_for_response` names; without any, one
for the account of the default connection.

**Spends credits?** No, it only reads. OVH itself takes a credit or more for each reply.

**Triage**: a failed task may be cleared at any time: replies are stored once, and the next run goes on where the last
one ended, also after days. The task of a broken account file fails with the file's error. The run
is red if the replies of an account could not be read; `announce` has announced those of the others. A reply that OVH
does not show as it should is named by its id: its task fails once the others are stored, and the next run
reads it again.
"""


def replies_dag(include: Path, *, schedule: str | None, timezone: str, owner: str = "campaigns") -> DAG:
    """Make the DAG ``sms_replies``.

    :param include: folder that holds ``accounts/`` and ``campaigns/``.
    :param schedule: cron expression; ``None`` for runs by hand.
    :param timezone: zone of the schedule.
    """
    with accounts_dag(
        "sms_replies",
        description="Collects what people answer",
        doc=DOC,
        schedule=schedule,
        timezone=timezone,
        owner=owner,
        tags=["sms", "replies"],
    ) as dag:
        announced_tasks(include, CollectRepliesOperator, only_answered=True)
    return dag


def announced_tasks(
    include: Path, operator: type[OvhSmsOperator], *, only_answered: bool
) -> list[tuple[str, str | None]]:
    """Make a task for each account, and the tasks that announce the replies that they store.

    :param operator: stores the replies of one account.
    :param only_answered: of campaigns, only those with ``sender_for_response`` name an account.
    :returns: connection and account of each task; ``None`` for the connection's own account.
    """
    found = read_accounts(include / "accounts")
    files = [each for each in found if isinstance(each, AccountFile)]
    for broken in found:
        if not isinstance(broken, AccountFile):
            invalid_file_task(broken)
    # What is stored is announced although an account failed; the run is red then.
    every_account = EmptyOperator(task_id="every_account")
    announce = AnnounceRepliesOperator(task_id="announce", apart=APART, trigger_rule="all_done")
    campaigns = include / "campaigns"
    accounts = accounts_to_read(campaigns, files, only_answered=only_answered)
    for task_id, connection, account in accounts:
        rules = reply_rules(files, connection, account)
        task = operator(
            task_id=task_id, campaigns=str(campaigns), keywords=rules, ovh_sms_conn_id=connection, account=account
        )
        task >> [announce, every_account]
    return [(connection, account) for _, connection, account in accounts]


def rules_of(campaigns: Path, accounts: AccountFolder, connection: str, account: str | None) -> dict[str, Any]:
    """Return the rules by which the replies of one account are read, as operators take them.

    :param campaigns: folder of the campaign files.
    """
    return {"campaigns": str(campaigns), "keywords": reply_rules(accounts.files, connection, account)}


def reply_rules(files: Sequence[AccountFile], connection: str, account: str | None) -> list[dict[str, Any]]:
    """Rules of the account files that may be about an account."""
    return [each for file in files if _may_be(file, connection, account) for each in _rules(file)]


def _may_be(file: AccountFile, connection: str, account: str | None) -> bool:
    """Whether an account may be that of a file: without a name it is the connection's own."""
    return file.connection == connection and (not file.account or not account or file.account == account)


def _rules(file: AccountFile) -> list[dict[str, Any]]:
    return file.replies.rules() if file.replies else []
