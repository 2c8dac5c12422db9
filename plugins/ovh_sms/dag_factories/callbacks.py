"""The DAG that works off what OVH has called about, and starts the DAGs that wait for replies."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from airflow.sdk import DAG, CronTriggerTimetable

from ovh_sms.dag_factories.replies import announced_tasks
from ovh_sms.operators.handle_callbacks import HandleCallbacksOperator

DOC = """
**Purpose**: works off the callbacks that OVH has made since the last run, so that replies and STOPs count within a
minute. It does with them what `sms_replies` does; each reply counts once, whichever of the two is first. `announce`
updates the asset `ovh_sms_replies`. It has a task for each account that `sms_replies` has one for. Unpause it once
callbacks are set, by `ovh-sms callbacks` or `ConfigureCallbacksOperator`.

**Spends credits?** No, it only reads. Without a callback it does not call OVH.

**Triage**: a failed task may be cleared at any time: callbacks stay in the queue until they are worked off.
`sms_replies` reads the same replies without them. The task of a broken account file fails with the file's error. The
run is red if the callbacks of an account could not be worked off; `announce` has announced the replies of the others.
"""


def callbacks_dag(include: Path, *, schedule: str | None, timezone: str, owner: str = "campaigns") -> DAG:
    """Make the DAG ``sms_callbacks``.

    :param include: folder that holds ``accounts/`` and ``campaigns/``.
    :param schedule: cron expression; ``None`` for runs by hand.
    :param timezone: zone of the schedule.
    """
    with DAG(
        "sms_callbacks",
        description="Works off what OVH has called about",
        doc_md=DOC,
        schedule=CronTriggerTimetable(schedule, timezone=timezone) if schedule else None,
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=1,
        default_args={"owner": owner, "retries": 2, "retry_delay": timedelta(minutes=1)},
        tags=["sms", "replies"],
    ) as dag:
        announced_tasks(include, HandleCallbacksOperator)
    return dag
