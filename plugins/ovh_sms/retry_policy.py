"""Which errors a task tries again, and the pool that it runs in: the same for every task that calls OVH."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

_MODULE = "ovh_sms.errors."


def retry_policy() -> ExceptionRetryPolicy:
    """Try again after errors that may go away by themselves; fail at once if a person must act.

    An unknown outcome is tried again because the next try reconciles the write with OVH instead of repeating it.

    :returns: the policy; the number of tries is the task's own ``retries``.
    """
    again = [
        ("RateLimited", timedelta(minutes=2), "OVH asked to slow down"),
        ("Unavailable", timedelta(minutes=1), "OVH cannot be reached"),
        ("OutcomeUnknown", timedelta(minutes=1), "the next try reconciles with OVH"),
        ("DeadlineMissed", timedelta(minutes=1), "OVH received nothing"),
        ("SourceUnavailable", timedelta(minutes=1), "the source of the contact list cannot be reached"),
        ("StoreUnavailable", timedelta(minutes=1), "the results database cannot be reached"),
        ("SubmissionInFlight", timedelta(minutes=6), "another run of the campaign is submitting"),
        ("NoFreeSlot", timedelta(minutes=5), "another campaign will free its receivers slot"),
    ]
    rules = [
        RetryRule(exception=_MODULE + name, action=RetryAction.RETRY, retry_delay=delay, reason=reason)
        for name, delay, reason in again
    ]
    person = RetryRule(exception=_MODULE + "ResolutionRequired", action=RetryAction.FAIL, reason="a person must decide")
    stop = RetryRule(exception=_MODULE + "OvhSmsError", action=RetryAction.FAIL, reason="a person must act first")
    return ExceptionRetryPolicy(rules=[person, *rules, stop])


def use_pool(arguments: MutableMapping[str, Any]) -> None:
    """Put a task into the pool that ``OVH_SMS_POOL`` names, unless the DAG names one.

    There is no default name: Airflow never runs a task whose pool does not exist.

    :param arguments: the task's; receives ``pool`` if neither it nor its ``default_args`` has one.
    """
    named = os.environ.get("OVH_SMS_POOL", "").strip()
    if named and "pool" not in (arguments.get("default_args") or {}):
        arguments.setdefault("pool", named)
