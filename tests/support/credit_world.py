"""An account with orders, transfers, a forecast and an order that waits for approval, for tests in a browser."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from airflow.sdk.execution_time import task_runner

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.clock import SystemClock
from ovh_sms.credits.check_records import recorded_check
from ovh_sms.credits.needs import current_need
from ovh_sms.credits.order import OrderRequest, order_credits
from ovh_sms.credits.pay import pay_order
from ovh_sms.credits.topup import CreditsCheck, TopupRules
from ovh_sms.credits.transfer import TransferRequest, transfer_credits
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.hooks.store_identity import StoreMark, variable_name
from ovh_sms.idempotency.protocol import TaskTry
from ovh_sms.idempotency.remote_write import ReconcilePolicy
from ovh_sms.store.credit_readings import CreditReading
from ovh_sms.store.reservation_records import WantedCredits
from ovh_sms.store.store import Store
from support.airflow_task import connection
from support.sandbox import SandboxProcess
from support.stores import new_store
from support.supervisor import Supervisor
from unit.report.report_sample import collect, small, start_run

CENTRAL, WEB = "sms-central-1", "sms-web-1"
CAMPAIGN = (
    "schedule: '0 9 * * 1'\nsender: MYSHOP\nkind: transactional\nmessage: 'Bonjour'\nbudget: 400\n"
    "contacts: {file: a.csv}\n"
)
RULES = TopupRules(cover_days=14, sizes=(1000, 5000), max_price=500, max_per_month=1500)
#: Makes Airflow's database, the DAGs, a run of the top-up, and its question as Airflow keeps it. The arguments: the
#: result of its check, as JSON.
READY = """
import json, sys
from datetime import timedelta
from airflow.utils.db import initdb
initdb()
from airflow._shared.timezones import timezone
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.dagbag import DBDagBag
from airflow.models.hitl import HITLDetail
from airflow.models.xcom import XComModel
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType, DagRunType

DagBundlesManager().sync_bundles_to_db()
bag = DagBag()
assert not bag.import_errors, bag.import_errors
sync_bag_to_db(bag, "dags-folder", None)
check, now = json.loads(sys.argv[1]), timezone.utcnow()
with create_session() as session:
    dag = DBDagBag().get_latest_version_of_dag("sms_credits_topup", session=session)
    run = dag.create_dagrun(
        run_id="manual__asks", run_type=DagRunType.MANUAL, run_after=now, state="running", session=session,
        triggered_by=DagRunTriggeredByType.UI,
    )
    XComModel.set("return_value", check, dag_id=run.dag_id, task_id="web.check", run_id=run.run_id, session=session)
    task = run.get_task_instance("web.approve", session=session)
    task.state, task.trigger_timeout = "awaiting_input", now + timedelta(hours=20)
    session.add(HITLDetail(
        ti_id=task.id, options=["Approve", "Reject"], subject="Approve an order of credits", body="", params={},
        defaults=["Reject"], multiple=False, assignees=[{"id": "eddy", "name": "eddy"}],
    ))
"""


@dataclass(frozen=True)
class CreditWorld:
    """The sandbox with its truth, the results, and the check of the order that waits for approval."""

    sandbox: SandboxProcess
    store: Store
    asked: CreditsCheck

    @property
    def account(self) -> str:
        return self.sandbox.account_name

    def orders(self) -> list[dict[str, object]]:
        """The account's orders as they are at OVH."""
        found: list[dict[str, object]] = self.sandbox.truth(account=self.account)["orders"]["by_account"][self.account]
        return found


@contextmanager
def credit_world(home: Path) -> Iterator[CreditWorld]:
    """Make the account; its results are ``home/data/results.sqlite``, its files in ``home/include``."""
    with SandboxProcess(home / "sandbox", start=None) as sandbox, pytest.MonkeyPatch.context() as changed:
        changed.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox))
        for name, account in {"CENTRAL": CENTRAL, "WEB": WEB}.items():
            changed.setenv(f"AIRFLOW_CONN_{name}", connection(sandbox, account=account))
        changed.setenv("OVH_SMS_DATA", str(home / "data"))
        store = new_store(home / "data" / "results.sqlite")
        supervisor = Supervisor()
        supervisor.variables[variable_name("ovh_sms_results")] = str(StoreMark.of(store))
        store.close()
        changed.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
        write_files(home / "include", sandbox.account_name)
        made = CreditWorld(sandbox, ResultsHook().store, asked_of_a_person(sandbox))
        spend_for_weeks(made)
        fill(made, home / "include")
        yield made
        made.store.close()


