"""The DAG that levels several accounts: those with credits to spare give to those that fall short."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.account_files import load_accounts
from ovh_sms.dag_factories.accounts import accounts_dag
from ovh_sms.operators.plan_transfers import PlanTransfersOperator
from ovh_sms.operators.transfer_credits import QUIET_PERIOD, TransferCreditsOperator
from ovh_sms.retry_policy import retry_policy

DOC = """
**Purpose**: for every file of `include/accounts/` with `transfer`: if the account falls short of its credits, the
account that `transfer.from` names gives them, as far as it can spare them beside `keep`, its own need and its
reservations. A need is covered once: by one transfer or by one order of `sms_credits_topup`. A transfer whose answer
was lost is reconciled, also if the files have changed.

**Spends credits?** No: they go from one account to another, at once. Only a transfer back undoes that.

**Triage**: *transfer* failed with an unknown outcome: its error says what to check and how to resolve it. Skipped:
nobody falls short, or no source can spare enough.
"""


def credits_balance_dag(include: Path, *, schedule: str | None, timezone: str, owner: str = "campaigns") -> DAG:
    """Make the DAG ``sms_credits_balance``, whose transfers are mapped.

    :param include: folder that holds ``accounts/`` and ``campaigns/``.
    :param schedule: cron expression; ``None`` for runs by hand.
    :param timezone: zone of the schedule.
    """
    found = load_accounts(include / "accounts")
    with accounts_dag(
        "sms_credits_balance",
        description="Levels the credits of several accounts",
        doc=DOC,
        schedule=schedule,
        timezone=timezone,
        owner=owner,
        tags=["sms", "credits"],
    ) as dag:
        transfer_tasks([each for each in found if isinstance(each, AccountFile)], include, even_without=True)
    return dag


def transfer_tasks(
    files: Sequence[AccountFile], include: Path, *, quiet_period: timedelta = QUIET_PERIOD, even_without: bool = False
) -> Any:
    """Make the tasks ``plan_transfers`` and, mapped, ``transfer``.

    :param quiet_period: how long nothing may have changed at OVH until a transfer without an answer is decided.
    :param even_without: make them even if no account gets credits from another.
    :returns: the last task; ``None`` if no account gets credits from another.
    """
    targets = [each for each in files if each.transfer is not None]
    if not targets and not even_without:
        return None
    plan = PlanTransfersOperator(
        task_id="plan_transfers",
        # All of them: an earlier transfer of an account that gets none any more may wait to be reconciled.
        accounts={each.name: _plain(each) for each in files},
        campaigns=str(include / "campaigns"),
    )
    transfer = TransferCreditsOperator.partial(
        task_id="transfer",
        quiet_period=quiet_period,
        map_index_template="{{ task.account }} → {{ task.target }}",
        retry_policy=retry_policy(),  # Airflow reads that of a mapped task here, not from `__init__`
    )
    return transfer.expand_kwargs(plan.output)


def _plain(file: AccountFile) -> dict[str, Any]:
    """The fields of an account file that a plan of transfers needs."""
    it = file.transfer
    return {
        "connection": file.connection,
        "account": file.account,
        "threshold": file.threshold,
        "cover_days": file.cover_days,
        "source": it and it.source,
        "keep": it.keep if it else 0,
        "sizes": list(file.sizes),
    }
