"""A DAG for each campaign file, of the package's own tasks; only the waits are shorter."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from airflow.sdk import DAG, ExceptionRetryPolicy

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_folder
from ovh_sms.credits.needs import Need, need_key
from ovh_sms.dag_factories.campaign import send_batches
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.operators.preflight import PreflightOperator
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
from ovh_sms.retry_policy import retry_policy
from ovh_sms.settings import include_path

INCLUDE = include_path(__file__)
#: Longer than a call is held at OVH, than a listing is late, and than a request waits on a busy machine.
QUIET_PERIOD, RECONCILE_TIMEOUT = timedelta(seconds=10), timedelta(seconds=60)
#: Credits that are ordered, each quantity by its own DAG.
QUANTITIES = range(100, 108)
SOON = timedelta(seconds=2)


def hasty_policy() -> ExceptionRetryPolicy:
    return ExceptionRetryPolicy(
        rules=[rule if rule.retry_delay is None else replace(rule, retry_delay=SOON) for rule in retry_policy().rules]
    )


def campaign_dag(it: Campaign) -> DAG:
    """The tasks of the package's own DAG factory."""
    ovh = {"ovh_sms_conn_id": it.connection, "account": it.account, "retry_policy": hasty_policy()}
    with DAG(
        f"sms_campaign_{it.name}",
        schedule=None,
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        max_active_runs=1,
        default_args={"retries": 6, "retry_delay": SOON, "weight_rule": "upstream"},
        auto_register=False,
    ) as dag:
        prepare = PrepareContactsOperator(task_id="prepare", **it.prepare_arguments(INCLUDE), **ovh)
        check = PreflightOperator(task_id="preflight", prepared=prepare.output, **it.preflight_arguments(), **ovh)
        plan = SplitIntoBatchesOperator(task_id="split_into_batches", prepared=prepare.output)
        prepare >> check >> plan
        send_batches(
            plan.output,
            {**it.submission_arguments(), "quiet_period": QUIET_PERIOD, "reconcile_timeout": RECONCILE_TIMEOUT},
            **ovh,
        )
    # The poll_interval of the upload is no parameter of a campaign.
    dag.get_task("upload_receivers").poll_interval = timedelta(seconds=3)  # type: ignore[union-attr]
    return dag


def order_dag(quantity: int) -> DAG:
    reconcile_policy = {
        "quiet_period": QUIET_PERIOD,
        "reconcile_timeout": RECONCILE_TIMEOUT,
        "retry_policy": hasty_policy(),
    }
    with DAG(
        f"sms_topup_{quantity}",
        schedule=None,
        start_date=datetime(2026, 1, 1),  # noqa: DTZ001 - Airflow gives it the DAG's zone
        catchup=False,
        default_args={"retries": 6, "retry_delay": SOON},
        auto_register=False,
    ) as dag:
        # A need of its own: a run that is cleared once its order is delivered means the same one.
        need = Need(key=need_key("sms-sb00001-1", quantity), account="sms-sb00001-1", number=quantity)
        check = {
            "need": need.to_xcom(),
            "quote": {"quantity": quantity},
            "price_limit": 1000.0,
            "level": {"enough": 1e9},
            "max_per_month": None,
        }
        OrderCreditsOperator(task_id="order", check=check, **reconcile_policy)
    return dag


for credits_wanted in QUANTITIES:
    globals()[f"sms_topup_{credits_wanted}"] = order_dag(credits_wanted)

for found in load_folder(INCLUDE / "campaigns", Campaign):
    planned = campaign_dag(found)  # type: ignore[arg-type]
    globals()[planned.dag_id] = planned
