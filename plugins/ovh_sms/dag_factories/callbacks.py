"""The DAG that works off what OVH has called about, and starts the DAGs that wait for replies."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG

from ovh_sms.dag_factories.accounts import accounts_dag
from ovh_sms.dag_factories.replies import announced_tasks
from ovh_sms.operators.check_callback_accounts import CheckCallbackAccountsOperator
from ovh_sms.operators.handle_callbacks import HandleCallbacksOperator

DOC = """
**Purpose**: works off the callbacks that OVH has made since the last run, so that replies and STOPs count within a
minute. It does with them what `sms_replies` does; each reply counts once, whichever of the two is first. `announce`
updates the asset `ovh_sms_replies`. One task for each file of `include/accounts/`, and one for each other account that
a campaign names; without any, one for the account of the default connection. Once a day it compares the secrets of the
addresses with OVH's settings: one that these do not show ends. Unpause it once callbacks are set, by
`ovh-sms callbacks` or `ConfigureCallbacksOperator`.

**Spends credits?** No, it only reads. Without a callback it calls OVH once a day for each account with callbacks.

**Triage**: a failed task may be cleared at any time: callbacks stay in the queue until they are worked off.
`sms_replies` reads the same replies without them. The task of a broken account file fails with the file's error. The
run is red if the callbacks of an account could not be worked off; `announce` has announced the replies of the others.
`other_accounts` fails if OVH calls about an account that no file names: name it, or end its callbacks.
"""


def callbacks_dag(include: Path, *, schedule: str | None, timezone: str, owner: str = "campaigns") -> DAG:
    """Make the DAG ``sms_callbacks``.

    :param include: folder that holds ``accounts/`` and ``campaigns/``.
    :param schedule: cron expression; ``None`` for runs by hand.
    :param timezone: zone of the schedule.
    """
    with accounts_dag(
        "sms_callbacks",
        description="Works off what OVH has called about",
        doc=DOC,
        schedule=schedule,
        timezone=timezone,
        owner=owner,
        tags=["sms", "replies"],
    ) as dag:
        accounts = announced_tasks(include, HandleCallbacksOperator, only_answered=False)
        CheckCallbackAccountsOperator(task_id="other_accounts", accounts=accounts)
    return dag
