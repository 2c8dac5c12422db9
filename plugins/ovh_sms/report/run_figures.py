"""The figures of single runs, for sums over many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from ovh_sms.report.batch_state import BatchState, BatchStatus, collected_status
from ovh_sms.report.run_state import RunState, RunStatus
from ovh_sms.store.recent_runs import RecentRun


@dataclass(frozen=True, kw_only=True)
class RunFigures:
    """One run of the last weeks. Moments are aware.

    :param checked_at: when its checks passed; ``key_ends_at``: when OVH ends the key that they used.
    :param cancelled_at: when a person cancelled it, if it is not final.
    :param batches_sent: batches that OVH took.
    :param sent: messages that OVH took and that were not withdrawn; ``final`` of them are final.
    :param credits_spent: credits that OVH took and did not refund.
    :param sent_by_batch: of each batch that OVH took: when, and how many messages.
    :param unknown: of each batch whose outcome is unknown: when it was attempted, and its receivers.
    """

    list_tag: str
    campaign: str
    account: str
    marketing: bool
    started_at: datetime | None
    checked_at: datetime | None
    key_ends_at: datetime | None
    state: RunState
    cancelled_at: datetime | None = None
    batches_sent: int
    sent_at: datetime | None
    sent: int
    final: int
    delivered: int
    opt_outs: int
    credits_spent: float
    sent_by_batch: tuple[tuple[datetime, int], ...]
    unknown: tuple[tuple[datetime, int], ...] = ()

    @classmethod
    def of(cls, run: RunStatus) -> Self:
        """Take them from a run that was read as a whole."""
        record = run.results.record
        unknown = [each.results for each in run.batches if each.state is BatchState.UNKNOWN]
        return cls(
            list_tag=record.list_tag,
            campaign=record.campaign,
            account=record.account,
            marketing=record.marketing,
            started_at=record.started_at,
            checked_at=record.checked_at,
            key_ends_at=record.key_ends_at,
            state=run.state,
            cancelled_at=run.results.cancelled_at,
            batches_sent=run.batches_sent,
            sent_at=run.sent_at,
            sent=run.sent,
            final=run.final,
            delivered=run.delivered,
            opt_outs=run.opt_outs,
            credits_spent=run.credits_spent,
            sent_by_batch=_sent_by_batch(run.batches),
            unknown=tuple((each.claimed_at, each.record.receivers) for each in unknown if each.claimed_at),
        )

    @classmethod
    def of_final(cls, run: RecentRun) -> Self | None:
        """Take them from a run in few columns; ``None`` unless all is well with it and it changes no more."""
        every = run.batches
        if run.is_cancelled or not every or any(each.submitted is None or each.collected_at is None for each in every):
            return None
        batches = [collected_status(each) for each in every]
        if any(each.state is not BatchState.FINAL or each.trouble or each.surplus for each in batches):
            return None
        return cls(
            list_tag=run.list_tag,
            campaign=run.campaign,
            account=run.account,
            marketing=run.marketing,
            started_at=run.started_at,
            checked_at=run.checked_at,
            key_ends_at=run.key_ends_at,
            state=RunState.FINAL,
            batches_sent=len(batches),
            sent_at=min((each.sent_at for each in every if each.sent_at), default=None),
            sent=sum(each.sent for each in batches),
            final=sum(each.final for each in batches),
            delivered=sum(each.delivered for each in batches),
            opt_outs=sum(each.opt_outs for each in every),
            credits_spent=sum(each.credits_spent - each.refunded for each in every if each.credits_spent is not None),
            sent_by_batch=_sent_by_batch(batches),
        )


def _sent_by_batch(batches: Sequence[BatchStatus]) -> tuple[tuple[datetime, int], ...]:
    return tuple((each.results.sent_at, each.sent) for each in batches if each.results.sent_at and each.sent)
