"""Waits in the triggerer until every message of a submission is final. It may run twice: it only reads and counts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sms.triggers.watching import WatchingTrigger

if TYPE_CHECKING:
    from ovh_sms.sending.account_watch import AccountWatch
    from ovh_sms.sending.progress import ProgressNews
    from ovh_sms.triggers.watcher import Subscription


class DeliveryReceiptsTrigger(WatchingTrigger):
    """Fire once every message is final and the opt-out window is over, or at the deadline.

    It fires at once if OVH lists more messages than are accounted for, or if a person asks to collect now.

    A withdrawn message never becomes final: the wait is also over if the others are final and no message is pending
    on the account for ``withdrawn_after``.

    Source: GET ``/sms/{serviceName}/outgoing`` (filters tag, deliveryReceipt, creationDatetime), ``/jobs``.

    :param tag: of the submission.
    :param expected: messages that OVH accepted and that were not withdrawn.
    :param accounted: most messages that OVH may list for the submission; ``None`` if nobody knows.
    :param ovh_batch: OVH's id of the OVH batch, whose statistics are read until all may be final; empty for none.
    :param poll_interval: least seconds between two reads of the submission.
    :param submitted_at: ISO 8601 with zone: the older the submission, the rarer it is read. ``None``: it stays young.
    :param ends_at: wall-clock deadline, ISO 8601 with zone.
    :param opt_out_window: seconds to wait for late STOPs once every message is final.
    :param withdrawn_after: seconds without a pending message on the account after which missing messages are not
        waited for any more.
    :param results_conn_id: Airflow connection of the results, which keep each count of the messages.
    :param earliest_after: least seconds before the event: Airflow 3.3 counts a task as lost, and runs it again, if it
        resumes before the scheduler has seen its deferral.
    """

    parameters = (
        "results_conn_id",
        "tag",
        "expected",
        "accounted",
        "ovh_batch",
        "poll_interval",
        "submitted_at",
        "ends_at",
        "opt_out_window",
        "withdrawn_after",
        "earliest_after",
    )

    def __init__(
        self,
        *,
        ovh_sms_conn_id: str,
        account: str,
        tag: str,
        expected: int,
        poll_interval: float,
        ends_at: str,
        opt_out_window: float,
        submitted_at: str | None = None,
        accounted: int | None = None,
        ovh_batch: str = "",
        withdrawn_after: float = 1800.0,
        earliest_after: float = 5.0,
        results_conn_id: str = "ovh_sms_results",
        user: str = "",
    ) -> None:
        super().__init__(ovh_sms_conn_id=ovh_sms_conn_id, account=account, user=user)
        self.results_conn_id = results_conn_id
        self.tag = tag
        self.expected = expected
        self.accounted = accounted
        self.ovh_batch = ovh_batch
        self.poll_interval = poll_interval
        self.submitted_at = submitted_at
        self.ends_at = ends_at
        self.opt_out_window = opt_out_window
        self.withdrawn_after = withdrawn_after
        self.earliest_after = earliest_after

    def __str__(self) -> str:
        """Say what is waited for, until when, and how to end it."""
        from ovh_sms.hooks.collect_now import COLLECT_NOW

        return (
            f"Waiting until {self.ends_at} at most for the delivery receipts of {self.expected} messages with the tag "
            f"{self.tag}. To collect those that are there now, add the tag to the Airflow Variable {COLLECT_NOW}."
        )

    def note(self, news: ProgressNews) -> None:
        """Keep the count in the results."""
        from ovh_sms.hooks.polls import keep_poll

        keep_poll(self.results_conn_id, news)

    def enter(self, watch: AccountWatch, subscription: Subscription) -> None:
        """Wait for this submission."""
        from ovh_sms.sending.progress import Awaited, WaitLimits

        limits = WaitLimits(
            deadline=datetime.fromisoformat(self.ends_at),
            poll_interval=timedelta(seconds=self.poll_interval),
            opt_out_window=timedelta(seconds=self.opt_out_window),
            withdrawn_after=timedelta(seconds=self.withdrawn_after),
            submitted_at=datetime.fromisoformat(self.submitted_at) if self.submitted_at else None,
        )
        watch.receipts.add(subscription, Awaited(self.tag, self.expected, self.accounted, self.ovh_batch), limits)
