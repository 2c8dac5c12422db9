"""The campaigns of one week, each in another state on Saturday at 8, made through the real operators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException, TaskDeferred
from airflow.sdk.execution_time import task_runner

from ovh_sms.api.outgoing import OutgoingClient
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import BudgetExceeded, OvhSmsError
from ovh_sms.hooks.store_identity import StoreMark, variable_name
from support.airflow_task import connection
from support.campaign_runs import CampaignRun, MovedTime, people
from support.sandbox import SandboxProcess
from support.stores import new_store
from support.supervisor import Supervisor

MORNING = "2026-11-28 08:00"
CREDITS = 20_000
#: A text that is Unicode, and two segments, by its ô alone.
WITH_AN_O = "Bonjour #prenom#, votre cadeau vous attend dès que possible au magasin, à bientôt !"
#: The files of the campaigns; all have the sender MYSHOP.
CAMPAIGNS = {
    "autumn_sale": "kind: marketing\nmessage: 'Bonjour #prenom#, -30 % jusqu a samedi'",
    "vouchers": "kind: marketing\nmessage: 'Bonjour #prenom#, votre bon vous attend'",
    "club": "kind: marketing\nmessage: 'Bonjour #prenom#, soiree du club mardi'",
    "spring": f"kind: transactional\nmessage: '{WITH_AN_O}'\nbudget: 50",
    "restock": "kind: transactional\nmessage: 'Bonjour #prenom#, votre article est revenu'\nbatch_size: 100",
    "reminders": "kind: transactional\nmessage: 'Bonjour #prenom#, rendez-vous demain a 9 h'",
    "orders": "kind: transactional\nmessage: 'Bonjour #prenom#, votre commande est prete'",
    "invoices": "kind: transactional\nmessage: 'Bonjour #prenom#, votre facture est en ligne'\nbatch_size: 200",
    "delivery": "kind: transactional\nmessage: 'Bonjour #prenom#, livraison cet apres-midi'",
}
#: Rows that get no message, with the reason of each.
REJECTED = ["12;Ana", "not a number;Bo", "+33123456789;Cy", "0639980000;Again"]
#: Makes Airflow's database, the DAGs of the campaign files, and a DAG run for each of the arguments.
READY = """
import json, sys
from airflow.utils.db import initdb
initdb()
from airflow._shared.timezones import timezone
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.types import DagRunTriggeredByType, DagRunType

DagBundlesManager().sync_bundles_to_db()
bag = DagBag()
assert not bag.import_errors, bag.import_errors
sync_bag_to_db(bag, "dags-folder", None)
with create_session() as session:
    for dag_id, run_id, state in map(json.loads, sys.argv[1:]):
        session.add(DagRun(
            dag_id=dag_id, run_id=run_id, state=state, run_type=DagRunType.MANUAL, run_after=timezone.utcnow(),
            triggered_by=DagRunTriggeredByType.UI,
        ))
