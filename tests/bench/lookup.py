"""One lost answer beside 20,000 waiting messages of another program, where OVH reads messages one by one only.

Prints JSON: the calls that reconciling took, and whether a person was asked in the end.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

OTHERS, IN_ONE_CALL = 20_000, 500
SUBMIT = {"method": "POST", "path": "/sms/*/jobs"}
#: What happens to the submission, and when the others' messages come.
CASES = {
    "waits": ("lost_answer", "before"),
    "absent": ("reset_before", "before"),
    "absent_beside_new": ("reset_before", "after"),
}


def measure(folder: Path, case: str) -> dict[str, Any]:
    """Lose one answer, and count the calls until it is decided, or a person is asked."""
    from airflow.sdk.exceptions import AirflowFailException

    from bench.busy_key import use_store
    from ovh_sms.errors import OutcomeUnknown
    from ovh_sms.operators.send_job import SendJobOperator
    from support.airflow_task import connection, context
    from support.sandbox import SandboxProcess

    kind, when = CASES[case]
    with SandboxProcess(folder / "sandbox", start=None) as sandbox:
        sandbox.account(creditsLeft=100_000)
        sandbox.features(batch_header=False)
        os.environ["OVH_SMS_DATA"] = str(folder / "data")
        os.environ["AIRFLOW_CONN_OVH_SMS_DEFAULT"] = connection(sandbox, calls_per_minute=60_000)
        use_store(folder / "data")
        task = SendJobOperator(
            task_id="send",
            message="Bonjour",
            numbers=["+33639980001", "+33639980002"],
            sender="MYSHOP",
            stop_clause=False,
            delay_minutes=600,
            deferrable=False,
            quiet_period=timedelta(seconds=2),
            reconcile_timeout=timedelta(seconds=20),
        )
        if when == "before":
            _others_send()
        sandbox.fault(kind, **SUBMIT)
        try:
            task.execute(context())
            sys.exit("The answer was not lost.")
        except OutcomeUnknown:
            pass
        if when == "after":
            _others_send()
        sandbox.reset_calls()
        try:
            asked = task.execute(context())["submitted"] != 2
        except AirflowFailException:
            asked = True
        calls = sum(sandbox.calls()["by_call"].values())
        sent = len(sandbox.messages(account=sandbox.account_name)) - OTHERS
    if sent != (0 if asked else 2):
        sys.exit(f"{sent} messages were sent.")
    return {"calls": calls, "asked": asked}


def _others_send() -> None:
    from ovh_sms.api.submission_request import SubmissionRequest
    from ovh_sms.hooks.sms import OvhSmsHook

    client = OvhSmsHook().client
    for start in range(0, OTHERS, IN_ONE_CALL):
        numbers = tuple(f"+3363998{5000 + (start + at) % 5000:04d}" for at in range(IN_ONE_CALL))
        given = {"sender": "MYSHOP", "stop_clause": False, "tag": f"others-{start}", "delay_minutes": 600}
        client.jobs.submit(SubmissionRequest(message="Promo", receivers=numbers, **given))


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), sys.argv[2])), flush=True)
