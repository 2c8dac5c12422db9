"""Which errors a task tries again, the same for every operator."""

from __future__ import annotations

from datetime import timedelta

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
        ("SourceUnavailable", timedelta(minutes=1), "the contact list's source is not reachable"),
        ("CampaignBusy", timedelta(minutes=1), "another run of the campaign is sending"),
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
