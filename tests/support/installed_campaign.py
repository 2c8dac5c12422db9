"""A campaign from list to report with the installed package alone: a project of four small files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.airflow_task import connection
from support.fresh_environment import Environment
from support.own_airflow import READY
from support.sandbox import SandboxProcess

CAMPAIGN = """
description: Announces to customers that their order is on its way
schedule: null
sender: MYSHOP
kind: transactional
night: send
message: "Bonjour #prenom#, votre commande arrive."
contacts:
  file: contacts/hello.csv
budget: 10
poll_interval_seconds: 1
stop_window_minutes: 0
"""
LIST = "Numero;prenom\n0639980000;Pierre\n0639980001;Jeanne\n0639980001;Jeanne\n12;Paul\n"
#: The DAG files of `docs/install.md`.
DAG_FILES = {
    "campaigns.py": """
# Airflow reads a file only if it names airflow and dag.
from pathlib import Path
from ovh_sms.dag_factories.campaign import campaign_dags
globals().update({dag.dag_id: dag for dag in campaign_dags(Path(__file__).parents[1] / "include")})
""",
    "report.py": """
# Airflow reads a file only if it names airflow and dag.
from ovh_sms.dag_factories.report import report_dag
dag = report_dag()
""",
}
RUN = f"""{READY}
import ovh_sms
from ovh_sms.hooks.store import ResultsHook
states = {{dag_id: str(bag.dags[dag_id].test().state) for dag_id in ("sms_campaign_hello", "sms_campaign_report")}}
(sent,) = ResultsHook("ovh_sms_results").store.submissions.latest()
figures = [sent.submitted, sent.messages, sent.complete]
print(json.dumps({{"states": states, "package": ovh_sms.__file__, "figures": figures}}))
"""


def write_campaign(folder: Path) -> None:
    """Write the project: the campaign, its list, and two DAG files."""
    files = {"include/campaigns/hello.yaml": CAMPAIGN, "include/contacts/hello.csv": LIST}
    files |= {f"dags/{name}": text for name, text in DAG_FILES.items()}
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.lstrip("\n"), encoding="utf-8")


def send_and_report(environment: Environment, folder: Path, **env: str) -> dict[str, Any]:
    """Send the campaign and report on it; returns what became of it, and the texts that OVH has.

    :param env: settings of Airflow.
    """
    write_campaign(folder)
    with SandboxProcess(folder / "sandbox", speed=60, start=None) as sandbox:
        # A drawn fate may be that a phone is off for days.
        sandbox.features(ends=dict.fromkeys(("+33639980000", "+33639980001"), (1, 4)))
        home = {
            "AIRFLOW_HOME": str(folder / "home"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
            "AIRFLOW_CONN_OVH_SMS_DEFAULT": connection(sandbox),
            "OVH_SMS_DATA": str(folder / "data"),
            **env,
        }
        printed = environment.printed("python", "-c", RUN, str(folder / "dags"), **home)
        found = json.loads(next(line for line in reversed(printed.splitlines()) if line.startswith("{")))
        texts = sorted([each["receiver"], each["message"]] for each in sandbox.messages())
        return {**found, "texts": texts, "reports": sorted(each.name for each in (folder / "data").rglob("*.html"))}
