"""A campaign of five messages beside waiting reports that use all calls of the key, 60 in a minute.

A process of its own runs the campaign's tasks one after the other, as Airflow's workers would, and the reports in
threads: four calls each, then again a minute after. The sandbox refuses what goes beyond 60 calls in 60 seconds.
Prints JSON: the campaign's seconds, its calls, and the calls that were refused.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

CALLS_PER_MINUTE = 60
CALLS_OF_A_REPORT, PAUSE_SECONDS = 4, 60.0
BUSY_AFTER_SECONDS = 15.0


def measure(folder: Path, waiting: int, *, with_classes: bool) -> dict[str, Any]:
    """Run the campaign beside so many waiting reports.

    :param with_classes: whether the campaign's calls go first, as they do; for the comparison all are alike.
    """
    from ovh_sms.api.turn_queue import CallClass
    from ovh_sms.operators.base import OvhSmsOperator
    from support.airflow_task import connection
    from support.sandbox import SandboxProcess

    if not with_classes:
        OvhSmsOperator.call_class = CallClass.POLL
    refused = _Refused()
    logging.getLogger("ovh_sms").addHandler(refused)
    logging.getLogger("ovh_sms").setLevel(logging.INFO)
    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        sandbox.rate_limit(CALLS_PER_MINUTE)
        os.environ["OVH_SMS_DATA"] = str(folder / "data")
        os.environ["AIRFLOW_CONN_OVH_SMS_DEFAULT"] = connection(sandbox, calls_per_minute=CALLS_PER_MINUTE)
        use_store(folder / "data")
        over = threading.Event()
        reports = [threading.Thread(target=_wait_for_receipts, args=(number, over)) for number in range(waiting)]
        for report in reports:
            report.start()
        time.sleep(BUSY_AFTER_SECONDS)
        started = time.perf_counter()
        _run_campaign(folder)
        seconds = time.perf_counter() - started
        over.set()
        sent = sandbox.truth(account=sandbox.account_name)["accepted"]
    if sent != 5:
        sys.exit(f"{sent} messages were sent instead of 5.")
    return {"seconds": seconds, "refused": refused.count}


def use_store(folder: Path) -> None:
    """Give this process a store, as Airflow's workers have one."""
    from airflow.sdk.execution_time import task_runner

    from ovh_sms.hooks.store_identity import StoreMark, variable_name
    from support.stores import new_store
    from support.supervisor import Supervisor

    store, supervisor = new_store(folder / "results.sqlite"), Supervisor()
    supervisor.variables[variable_name("ovh_sms_results")] = str(StoreMark.of(store))
    task_runner.SUPERVISOR_COMMS = supervisor


def _wait_for_receipts(number: int, over: threading.Event) -> None:
    """Read as a waiting report does, as long as the campaign runs; then the sandbox is away."""
    from ovh_sms.errors import OvhSmsError
    from ovh_sms.hooks.sms import OvhSmsHook

    client = OvhSmsHook().client
    while not over.is_set():
        with contextlib.suppress(OvhSmsError):
            for _ in range(CALLS_OF_A_REPORT):
                if not over.is_set():
                    client.outgoing.count(tag=f"report-{number}")
        over.wait(PAUSE_SECONDS)


def _run_campaign(folder: Path) -> None:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.campaign.yaml_files import load_file
    from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
    from ovh_sms.operators.preflight import PreflightOperator
    from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
    from ovh_sms.operators.send_job import SendJobOperator
    from ovh_sms.operators.upload_receivers import UploadReceiversOperator
    from support.airflow_task import context

    lines = [f"06399800{at:02d};P{at}" for at in range(5)]
    (folder / "a.csv").write_text("\n".join(["number;prenom", *lines]) + "\n", encoding="utf-8")
    body = (
        "sender: MYSHOP\nkind: transactional\nnight: send\n"
        "message: 'Bonjour #prenom#'\ncontacts: {file: a.csv}\nbudget: 9\n"
    )
    (folder / "spring.yaml").write_text(body, encoding="utf-8")
    it = load_file(folder / "spring.yaml", Campaign)
    given = PrepareContactsOperator(task_id="prepare", **it.prepare_arguments(folder)).execute(context())
    PreflightOperator(task_id="preflight", prepared=given, **it.preflight_arguments()).execute(context())
    uploaded = UploadReceiversOperator(task_id="upload", prepared=given).execute(context())
    send = {"receivers": uploaded, "prepared": given, "deferrable": False, **it.submission_arguments()}
    SendJobOperator(task_id="send", **send).execute(context())
    FreeReceiversSlotOperator(task_id="free", receivers=uploaded).execute(context())


class _Refused(logging.Handler):
    """Counts the reads that OVH refused, by the log line of their repetition."""

    count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += record.getMessage().startswith("retrying")


if __name__ == "__main__":
    found = measure(Path(sys.argv[1]), int(sys.argv[2]), with_classes=sys.argv[3] == "classes")
    print(json.dumps(found), flush=True)
    os._exit(0)  # the reports still wait for their turn
