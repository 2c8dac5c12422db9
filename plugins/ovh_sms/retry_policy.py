"""What is the same for every task that asks OVH: which errors it tries again, and the pool it runs in."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

_TREE = "ovh_sms.errors."


def retry_policy() -> ExceptionRetryPolicy:
    """Try again what may go away by itself, stop at once for what a person must mend.

    An unknown outcome is tried again because the next try looks the write up at OVH instead of repeating it.

    :returns: the policy; how often is the task's own ``retries``.
    """
    again = [
        ("RateLimited", timedelta(minutes=2), "OVH asked to slow down"),
        ("Unavailable", timedelta(minutes=1), "OVH is not reachable"),
        ("OutcomeUnknown", timedelta(minutes=1), "the next try looks the write up at OVH"),
        ("DeadlineMissed", timedelta(minutes=1), "nothing was handed to OVH"),
        ("SourceUnavailable", timedelta(minutes=1), "the contact list's source is not reachable"),
        ("SubmissionInFlight", timedelta(minutes=6), "another run of the campaign is sending"),
        ("NoFreeSlot", timedelta(minutes=5), "another campaign will free its receivers list"),
    ]
    rules = [
        RetryRule(exception=_TREE + name, action=RetryAction.RETRY, retry_delay=delay, reason=reason)
        for name, delay, reason in again
    ]
    stop = RetryRule(
        exception=_TREE + "OvhSmsError", action=RetryAction.FAIL, reason="a person must mend this first"
    )
    return ExceptionRetryPolicy(rules=[*rules, stop])


def use_pool(given: MutableMapping[str, Any]) -> None:
    """Put a task into the pool that ``OVH_SMS_POOL`` names, unless the DAG says which.

    No pool has a name of its own here: Airflow never runs a task whose pool does not exist.

    :param given: what the task is made with; receives ``pool`` where neither it nor its ``default_args`` has one.
    """
    named = os.environ.get("OVH_SMS_POOL", "").strip()
    if named and "pool" not in (given.get("default_args") or {}):
        given.setdefault("pool", named)
