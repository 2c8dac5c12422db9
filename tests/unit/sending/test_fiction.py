"""Numbers of fiction leave for a sandbox only."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.credentials import Credentials
from ovh_sms.api.retry import RetryPolicy
from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.clock import SystemClock
from ovh_sms.errors import ConfigurationError
from ovh_sms.sending.batch_post import BatchPost
from ovh_sms.sending.planned_submission import PlannedSubmission


def test_numbers_of_fiction_are_refused_outside_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nothing could leave
    keys = {"application_key": "key", "application_secret": "secret", "consumer_key": "consumer"}
    live = Credentials(endpoint="ovh-eu", **keys)
    clock = SystemClock()
    request = SubmissionRequest(
        message="Bonjour", stop_clause=False, tag="fiction", receivers=["+33639980001"], sender="MYSHOP"
    )
    unused = cast("Any", None)
    planned = PlannedSubmission(plan=unused, request=request, folder=tmp_path, schedule=unused, run_message=unused)
    client = OvhSmsClient(credentials=live, account="sms-xx1-1", retry=RetryPolicy(total_seconds=0), clock=clock)
    write = BatchPost(planned=planned, client=client, journal=unused, clock=clock, quiet_period=timedelta(0))
    with pytest.raises(ConfigurationError, match="range of fiction"):
        write.post(clock.monotonic() + 60)
