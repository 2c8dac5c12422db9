"""The DAG that keeps up the credits of every account file: check → approve → order → pay → wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, AssetWatcher, CronTriggerTimetable, TaskGroup, TriggerRule

from ovh_sms.assets import CREDITS_LOW, CREDITS_LOW_URI
from ovh_sms.campaign.account_file import AccountFile, Recredit
from ovh_sms.campaign.account_files import load_accounts
from ovh_sms.campaign.dag_ids import TASK_NAMES
from ovh_sms.campaign.yaml_files import InvalidFile
from ovh_sms.dag_factories.credits_balance import transfer_tasks
from ovh_sms.operators.approve_order import ApproveOrderOperator
from ovh_sms.operators.check_credits import CheckCreditsOperator
from ovh_sms.operators.invalid_file import InvalidFileOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.operators.pay_order import PayOrderOperator
from ovh_sms.operators.set_recredit import SetRecreditOperator
from ovh_sms.operators.transfer_credits import QUIET_PERIOD
from ovh_sms.sensors.order_delivered import OrderDeliveredSensor
from ovh_sms.triggers.credits_low import CreditsLowTrigger

DOC = """
**Purpose**: keeps the credits of each file of `include/accounts/` at the stock that it asks for. Runs every day, and at
once if an account's credits fall below their level. Credits are transferred from another account if the file says so,
or ordered: *check* reads the credits, forecasts how long they last and asks for prices; *approve* waits for a person if
the price is above the file's limit; *order* orders, once for each need; *pay* is there if the file says `pay:
default_method`; *wait* ends once the credits are on the account.

**Spends credits?** No, it buys some: at most `max_price` an order and `max_per_month` a month. A person pays, unless
the file says otherwise.

**Triage**: *order*, *pay* or *transfer* failed with an unknown outcome: its error says where to check it in OVH's
manager and how to resolve it. *transfers_done* fails with *transfer*, so that the run is red; the checks go on. *check*
failed with figures: a limit of the account file does not allow the order. *wait* failed: the order was cancelled or
nobody has paid it. Skipped tasks are right: nothing is to be ordered, or an order is open already; that one is reported
once a day.
"""

#: As many runs may wait for a payment, or for an approval, and tomorrow's check still runs.
RUNS = 16
#: Seconds between two reads of an account's credits, or of an order that is waited for, at least.
WATCH_SECONDS = 300.0


def credits_topup_dag(
    include: Path,
    *,
    schedule: str,
    timezone: str,
    owner: str = "campaigns",
    watch_seconds: float = WATCH_SECONDS,
    wait_seconds: float = WATCH_SECONDS,
    transfer_quiet_period: timedelta = QUIET_PERIOD,
) -> DAG:
    """Make the DAG ``sms_credits_topup``, with one group of tasks for each account file.

    :param include: folder that holds ``accounts/`` and ``campaigns/``.
    :param schedule: cron expression; a crossing of an account's level starts a run besides.
    :param timezone: zone of the schedule.
    :param watch_seconds: seconds between two reads of each account's credits for a crossing.
    :param wait_seconds: least seconds between two reads of an order that is waited for.
    :param transfer_quiet_period: how long nothing may change at OVH until a transfer without an answer is decided.
    :returns: the DAG; the task of an invalid file fails with the file's error.
    """
    found = load_accounts(include / "accounts")
    files = [each for each in found if isinstance(each, AccountFile)]
    with DAG(
        "sms_credits_topup",
        description="Orders credits before they run out",
        doc_md=DOC,
        schedule=_schedule(files, CronTriggerTimetable(schedule, timezone=timezone), watch_seconds),
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=RUNS,
        default_args={"owner": owner, "retries": 2, "retry_delay": timedelta(minutes=1)},
        tags=["sms", "credits"],
    ) as dag:
        # Credits that another account can spare come before an order.
        transfers = transfer_tasks(files, include, quiet_period=transfer_quiet_period)
        if transfers is not None:
            # The checks go on after a transfer that failed: without an end of its own it would leave the run green.
            transfers >> EmptyOperator(task_id="transfers_done", trigger_rule=TriggerRule.NONE_FAILED)
        for each in found:
            if isinstance(each, InvalidFile):
                # The file may be invalid as its name is that of a task.
                with TaskGroup(group_id=f"invalid-{each.name}" if each.name in TASK_NAMES else each.name):
                    InvalidFileOperator(task_id="invalid_file", error=str(each.error))
                continue
            if not each.has_needs and each.recredit is None:
                continue  # it is about replies alone
            check = _account_tasks(each, include, wait_seconds)
            if transfers is not None and each.transfer is not None:
                transfers >> check
    return dag


def _schedule(files: list[AccountFile], daily: CronTriggerTimetable, watch_seconds: float) -> Any:
    """Every day, and at each crossing of an account's level: the triggerer watches them."""
    watchers = [
        AssetWatcher(
            name=each.name,
            trigger=CreditsLowTrigger(
                name=each.name,
                ovh_sms_conn_id=each.connection,
                account=each.account,
                threshold=each.threshold,
                poll_interval=watch_seconds,
            ),
        )
        for each in files
        if each.has_needs
    ]
    if not watchers:
        return daily
    return AssetOrTimeSchedule(
        timetable=daily, assets=[Asset(name=CREDITS_LOW, uri=CREDITS_LOW_URI, watchers=watchers)]
    )


def _account_tasks(file: AccountFile, include: Path, wait_seconds: float) -> Any:
    """Make the tasks of one account file, and return its check; ``None`` if it has no needs."""
    ovh: dict[str, Any] = {"ovh_sms_conn_id": file.connection, "account": file.account}
    entries = [each.model_dump() for each in file.notify or ()]
    reporting: dict[str, Any] = {"notify": entries, "notify_link": file.notify_link}
    with TaskGroup(group_id=file.name):
        recredit = _recredit(file, ovh)
        if not file.has_needs:
            return None
        check = CheckCreditsOperator(
            task_id="check",
            campaigns=str(include / "campaigns"),
            # A transfer that failed or was skipped leaves the need to an order.
            trigger_rule=TriggerRule.ALL_DONE if file.transfer else TriggerRule.ALL_SUCCESS,
            **file.check_arguments(),
            **reporting,
            **ovh,
        )
        checked: Any = check.output
        if file.orders:
            approve = _approve(file, checked, entries)
            pays = file.pay == "default_method"
            approved: Any = approve.output
            order = OrderCreditsOperator(
                task_id="order", check=checked, approval=approved, will_be_paid=pays, **reporting, **ovh
            )
            ordered: Any = order.output
            wait = OrderDeliveredSensor(task_id="wait", order=ordered, poke_interval=wait_seconds, **reporting, **ovh)
            approve >> order
            if pays:
                PayOrderOperator(task_id="pay", order=ordered, **reporting, **ovh) >> wait
        if recredit is not None:
            # Not behind the transfers: it would be skipped with them, and credits would come both ways.
            recredit >> check
    return check


def _approve(file: AccountFile, checked: Any, entries: list[dict[str, Any]]) -> ApproveOrderOperator:
    rule = file.approval
    return ApproveOrderOperator(
        task_id="approve",
        check=checked,
        by=rule.by if rule else (),
        within=timedelta(hours=rule.within_hours if rule else 24),
        notify=entries,
    )


def _recredit(file: AccountFile, ovh: dict[str, Any]) -> SetRecreditOperator | None:
    """The task that sets OVH's own recredit, if the file says anything of it."""
    if file.recredit is None:
        return None
    off = {"threshold": None, "quantity": None}
    wanted: dict[str, Any] = file.recredit.model_dump() if isinstance(file.recredit, Recredit) else off
    return SetRecreditOperator(task_id="set_recredit", **wanted, **ovh)