"""
#: The state of each run in Airflow.
AIRFLOW_STATES = {
    "autumn_sale": "success",
    "vouchers": "failed",
    "club": "success",
    "spring": "failed",
    "restock": "failed",
    "reminders": "running",
    "orders": "success",
    "invoices": "failed",
    "delivery": "success",
}


@dataclass
class Tour:
    """The sandbox, the runs by the names of their campaigns, and the time at which they stand."""

    sandbox: SandboxProcess
    time: MovedTime
    home: Path
    runs: dict[str, CampaignRun] = field(default_factory=dict)

    def begin(self, name: str, moment: str, rows: list[str]) -> CampaignRun:
        """Start the run of a campaign at a moment in Paris, and prepare its list."""
        self.time.set_to(moment)
        include = self.home / "include"
        campaign = load_file(include / "campaigns" / f"{name}.yaml", Campaign)
        run = CampaignRun(campaign=campaign, run_id=f"manual__{moment.replace(' ', 'T')}:00+01:00", include=include)
        self.runs[name] = run
        run.prepare(rows)
        return run


@contextmanager
def tour(home: Path) -> Iterator[Tour]:
    """Make the runs of the week; their store is ``home/data/results.sqlite``, the sandbox stands still on Saturday."""
    with SandboxProcess(home / "sandbox", start=None) as sandbox, pytest.MonkeyPatch.context() as changed:
        sandbox.features(export_seconds=0.2)
        sandbox.account(creditsLeft=CREDITS)
        changed.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox))
        changed.setenv("OVH_SMS_DATA", str(home / "data"))
        changed.setitem(OutgoingClient.export.__kwdefaults__ or {}, "poll_seconds", 0.1)
        time = MovedTime(sandbox)
        with time.installed():
            time.set_to("2026-11-24 09:00")
            store = new_store(home / "data" / "results.sqlite")
            supervisor = Supervisor()
            supervisor.variables[variable_name("ovh_sms_results")] = str(StoreMark.of(store))
            store.close()
            changed.setattr(task_runner, "SUPERVISOR_COMMS", supervisor, raising=False)
            made = Tour(sandbox, time, home)
            write_files(home / "include" / "campaigns")
            for step in (final, cancelled, held, blocked, in_part, waiting, awaited, unknown, leaving):
                step(made)
            yield made


def write_files(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, about in CAMPAIGNS.items():
        more = "" if "budget" in about else "budget: 10000\n"
        text = f"schedule: null\nsender: MYSHOP\ncontacts: {{file: contacts/{name}.csv}}\n{about}\n{more}"
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def final(tour: Tour) -> None:
    run = tour.begin("autumn_sale", "2026-11-24 10:00", [*people(0, 400), *REJECTED])
    run.send_all()
    for seconds in (5, 20, 120, 1800, 7200):
        tour.time.advance(seconds)
        run.count()
    tour.time.set_to("2026-11-26 18:00")
    run.collect()


def cancelled(tour: Tour) -> None:
    run = tour.begin("vouchers", "2026-11-27 20:30", people(1000, 60))
    run.send_all()
    tour.time.set_to("2026-11-27 20:50")
    run.cancel(by="eddy")


def held(tour: Tour) -> None:
    """Advertising of Friday night: OVH holds it till Monday."""
    run = tour.begin("club", "2026-11-27 21:30", people(2000, 295))
    run.send_all()
    tour.time.advance(60)
    run.count()


def blocked(tour: Tour) -> None:
    run = tour.begin("spring", "2026-11-28 07:00", people(0, 80))
    with pytest.raises(BudgetExceeded):
        run.preflight()


def in_part(tour: Tour) -> None:
    """Another program spends the credits while the batches are submitted."""
    run = tour.begin("restock", "2026-11-28 07:10", people(3000, 1000))
    run.preflight()
    for at in range(4):
        run.send(at)
    tour.sandbox.account(creditsLeft=3)
    for at in range(4, 10):
        with pytest.raises((OvhSmsError, AirflowFailException)):
            run.send(at)
    tour.sandbox.account(creditsLeft=CREDITS)
    tour.time.advance(120)
    run.count()


def waiting(tour: Tour) -> None:
    """It is 3 in the morning in Martinique."""
    run = tour.begin("reminders", "2026-11-28 07:20", [*people(4000, 40), "+596696201234;Di", "+596696201235;Ed"])
    run.preflight()
    for at in range(len(run.batches)):
        if "America/Martinique" in run.batches[at]["zones"]:
            with pytest.raises(TaskDeferred):
                run.send(at, upload_defers=True)
        else:
            run.send(at)


def awaited(tour: Tour) -> None:
    run = tour.begin("orders", "2026-11-28 07:30", people(4100, 600))
    run.send_all()
    for seconds in (1, 3, 5, 10, 30, 300):
        tour.time.advance(seconds)
        run.count()


def unknown(tour: Tour) -> None:
    """The answer to the second batch is lost, and OVH shows none of its messages, although it took the credits."""
    run = tour.begin("invoices", "2026-11-28 07:41", people(5000, 600))
    run.preflight()
    run.send(0)
    tour.sandbox.fault("late_listing", seconds=36_000, answer="lost")
    with pytest.raises((OvhSmsError, AirflowFailException)):
        run.send(1)
    with pytest.raises((OvhSmsError, AirflowFailException)):
        run.send(1)


def leaving(tour: Tour) -> None:
    """OVH sends 100 a second; it is counted while it stands still."""
    run = tour.begin("delivery", "2026-11-28 07:58", people(0, 6000))
    run.send_all()
    tour.sandbox.clock(speed=0)  # from here on OVH's time is moved by the steps alone
    for _ in range(3):
        tour.time.advance(10)
        run.count()
    for name in ("orders", "delivery"):
        tour.runs[name].count()