def write_files(include: Path, account: str) -> None:
    (include / "accounts").mkdir(parents=True)
    (include / "campaigns").mkdir()
    (include / "campaigns" / "weekly.yaml").write_text(CAMPAIGN, encoding="utf-8")
    limits = "max_price: 500\nmax_per_month: 1500\n"
    accounts = {
        "shop": f"account: {account}\ncover_days: 14\npacks: [1000, 5000]\n{limits}",
        "web": f"connection: web\naccount: {WEB}\nthreshold: 500\nquantity: 1000\n{limits}"
        f"approval: {{above: 1, by: [eddy]}}\n",
    }
    for name, text in accounts.items():
        (include / "accounts" / f"{name}.yaml").write_text(text, encoding="utf-8")


def client(account: str) -> OvhSmsClient:
    names = {CENTRAL: "central", WEB: "web"}
    return OvhSmsHook(names.get(account, "ovh_sms_default"), account=account).client


def asked_of_a_person(sandbox: SandboxProcess) -> CreditsCheck:
    """The check of an account whose order a person must approve."""
    sandbox.account(creditsLeft=620)
    sandbox.add_account(CENTRAL, creditsLeft=9000)
    sandbox.add_account(WEB, creditsLeft=120)
    rules = TopupRules(threshold=500, sizes=(1000,), max_price=500, max_per_month=1500, approve_above=1)
    return recorded_check("web", rules, client=client(WEB), store=ResultsHook().store)


def spend_for_weeks(world: CreditWorld) -> None:
    """Some campaigns of the last weeks, and the credits that checks have read."""
    now, (record, messages) = world.store.clock.now(), small()
    for day in range(25, 0, -1):
        at = now - timedelta(days=day, hours=2)
        sent = replace(
            record,
            tag=f"day{day}",
            run_id=f"day{day}",
            account=world.account,
            sent_at=at,
            submitted=2,
            credits_spent=40.0 + 10 * (day % 5),
            credits_estimated=40.0 + 10 * (day % 5),
        )
        start_run(world.store, sent)
        ours = [replace(each, tag=sent.tag, outgoing_id=day * 10 + each.outgoing_id) for each in messages]
        collect(world.store, sent, ours)
        left = 620 + 60 * day if day < 12 else 300 + 50 * (day - 12)
        world.store.credit_readings.add(
            CreditReading(account=world.account, at=at + timedelta(hours=1), credits=float(left), enough=1000)
        )


def fill(world: CreditWorld, include: Path) -> None:
    """A delivered order, a transfer, a reservation, a check with a forecast; then an order whose payment is refused."""
    first = order(world, "first", quantity=1000)
    world.sandbox.settle_order(first)
    transfer_credits(
        TransferRequest(credits=200.0, keep=500.0, enough=10_000.0),
        need=current_need(client(world.account), world.store, SystemClock()),
        run="levels",
        source=client(CENTRAL),
        target=client(world.account),
        **around(world),
    )
    world.sandbox.account(creditsLeft=820)
    store = world.store
    wanted = WantedCredits(
        list_tag="lnext",
        dag_id="sms_campaign_weekly",
        run_id="scheduled__next",
        account=world.account,
        batches={"b1": 130.0},
        lasts=timedelta(days=2),
    )
    assert store.reservations.reserve(wanted, store.reservations.read(world.account), credits_left=820).is_reserved
    campaigns = [load_file(include / "campaigns" / "weekly.yaml", Campaign)]
    recorded_check("shop", RULES, client=client(world.account), store=store, campaigns=campaigns)
    second = order(world, "second", quantity=5000)
    world.sandbox.payment_method(pays="refused")
    pay_order(second, client=client(world.account), **around(world))


def order(world: CreditWorld, run: str, *, quantity: int) -> int:
    made = order_credits(
        OrderRequest(quantity=quantity, max_price=500.0, enough=5000.0),
        need=current_need(client(world.account), world.store, SystemClock()),
        run=run,
        client=client(world.account),
        **around(world),
    )
    assert made.order_id
    return made.order_id


def around(world: CreditWorld) -> dict[str, object]:
    task = TaskTry(is_last=False, is_deferrable=False, log=logging.getLogger("credits"))
    policy = ReconcilePolicy(quiet_period=timedelta(seconds=4), reconcile_timeout=timedelta(seconds=20))
    return {"store": world.store, "task": task, "policy": policy, "clock": SystemClock()}
