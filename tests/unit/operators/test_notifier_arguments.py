"""The arguments of a campaign's notifiers, which may be addresses and numbers of colleagues, stay in the journal."""

from __future__ import annotations

import json
from datetime import timedelta

from airflow.sdk import Asset

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.sending.known_submission import find_submission
from support.airflow_task import context
from support.sandbox import SandboxProcess
from unit.operators.sends import send

NOTIFY = {"notifier": "some.Notifier", "arguments": {"to": "boss@example.org", "number": "+33639980099"}}


def test_arguments_of_notifiers_reach_the_report_without_xcom_and_events(sandbox: SandboxProcess) -> None:
    asset, around = Asset("sent"), context()
    patient = {"quiet_period": timedelta(minutes=1), "reconcile_timeout": timedelta(minutes=2)}
    task = send(report={"stop_threshold": 10, "notify": [NOTIFY]}, outlets=[asset], **patient)
    result = task.execute(around)
    for kept_by_airflow in (result, around["outlet_events"][asset].extra):
        text = json.dumps(kept_by_airflow)
        assert "boss@example.org" not in text
        assert "39980099" not in text
        assert kept_by_airflow["collect"]["stop_threshold"] == 10
    known = find_submission(ResultsHook().store, result["tag"])
    assert known is not None
    assert [dict(each) for each in known.collect.notify] == [NOTIFY]
