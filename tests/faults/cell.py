"""One sandbox of its own, in which plans are carried out one after the other."""

from __future__ import annotations

import importlib
import json
import logging
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from faults.by_attempt import Decided, decidable, read_attempts
from faults.campaigns import CampaignRun, drive, together
from faults.count import STRANGE, Counts, count_runs
from faults.credit_runs import CreditRun, credit_runs
from faults.databases import Database, OwnServer
from faults.dispatch import Dispatch
from faults.hits import ASK_EVERY, COUNTED_AS, CREDITS, Hit
from faults.outside import Outside
from faults.plans import Plan
from faults.resolving import resolve
from faults.single import SOURCE, Strike
from faults.tasks import RESULTS, VARIABLE, VARIABLES, PlannedTry
from faults.ways import campaign_run
from ovh_sms.hooks.store_identity import StoreMark
from ovh_sms.store.models import Attempt
from support.airflow_task import connection
from support.sandbox import SandboxProcess
from support.stores import new_store
from support.users import Account

#: Kinds of faults that are only the moment of a kill.
_MOMENTS = frozenset({"hold_before", "hold_after"})


class Cell:
    """Carries out plans.

    :param folder: for the sandbox's state and the campaigns' files.
    :param weak: the guard that is off, see :class:`faults.tasks.PlannedTry`.
    :param postgresql: see :func:`faults.databases.server`.
    """

    def __init__(self, folder: Path, *, weak: str = "", postgresql: str = "") -> None:
        self.home = folder
        self.folder = folder
        self.weak = weak
        self.sandbox = SandboxProcess(folder / "sandbox", start=None)
        self.environment: dict[str, str] = {}
        self.errors: list[str] = []
        self.rehearsal: Path | None = None
        self._later: list[tuple[float, Callable[[], None]]] = []
        self.hits: list[Hit] = []
        self.deeds: list[Strike] = []
        self.postgresql = postgresql
        self.database: Database | None = None
        self._outside: Outside | None = None
        self.waits = 0
        self.strays: list[int] = []
        self.harmless = 0
        self._asked = 0.0

    def run_once(self, plan: Plan) -> Counts:
        """Carry a plan out: under faults, then without; resolve unknown outcomes; clear everything once more."""
        if not self.postgresql:
            plan = replace(plan, results="sqlite")
        self._begin(plan)
        campaigns = [campaign_run(self, plan, i) for i in range(len(plan.runs))]
        orders, payments, transfers = credit_runs(self, plan)
        runs: list[CampaignRun | CreditRun] = [*campaigns, *orders, *payments, *transfers]
        self._drive(run.everything() for run in runs)
        self._resolve_early(campaigns)
        injected, kinds = self._calm()
        self._drive(run.mend() for run in runs)
        for run in runs:
            resolve(run, self.sandbox, self.environment[RESULTS])
        self._drive(run.mend() for run in runs)
        self._drive(run.everything() for run in runs if run.sent)
        for strike in self.deeds:
            injected[COUNTED_AS[strike.how]] += 1
            kinds.update(plan.kinds(strike))
        attempts, messages = read_attempts(self.environment[RESULTS]), self.sandbox.messages()
        counts = count_runs(messages, self.sandbox.orders(), campaigns, [*orders, *payments], attempts)
        counts.wrong_list += sum(each["user"] != plan.user for each in messages if plan.user and each["tag"] != STRANGE)
        counts.add_credits(self.sandbox.truth(), payments, transfers)
        decided = self._decided(attempts, Counter(each["tag"] for each in messages), campaigns)
        counts.add_decided(decided, is_named=plan.via is not None)
        counts.injected, counts.harmless = injected.total(), self.harmless
        counts.credit_faults = counts.injected if not campaigns else 0
        counts.hits.update(injected)
        counts.kinds.update(kinds)
        self.errors = [f"{task}[{i}]: {error}" for run in runs for (task, i), error in run.errors.items()]
        self.errors += [f"a person was asked: {each.evidence}" for each in decided if each.asked]
        if self.database is not None:
            self.database.drop()
        if not counts.breaches and not self.rehearsal:
            shutil.rmtree(self.folder)
        return counts

    def _decided(self, attempts: list[Attempt], tags: Counter[str], campaigns: list[CampaignRun]) -> list[Decided]:
        plan = self.plan
        quiet_period, reconcile_timeout, _ = plan.reconcile_policy
        hasty = any(strike.how == "early" for strike in plan.strikes)
        return decidable(
            tags,
            attempts,
            listed_after={(run.dag_id, run.run_id): plan.listed_after(run.number) for run in campaigns},
            quiet_period=quiet_period,
            reconcile_timeout=reconcile_timeout,
            undecidable={(run.dag_id, run.run_id) for run in campaigns if run.cancelled or hasty},
        )

    def attempt(self, planned: PlannedTry, strikes: list[Strike]) -> Generator[None, None, dict[str, Any]]:
        """Make one try with what hits it, to its end."""
        return Dispatch(self, planned, strikes).run()

    def ended(self, planned: PlannedTry) -> None:
        """Take over the Variables that a process has set."""
        kept = self.folder / VARIABLES
        if kept.exists():
            self.environment.update(json.loads(kept.read_text(encoding="utf-8")))
        if planned.rehearsal:
            _import_all(planned.rehearsal / f"{planned.task}.modules")

    def rehearse(self) -> None:
        self.rehearsal = self.home
        plan = Plan(seed=0, number=-1, family="rehearsal", runs=(), strikes=())
        some = {"runs": ((3, 3),), "orders": 1}, {"payments": 1}, {"transfers": 1}
        for given, runs in zip(some, (2, 1, 1), strict=True):
            counts = self.run_once(replace(plan, **given))  # type: ignore[arg-type]
            if counts.breaches or counts.ends["success"] != runs:
                raise RuntimeError(f"without faults it does not work either: {counts} {self.errors}")

    def _begin(self, plan: Plan) -> None:
        self.folder = self.home / str(plan.number)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        if self.sandbox.process is None:
            self.sandbox.start()
        else:
            self.sandbox.reset()
        self.sandbox.clock(offset=0)
        self.sandbox.features(**plan.world, second_payment="accepted")
        self.sandbox.account(SOURCE, creditsLeft=CREDITS)
        self.sandbox.payment_method()
        if plan.user:
            Account(self.sandbox).add_user(plan.user, quota=plan.quota)
        if self._outside is not None:
            self._outside.clear()
        self.plan = plan
        self.hits, self._later, self.deeds, self.waits = [], [], [], 0
        self.strays = []
        self.harmless = 0
        self._fired = self.sandbox.fired()
        results = self._results(plan)
        self.environment = {
            "AIRFLOW_CONN_OVH_SMS_DEFAULT": connection(self.sandbox),
            "AIRFLOW_CONN_OVH_SMS_SOURCE": connection(self.sandbox, account=SOURCE),
            RESULTS: results,
            VARIABLE: _mark(results),
            "OVH_SMS_DATA": str(self.folder / "data"),
        }
        if any(strike.how == "storage" for strike in plan.strikes):
            endpoint = f"http://127.0.0.1:{self.outside.port}/1.0"
            self.environment["AIRFLOW_CONN_OVH_SMS_DEFAULT"] = connection(self.sandbox, endpoint=endpoint)

    def _results(self, plan: Plan) -> str:
        self.database = None
        if plan.results == "postgresql":
            self.database = Database(self.postgresql, f"{self.home.name}_{plan.number}")
        elif plan.results == "restarted":
            self.database = OwnServer(f"own_{plan.number}")
        if self.database is not None:
            return self.database.url.replace("postgresql+psycopg2", "postgresql")
        template = self.home.parent / "template.sqlite"
        if not template.exists():
            _mark(f"sqlite:///{template}")
        _copy(template, self.folder / "results.sqlite")
        return f"sqlite:///{self.folder}/results.sqlite"

    def _calm(self) -> tuple[Counter[str], Counter[str]]:
        while self._later:
            self.on_time()
            time.sleep(0.05)
        faults = self.sandbox.faults()
        broken = {each["id"]: each["fired"] for each in faults}
        self.sandbox.clear_faults()
        self.strays = []
        self.sandbox.clock(offset=0)
        injected, kinds = Counter[str](), Counter[str]()
        harmless = Counter(each["kind"] for each in faults if _harmless(each, self.plan) for _ in range(each["fired"]))
        self.harmless += harmless.total()
        for kind, count in self.sandbox.fired().items():
            if kind not in _MOMENTS:
                injected[kind] += count - self._fired.get(kind, 0) - harmless[kind]
        for hit in self.hits:
            if hit.count:
                injected[COUNTED_AS[hit.strike.how]] += hit.count
            for kind in self.plan.kinds(hit.strike):
                kinds[kind] += hit.count + broken.get(hit.ordered, 0)
        return +injected, +kinds

    def happened(self, strike: Strike) -> None:
        self.deeds.append(strike)

    def _resolve_early(self, campaigns: list[CampaignRun]) -> None:
        for strike in [each for each in self.plan.strikes if each.how == "early"]:
            for run in campaigns:
                if resolve(run, self.sandbox, self.environment[RESULTS], way="send"):
                    self.happened(strike)
            self._drive(run.mend() for run in campaigns)

    def _drive(self, steps: Any) -> None:
        drive(together(steps))

    @property
    def outside(self) -> Outside:
        if self._outside is None:
            self._outside = Outside(self.home, self.sandbox.port)
        return self._outside

    def at(self, seconds: float, what: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + seconds, what))

    def on_time(self) -> None:
        for each in [each for each in self._later if each[0] <= time.monotonic()]:
            self._later.remove(each)
            each[1]()
        if self.strays and time.monotonic() - self._asked > ASK_EVERY:
            # A call that nobody watches must not be executed long after its process has ended.
            self._asked = time.monotonic()
            for fault in self.strays:
                self.sandbox.release(fault)

    def close(self) -> None:
        self.sandbox.stop()
        if self._outside is not None:
            self._outside.close()


def _harmless(fault: dict[str, Any], plan: Plan) -> bool:
    return fault["kind"] == "trickle" or (fault["kind"] == "slow" and fault["seconds"] <= plan.reconcile_policy[-1])


def _copy(database: Path, to: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def _mark(results: str) -> str:
    """Make the tables if they are missing; returns what Airflow's Variable says of the database."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # else it logs between the counts
    store = new_store(results)
    found = str(StoreMark.of(store))
    store.close()
    return found


def _import_all(listed: Path) -> None:
    for name in json.loads(listed.read_text(encoding="utf-8")) if listed.exists() else ():
        with suppress(ImportError):
            importlib.import_module(name)
