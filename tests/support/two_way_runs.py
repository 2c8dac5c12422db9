"""Runs of campaigns, of `sms_replies` and of its users' DAGs in one real Airflow; used in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import patch

from support.answered_runs import people
from support.campaign_runs import MovedTime
from support.credit_runs import asset_events, run, xcom
from support.moved_runs import running_sandbox

DAY = 86_400
LIST = "GET /sms/{serviceName}/incoming"
READ = "GET /sms/{serviceName}/incoming/{id}"
#: Receivers of the campaign that people answer.
EVERYONE = people(0, 60)
#: Ids that OVH gives to replies that came one after the other.
ORDERS = ("rising", "falling", "scattered")


def run_by_assets(bag: Any, dag_id: str) -> list[dict[str, Any]]:
    """Let the scheduler make the runs that assets ask for, and run those of a DAG; returns a result of each."""
    from airflow.jobs.job import Job
    from airflow.jobs.scheduler_job_runner import SchedulerJobRunner
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.sqlalchemy import prohibit_commit
    from airflow.utils.state import DagRunState
    from sqlalchemy import select

    with create_session() as session, prohibit_commit(session) as guard:
        SchedulerJobRunner(Job())._create_dagruns_for_dags(guard, session)
    with create_session() as session:
        query = select(DagRun).where(DagRun.dag_id == dag_id, DagRun.state == DagRunState.QUEUED)
        made = [(each.id, str(each.run_type)) for each in session.scalars(query.order_by(DagRun.id))]
    found = []
    for number, run_type in made:

        def made_by_the_scheduler(*, dag: Any, session: Any, number: int = number, **_: Any) -> DagRun:
            it: DagRun = session.get(DagRun, number)
            it.dag, it.state = dag, DagRunState.RUNNING
            session.commit()
            return it

        # This run in place of the one by hand that dag.test() makes.
        with patch("airflow.models.dagrun.get_or_create_dagrun", made_by_the_scheduler):
            found.append({**run(bag, dag_id), "type": run_type})
    return found


class TwoWayRuns:
    """The runs of one process, one after the other.

    :param control: address of the sandbox.
    """

    def __init__(self, bag: Any, control: str, account: str, include: Path) -> None:
        from airflow.models.dag import DagModel
        from airflow.utils.session import create_session
        from sqlalchemy import select

        self.bag, self.include = bag, include
        self.sandbox = running_sandbox(control, account)
        self.moved = MovedTime(self.sandbox)
        self.tag = ""
        with create_session() as session:
            for model in session.scalars(select(DagModel)):
                model.is_paused = False

    def all(self) -> dict[str, Any]:
        """Run all; returns plain findings without a number."""
        with self.moved.installed():
            found = {"asked": self.ask_everyone(), "stops": self.stop_between_batches(), "first": self.users_dags()}
            return {**found, "outage": self.outage(), "users": self.users_dags(), **self.many()}

    def collect(self) -> dict[str, Any]:
        """Run `sms_replies` once; returns what its one account had, with the calls that it took."""
        self.sandbox.reset_calls()
        done = run(self.bag, "sms_replies")
        result = xcom(done["run_id"], "main", "sms_replies")
        calls = {"list": self.sandbox.calls(LIST), "read": self.sandbox.calls(READ)}
        return {"state": done["state"], "run_id": done["run_id"], **result, **calls}

    def ask_everyone(self) -> dict[str, Any]:
        """Send the campaign that people answer, and collect once while nobody has."""
        rows = [f"{number};C-{at}" for at, number in enumerate(EVERYONE)]
        self._list("visit", "numero;client", rows)
        sent = run(self.bag, "sms_campaign_visit")
        self.moved.advance(3_600)
        messages = self.sandbox.messages()
        (self.tag,) = {each["tag"] for each in messages}
        self.there = [each["receiver"] for each in messages if each["delivery_receipt"] == 1]
        return {**sent, "there": len(self.there), "collected": self.collect()["new"]}

    def stop_between_batches(self) -> dict[str, Any]:
        """Send a campaign of two batches; once the first one is at OVH, two people of the other one opt out.

        One writes STOP, which OVH knows; the other one a word that OVH does not know, and `sms_replies` runs.
        """
        from ovh_sms.operators.send_job import SendJobOperator

        batches = [self.there[:4], self.there[4:8]]
        self._list("spring", "numero", [number for batch in batches for number in batch])
        send, found, collected = SendJobOperator.execute, {}, []

        def stop_after_the_first(task: Any, context: Any) -> Any:
            done = send(task, context)
            if not found:
                first = context["ti"].map_index
                found["left_out"] = leaving = batches[1 - first][:2]
                found["told"] = [each for batch in batches for each in batch if each not in leaving]
                self.sandbox.reply(leaving[0], "STOP", account=self.sandbox.account_name)
                self.sandbox.reply(leaving[1], "me désabonner svp", account=self.sandbox.account_name)
                collected.append(self.collect())
            return done

        with patch.object(SendJobOperator, "execute", stop_after_the_first):
            sent = run(self.bag, "sms_campaign_spring")
        got = [each["receiver"] for each in self.sandbox.messages() if each["message"].startswith("Soldes")]
        return {
            "state": sent["state"],
            "sends": sorted(state for name, state in sent["tasks"].items() if name.startswith("send")),
            "by_action": collected[0]["by_action"],
            "told_once": sorted(got) == sorted(found["told"]),
            "left_out_told": len(set(got) & set(found["left_out"])),
        }

    def outage(self) -> dict[str, Any]:
        """Replies of three days while nothing runs, with ids in every order; some at the ends of a pull's windows."""
        self.moved.advance(60)
        collected = self.collect()
        moments = [
            *range(600, 3 * DAY, 7_200),
            *(day * DAY + second for day in (1, 2) for second in (-7_200, -1, 0, 1)),
        ]
        said = [
            self._said(at, "OUI" if at % 2 else f"reply {at}", delay=delay, order=ORDERS[at % 3])
            for at, delay in enumerate(sorted(moments))
        ]
        self.sandbox.reply_all(said)
        self.moved.advance(3 * DAY)
        found = [self.collect() for _ in range(2)]
        ids = [each["id"] for each in self.sandbox.replies()]
        return {
            "before": collected["new"],
            "said": len(said),
            "yes": sum(each["text"] == "OUI" for each in said),
            "ids_rise": ids == sorted(ids),
            "new": [each["new"] for each in found],
            "windows": [each["list"] for each in found],
            "stored_once": self._stored() == sorted(each["id"] for each in self.sandbox.replies()),
            "announced": sum(each["replies"] for event in asset_events("ovh_sms_replies") for each in event["runs"]),
        }

    def users_dags(self) -> dict[str, Any]:
        """The runs of two DAGs that the replies since the last time have started."""
        counted = run_by_assets(self.bag, "on_replies")
        keys = run_by_assets(self.bag, "visits_confirmed")
        return {
            "counted": [(each["state"], each["type"], xcom(each["run_id"], "read", "on_replies")) for each in counted],
            "keys": [(each["state"], xcom(each["run_id"], "confirmed", "visits_confirmed")) for each in keys],
        }

    def many(self) -> dict[str, Any]:
        """10,000 replies in one pull; then some in another one while OVH reads no several at once."""
        self.sandbox.reply_all([self._said(at, "OUI") for at in range(10_000)])
        together = self.collect()
        self.sandbox.features(batch_header=False)
        self.sandbox.reply_all([self._said(at, "OUI", order="scattered") for at in range(250)])
        apart = self.collect()
        self.sandbox.features(batch_header=True)
        received = len(self.sandbox.replies())
        return {"together": together, "apart": apart, "received": received, "stored": len(self._stored())}

    def _said(self, at: int, text: str, **more: Any) -> dict[str, Any]:
        """The reply of a person of the campaign, also once the short number takes no answer any more."""
        who = {"receiver": EVERYONE[10 + at % 50], "account": self.sandbox.account_name, "tag": self.tag}
        return {**who, "text": text, "unasked": True, **more}

    def _list(self, name: str, header: str, rows: list[str]) -> None:
        path = self.include / "contacts" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")

    def _stored(self) -> list[int]:
        from ovh_sms.hooks.store import default_url
        from ovh_sms.store.inbound import InboundFilter
        from ovh_sms.store.store import Store

        store = Store(default_url())
        try:
            return sorted(each.inbound_id for each in store.inbound.page(InboundFilter(), limit=100_000))
        finally:
            store.close()
