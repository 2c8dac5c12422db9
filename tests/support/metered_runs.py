"""Real runs whose metrics Airflow sends to a StatsD server; the code runs in a process of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from support.answered_runs import RULES, campaign_file
from support.own_airflow import ROOT, run_in_airflow
from support.sandbox import SandboxProcess
from support.statsd import Emitted, statsd_server

ACCOUNT = "replies: {}\nthreshold: 10000000\nquantity: 1000\nmax_price: 500\nmax_per_month: 1500\n"
DAGS = ("sms_campaigns", "sms_campaign_report", "sms_callbacks", "sms_credits_topup")

#: The answer of the submission is lost, a read is refused with 429 once, three people reply, and credits are ordered.
RUNS = """
import dataclasses
from datetime import timedelta
from pathlib import Path
from airflow.sdk import ExceptionRetryPolicy
from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import default_url
from ovh_sms.inbound.callback_plan import WantedCallbacks, plan_callbacks
from ovh_sms.inbound.configure_callbacks import apply_callbacks
from ovh_sms.store.store import Store
from support.answered_runs import people
from support.callbacks import taking_callbacks
from support.campaign_runs import MovedTime
from support.credit_runs import run
from support.failed_runs import DELIVERED
from support.sandbox import SandboxProcess

# As the process of each task does before it starts.
old_names = conf.getboolean("metrics", "legacy_names_on")
stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=old_names)
sandbox = SandboxProcess("unused")
sandbox.control, sandbox.account_name = sys.argv[2], {account!r}
source = Path({include!r}) / "contacts" / "visit.csv"
source.parent.mkdir(parents=True, exist_ok=True)
lines = [f"{{number}};C-{{at}}" for at, number in enumerate(people(0, 20))]
source.write_text("\\n".join(["numero;client", *lines]) + "\\n", encoding="utf-8")
send = bag.dags["sms_campaign_visit"].task_dict["send"]
send.deferrable = False  # its waits take no time then
again = [dataclasses.replace(each, retry_delay=timedelta(seconds=1)) for each in send.retry_policy.rules]
send.retry_policy = ExceptionRetryPolicy(rules=again)
moved, states = MovedTime(sandbox), {{}}
store = Store(default_url())
everybody = people(0, 20)
sandbox.features(ends=dict.fromkeys(everybody, DELIVERED))
sandbox.reset_calls()
with moved.installed():
    sandbox.fault("lost_answer", method="POST", path="/sms/*/jobs")
    sandbox.fault("status", status=429, method="GET", path="/sms/*/receivers")
    states["campaign"] = run(bag, "sms_campaign_visit")["state"]
    fired = sandbox.fired()
    sandbox.clock(advance=3600)
    with taking_callbacks(store) as address:
        hook = OvhSmsHook("ovh_sms_default")
        apply_callbacks(hook.client, store, plan_callbacks(hook.client, store, WantedCallbacks(url=address)))
        for person in everybody[:3]:
            sandbox.reply(person, "OUI", account=sandbox.account_name)

        def called():
            every = sandbox.ask("GET", "/callbacks")
            return len(every) >= 3 and all(each["over"] for each in every)

        sandbox.wait_until(called)
        states["callbacks"] = run(bag, "sms_callbacks")["state"]
    moved.advance(3 * 86_400)
    states["report"] = run(bag, "sms_campaign_report")["state"]
    credits = OvhSmsHook("ovh_sms_default").client.account.get().credits_left
    states["order"] = run(bag, "sms_credits_topup", by_hand=".*approve.*")["state"]
found = {{"states": states, "fired": fired, "calls": sandbox.calls(), "credits": credits}}
print(json.dumps({{**found, "truth": sandbox.truth(), "orders": sandbox.orders()}}, default=str))
"""


@dataclass(frozen=True)
class MeteredRuns:
    """The runs: what Airflow emitted, and what the sandbox knows."""

    account: str
    emitted: list[Emitted]
    found: dict[str, Any]
    messages: list[dict[str, Any]]

    @cached_property
    def names(self) -> set[str]:
        """Names that were emitted."""
        return {each.name for each in self.emitted}

    def total(self, name: str, **tags: str) -> float:
        """The sum of a metric's values with these tags."""
        return sum(each.value for each in self.of(name, **tags))

    def of(self, name: str, **tags: str) -> list[Emitted]:
        """The values of a metric with these tags."""
        return [each for each in self.emitted if each.name == name and tags.items() <= each.tags.items()]


def metered_runs(folder: Path) -> MeteredRuns:
    """Make the runs in an Airflow of their own."""
    include = folder / "include"
    campaign_file(include, "visit", RULES)
    (include / "accounts").mkdir()
    (include / "accounts" / "main.yaml").write_text(ACCOUNT, encoding="utf-8")
    (folder / "dags").mkdir()
    for name in DAGS:
        (folder / "dags" / f"{name}.py").write_text((ROOT / "dags" / f"{name}.py").read_text(), encoding="utf-8")
    with SandboxProcess(folder / "sandbox", start=None) as sandbox, statsd_server() as statsd:
        code = RUNS.format(account=sandbox.account_name, include=str(include))
        found = json.loads(run_in_airflow(code, folder, sandbox, **statsd.env()))
        messages = sandbox.messages()
    return MeteredRuns(sandbox.account_name, statsd.ours(), found, messages)
