"""Collecting and reporting on one submission of 100,000 messages, from the sandbox over HTTP.

Prints JSON: seconds of both tasks, their calls at OVH, and the size of the stored figures.
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

MESSAGES = 100_000
DAYS = 3 * 86_400


def measure(folder: Path, messages: int) -> dict[str, Any]:
    """Send a campaign, let three days pass at OVH, then collect and report as when the wait has ended."""
    from bench.busy_key import use_store
    from ovh_sms.hooks.store import ResultsHook
    from ovh_sms.operators.build_report import BuildReportOperator
    from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
    from support.airflow_task import connection, context
    from support.sandbox import SandboxProcess

    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        sandbox.account(creditsLeft=3 * messages)
        os.environ["OVH_SMS_DATA"] = str(folder / "data")
        os.environ["AIRFLOW_CONN_OVH_SMS_DEFAULT"] = connection(sandbox, calls_per_minute=60_000)
        use_store(folder / "data")
        sent = _send(folder, messages)
        sandbox.clock(advance=DAYS)
        sandbox.reset_calls()
        started = time.perf_counter()
        sensor = CollectOutgoingSensor(task_id="collect", submission=sent, opt_out_window=timedelta(0))
        collected = sensor.execute_complete(context(), {"status": "final", "message": "all final"})
        collecting = time.perf_counter() - started
        BuildReportOperator(task_id="report", collected=collected).execute(context())
        seconds = time.perf_counter() - started
        calls = sum(sandbox.calls()["by_call"].values())
        truth = sandbox.truth(sent["tag"])
    figures = ResultsHook().store.figures.of(sent["tag"])[sent["tag"]]
    if figures.count("delivered") != truth["delivered"]:
        sys.exit(f"{figures.count('delivered')} delivered, sandbox {truth['delivered']}.")
    return {
        "seconds": seconds,
        "collect_seconds": collecting,
        "api_calls": calls,
        "stored_kb": len(json.dumps(figures.to_json())) / 1024,
    }


def _send(folder: Path, messages: int) -> dict[str, Any]:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.campaign.yaml_files import load_file
    from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
    from ovh_sms.operators.send_job import SendJobOperator
    from ovh_sms.operators.upload_receivers import UploadReceiversOperator
    from support.airflow_task import context

    lines = [f"0661{at:06d};P{at}" for at in range(messages)]
    (folder / "a.csv").write_text("\n".join(["number;prenom", *lines]) + "\n", encoding="utf-8")
    body = (
        "sender: MYSHOP\nkind: transactional\nnight: send\n"
        f"message: 'Bonjour #prenom#'\ncontacts: {{file: a.csv}}\nbudget: {2 * messages}\n"
    )
    (folder / "spring.yaml").write_text(body, encoding="utf-8")
    it = load_file(folder / "spring.yaml", Campaign)
    given = PrepareContactsOperator(task_id="prepare", **it.prepare_arguments(folder)).execute(context())
    uploaded = UploadReceiversOperator(task_id="upload", prepared=given).execute(context())
    send = {"receivers": uploaded, "prepared": given, "deferrable": False, **it.submission_arguments()}
    return SendJobOperator(task_id="send", **send).execute(context())


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]))), flush=True)
