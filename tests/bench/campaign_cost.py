"""The CPU that the tasks of a campaign take for one message, in a list of 10,000 contacts and in one of a million.

One process executes the tasks one after the other, as Airflow's workers would, against the sandbox and PostgreSQL,
whose own CPU is left out. The first campaign is not counted: it imports the modules. The cost is what a task takes
beyond the same task of a campaign of a hundred contacts; ``whole_ratio`` compares all that the tasks take.
Prints JSON: microseconds of CPU for one message, by size and by task.
"""

from __future__ import annotations

import json
import logging
import os
import statistics
import sys
import time
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

TINY, SMALL, MILLION = 100, 10_000, 1_000_000
#: Campaigns of each size, each with a list of its own.
RUNS = {TINY: 8, SMALL: 8, MILLION: 1}
DAYS = 4 * 86_400


#: CPU seconds of each execution of each task, and the messages that OVH accepted.
Run = tuple[dict[str, list[float]], int]


def measure(folder: Path) -> dict[str, Any]:
    """Measure the small campaigns, then the large one."""
    from support.postgresql import new_database, running_postgresql
    from support.sandbox import SandboxProcess

    with running_postgresql() as server, SandboxProcess(folder / "sandbox", start=None) as sandbox:
        from support.airflow_task import connection

        sandbox.account(creditsLeft=10 * MILLION)
        os.environ["OVH_SMS_DATA"] = str(folder / "data")
        os.environ["AIRFLOW_CONN_OVH_SMS_DEFAULT"] = connection(sandbox)
        logging.disable(logging.INFO)
        _use_store(new_database(server))
        _campaign(sandbox, folder, SMALL, -1)
        runs = {rows: [_campaign(sandbox, folder, rows, at) for at in range(count)] for rows, count in RUNS.items()}
    fixed = {task: statistics.median(run[0][task][0] for run in runs[TINY]) for task in runs[TINY][0][0]}
    nothing = dict.fromkeys(fixed, 0.0)
    small, large = _costs(runs[SMALL], fixed), _costs(runs[MILLION], fixed)
    whole = [sum(_costs(runs[rows], nothing).values()) for rows in (MILLION, SMALL)]
    return {
        "cost_ratio": round(sum(large.values()) / sum(small.values()), 2),
        "cost_us": round(sum(large.values()), 1),
        "cost_us_10k": round(sum(small.values()), 1),
        "whole_ratio": round(whole[0] / whole[1], 2),
        "whole_us": round(whole[0], 1),
        "whole_us_10k": round(whole[1], 1),
        "cost_us_by_task": {task: round(cost, 2) for task, cost in large.items()},
        "cost_us_by_task_10k": {task: round(cost, 2) for task, cost in small.items()},
        "fixed_ms_by_task": {task: round(1_000 * cost, 1) for task, cost in fixed.items()},
    }


def _costs(runs: list[Run], fixed: dict[str, float]) -> dict[str, float]:
    """Microseconds for one message, by task, beyond what each execution of the task takes in any case."""
    return {
        task: 1e6 * statistics.median((sum(cpu[task]) - len(cpu[task]) * fixed[task]) / sent for cpu, sent in runs)
        for task in fixed
    }


def _use_store(url: str) -> None:
    from airflow.sdk.execution_time import task_runner

    from ovh_sms.hooks.store_identity import StoreMark, variable_name
    from support.stores import new_store
    from support.supervisor import Supervisor

    os.environ["AIRFLOW_CONN_OVH_SMS_RESULTS"] = "postgres" + url[url.index("://") :]
    supervisor = Supervisor()
    supervisor.variables[variable_name("ovh_sms_results")] = str(StoreMark.of(new_store(url)))
    task_runner.SUPERVISOR_COMMS = supervisor


def _campaign(sandbox: Any, folder: Path, rows: int, at: int) -> Run:
    """Send one campaign and report on it."""
    from bench.campaign_1m import write_campaign
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.campaign.yaml_files import load_file
    from ovh_sms.operators.build_report import BuildReportOperator
    from ovh_sms.operators.free_receivers_slot import FreeReceiversSlotOperator
    from ovh_sms.operators.preflight import PreflightOperator
    from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
    from ovh_sms.operators.send_job import SendJobOperator
    from ovh_sms.operators.split_into_batches import SplitIntoBatchesOperator
    from ovh_sms.operators.upload_receivers import UploadReceiversOperator
    from ovh_sms.sending.repeats import DUPLICATE_WINDOW
    from ovh_sms.sensors.collect_outgoing import CollectOutgoingSensor
    from support.airflow_task import context

    name = f"rows_{rows}_{at + 1}"
    it = load_file(write_campaign(folder / "include", name, rows, seed=rows + at + 1), Campaign)
    cpu: dict[str, list[float]] = defaultdict(list)

    def done(operator: Any, map_index: int = -1, **given: Any) -> Any:
        about = context(task_id=operator.task_id, run_id=name, map_index=map_index)
        started = time.process_time()
        found = operator.execute_complete(about, **given) if given else operator.execute(about)
        cpu[operator.task_id].append(time.process_time() - started)
        return found

    window = {"duplicate_window": DUPLICATE_WINDOW}
    prepare = it.prepare_arguments(folder / "include") | window
    prepared = done(PrepareContactsOperator(task_id="prepare", **prepare))
    done(PreflightOperator(task_id="preflight", prepared=prepared, **it.preflight_arguments()))
    submit = {"deferrable": False, **it.submission_arguments(), **window}
    sent = []
    for number, batch in enumerate(done(SplitIntoBatchesOperator(task_id="split", prepared=prepared))):
        receivers = done(UploadReceiversOperator(task_id="upload_receivers", prepared=batch), number)
        send = SendJobOperator(task_id="send", receivers=receivers, prepared=batch, **submit)
        sent.append(done(send, number))
        done(FreeReceiversSlotOperator(task_id="free", receivers=receivers, prepared=batch), number)
    sandbox.clock(advance=DAYS)
    messages = 0
    for number, submission in enumerate(sent):
        messages += sandbox.truth(submission["tag"])["accepted"]
        collect = CollectOutgoingSensor(task_id="collect", submission=submission, opt_out_window=timedelta(0))
        collected = done(collect, number, event={"status": "final", "message": "all final"})
        done(BuildReportOperator(task_id="report", collected=collected), number)
    total = 1e6 * sum(map(sum, cpu.values())) / messages
    print(f"  {rows:>9,} contacts {messages:>9,} messages {total:6.1f} µs each", file=sys.stderr, flush=True)
    return dict(cpu), messages


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))), flush=True)
    os._exit(0)
