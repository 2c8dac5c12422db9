"""Which errors a task tries again, and the pool that it runs in: the same for every task that calls OVH."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator as Task
    from airflow.sdk.definitions.mappedoperator import OperatorPartial
else:
    Task = object

_MODULE = "ovh_sms.errors."


@cache
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
        ("FilesUnavailable", timedelta(minutes=1), "the object storage of lists and reports cannot be reached"),
        ("SubmissionInFlight", timedelta(minutes=6), "another run of the campaign is submitting"),
        ("PaceReached", timedelta(minutes=1), "the pace of the campaign"),
        ("PilotAwaited", timedelta(minutes=1), "the pilot of the campaign"),
        ("ClaimOutdated", timedelta(minutes=1), "somebody opted out at this moment"),
        ("RunHeld", timedelta(minutes=1), "a person is asked about the run"),
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


class RetriedInPool(Task):
    """Part of a task that calls OVH: its retry policy and its pool. It stands before Airflow's own class."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("retry_policy", retry_policy())
        use_pool(kwargs)
        super().__init__(**kwargs)

    @classmethod
    def partial(cls, **kwargs: Any) -> OperatorPartial:
        """Plan it for mapping, in the same pool: Airflow reads that of a mapped task here, not from ``__init__``."""
        planned = super().partial(**kwargs)
        use_pool(planned.kwargs)
        return planned
