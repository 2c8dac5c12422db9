"""The DAG that keeps the users of every account file: compare → approve → apply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable, TaskGroup

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.account_files import read_accounts
from ovh_sms.campaign.yaml_files import InvalidFile
from ovh_sms.operators.apply_users import QUIET_PERIOD, ApplyUsersOperator
from ovh_sms.operators.approve_users import ApproveUsersOperator
from ovh_sms.operators.compare_users import CompareUsersOperator
from ovh_sms.operators.invalid_file import InvalidFileOperator

DOC = """
**Purpose**: keeps the users of each file of `include/accounts/` that has `users`. *compare* reads OVH's users, and
shows the difference as a table in its log and on the page *Users*; a user that differs from what was applied last is a
warning. *approve* waits for a person if the file says `approval: true`. *apply* creates, changes and deletes; a second
run changes nothing. A user that no file names stays, and one is deleted only with `absent: true`.

**Spends credits?** No. A quota takes credits out of the account for a user: checked first, and refused with figures.

**Triage**: *compare* failed with figures: the account has too few credits for the quotas, and nothing was changed.
*apply* failed with an unknown outcome: its error says which user to check in OVH's manager, and how to resolve it;
cleared, it reconciles first and makes nothing twice. *approve* refused or without an answer: nothing was changed, and
the next run asks again. The task of a broken account file fails with the file's error.
"""


def users_dag(
    include: Path,
    *,
    schedule: str | None,
    timezone: str,
    owner: str = "campaigns",
    quiet_period: timedelta = QUIET_PERIOD,
) -> DAG:
    """Make the DAG ``sms_accounts``, with one group of tasks for each account file that names users.

    :param include: folder that holds ``accounts/``.
    :param schedule: cron expression; ``None`` for runs by hand.
    :param timezone: zone of the schedule.
    :param quiet_period: how long nothing may change at OVH until a change without an answer is decided.
    """
    with DAG(
        "sms_accounts",
        description="Keeps the users of the SMS accounts",
        doc_md=DOC,
        schedule=CronTriggerTimetable(schedule, timezone=timezone) if schedule else None,
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=1,
        default_args={"owner": owner, "retries": 2, "retry_delay": timedelta(minutes=1)},
        tags=["sms", "users"],
    ) as dag:
        found = read_accounts(include / "accounts")
        for each in found:
            if isinstance(each, AccountFile) and each.users is None:
                continue
            with TaskGroup(group_id=each.name):
                if not isinstance(each, AccountFile):
                    InvalidFileOperator(task_id="invalid_file", error=str(each.error))
                    continue
                if others := _others_with_users(each, found):
                    InvalidFileOperator(task_id="invalid_file", error=_shared(each.name, others))
                else:
                    _user_tasks(each, quiet_period)
    return dag


def _user_tasks(file: AccountFile, quiet_period: timedelta) -> None:
    """Make the tasks of one account file."""
    assert file.users is not None  # noqa: S101 - the caller has checked it
    about: dict[str, Any] = {
        "ovh_sms_conn_id": file.connection,
        "account": file.account,
        "users": {login: user.fields() for login, user in file.users.logins.items()},
    }
    compare = CompareUsersOperator(task_id="compare", **about)
    rule = file.users.approval
    if rule is None:
        compare >> ApplyUsersOperator(task_id="apply", quiet_period=quiet_period, **about)
        return
    compared: Any = compare.output
    approve = ApproveUsersOperator(
        task_id="approve", compared=compared, by=rule.by, within=timedelta(hours=rule.within_hours)
    )
    approval: Any = approve.output
    ApplyUsersOperator(task_id="apply", needs_approval=True, approval=approval, quiet_period=quiet_period, **about)


def _others_with_users(file: AccountFile, found: Sequence[AccountFile | InvalidFile]) -> list[str]:
    """The other files that name users of the same account: a connection serves one, whether a file names it or not."""
    files = [each for each in found if isinstance(each, AccountFile) and each.users is not None]
    return [each.name for each in files if each is not file and each.connection == file.connection]


def _shared(name: str, others: Sequence[str]) -> str:
    names = " and ".join(f"'{each}'" for each in (name, *others))
    return (
        f"account files {names} name users of one SMS account, perhaps with two quotas for one login. Nothing is "
        "changed by any of them. Name the users in one file."
    )
