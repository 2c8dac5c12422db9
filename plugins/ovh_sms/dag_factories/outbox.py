"""The DAG that sends the outbox: a run starts once a row waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, AssetWatcher

from ovh_sms.assets import OUTBOX, OUTBOX_URI
from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.account_files import read_accounts
from ovh_sms.dag_factories.accounts import DEFAULT_CONNECTION
from ovh_sms.dag_factories.invalid_file import invalid_file_task
from ovh_sms.operators.send_outbox import SendOutboxOperator
from ovh_sms.triggers.outbox import OutboxTrigger

DOC = """
**Purpose**: sends the rows of the table `ovh_sms_outbox`, which any program may write: each key is one SMS. A watcher
reads the table every few seconds and starts a run once a row waits; without rows there are no runs. Rows also come from
CSV files in the folder `outbox` of the data folder, or another one that the DAG names. `default` sends the
rows that name no account; there is one more task for each file of `include/accounts/` that names an account.

**Spends credits?** Yes, those of the rows.

**Triage**: a failed task may be cleared at any time: no row is sent twice. *unknown outcome*: its error says what to
check in OVH's manager and how to resolve it; its rows go on by themselves then. *Too few credits*:
the rows wait, and are tried again every five minutes. `ovh-sms outbox list --state refused` shows rows that are no SMS
as they stand, with the reason. The task of a broken account file fails with the file's error.
"""

#: Seconds between two reads of the table.
POLL_SECONDS = 3.0


def outbox_dag(
    include: Path,
    *,
    timezone: str,
    folder: str | Path | None = None,
    owner: str = "campaigns",
    poll_seconds: float = POLL_SECONDS,
    **options: Any,
) -> DAG:
    """Make the DAG ``sms_outbox``.

    :param include: folder that holds ``accounts/``.
    :param timezone: zone of the DAG.
    :param folder: folder of CSV files with rows: a path, or an address as ``s3://connection@bucket/folder``; ``None``
        for none.
    :param poll_seconds: seconds between two reads of the table.
    :param options: further parameters of
        :class:`~ovh_sms.operators.send_outbox.SendOutboxOperator`, such as ``linger``.
    """
    files = None if folder is None else str(folder)
    watcher = AssetWatcher(name="outbox", trigger=OutboxTrigger(poll_interval=poll_seconds, folder=files))
    with DAG(
        "sms_outbox",
        description="Sends single SMS",
        doc_md=DOC,
        schedule=[Asset(name=OUTBOX, uri=OUTBOX_URI, watchers=[watcher])],
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=1,
        default_args={"owner": owner, "retries": 2, "retry_delay": timedelta(seconds=30)},
        tags=["sms", "outbox"],
    ) as dag:
        SendOutboxOperator(task_id="default", ovh_sms_conn_id=DEFAULT_CONNECTION, folder=files, **options)
        known: set[tuple[str, str | None]] = {(DEFAULT_CONNECTION, None)}
        # Each for itself: what is wrong between the credits of two accounts stops no text.
        for each in read_accounts(include / "accounts"):
            if not isinstance(each, AccountFile):
                invalid_file_task(each)
            elif (each.connection, each.account) not in known:
                known.add((each.connection, each.account))
                SendOutboxOperator(
                    task_id=f"account_{each.name}",
                    ovh_sms_conn_id=each.connection,
                    account=each.account,
                    takes_unnamed=False,
                    **options,
                )
    return dag
