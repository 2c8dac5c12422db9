"""The figures of one submission, or of all submissions of one run.

The messages are counted once, when they are collected (:func:`compute`, with pandas). Pages add up what was saved then
(:func:`of_submission`, :func:`of_run`) and count opt-outs and withdrawals anew, as these may change later.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import accumulate
from math import floor
from typing import TYPE_CHECKING, Any, TypeVar

from ovh_sms.messaging.delivery_status import DeliveryStatus, cause
from ovh_sms.report.models import Figures
from ovh_sms.store.models import MessageFigures

if TYPE_CHECKING:
    from ovh_sms.store.models import SubmissionRecord
    from ovh_sms.store.store import Store

_Key = TypeVar("_Key")


def rate(part: float, whole: float) -> float | None:
    """Compute a percentage, or ``None`` of nothing."""
    return 100.0 * part / whole if whole else None


def known_sum(values: Sequence[float | None]) -> float | None:
    """Add values up; the sum is unknown if one of them is."""
    return None if None in values else sum(value or 0 for value in values)


def compute(store: Store, tag: str) -> MessageFigures:
    """Count the stored messages of a submission, some thousand at a time."""
    import pandas as pd

    statuses: Counter[tuple[str, int | None]] = Counter()
    delays: Counter[float] = Counter()
    deliveries: Counter[datetime] = Counter()
    for block in store.messages.deliveries(tag):
        messages = pd.DataFrame(block)
        messages["operator_code"] = messages["operator_code"].astype("Int32")
        for (status, code), count in messages.value_counts(["delivery_status", "operator_code"], dropna=False).items():
            statuses[status, None if pd.isna(code) else int(code)] += int(count)
        delivered = messages[messages["delivery_status"] == DeliveryStatus.DELIVERED.value]
        arrived = pd.to_datetime(delivered["delivered_at"], utc=True)
        for minute, count in arrived.dropna().dt.floor("min").value_counts().items():
            deliveries[minute.to_pydatetime()] += int(count)
        seconds = (arrived - pd.to_datetime(delivered["sent_at"], utc=True)).dt.total_seconds().dropna()
        # Clocks that disagree say nothing of the delay.
        for delay, count in seconds[seconds >= 0].round(3).value_counts().items():
            delays[float(delay)] += int(count)
    return MessageFigures(
        statuses=tuple((status, code, count) for (status, code), count in statuses.items()),
        delays=tuple(sorted(delays.items())),
        deliveries=tuple(sorted(deliveries.items())),
    )


def of_submission(store: Store, record: SubmissionRecord) -> Figures:
    """Read the figures of one submission."""
    return _combine(store, [record], batches=1)


def of_run(store: Store, records: Sequence[SubmissionRecord]) -> Figures:
    """Read the figures of a run, of the batches that are recorded so far."""
    return _combine(store, records, batches=max(len(records), *(each.batches for each in records)))


def _combine(store: Store, records: Sequence[SubmissionRecord], *, batches: int) -> Figures:
    tags = [each.tag for each in records]
    collected = store.figures.of(*tags)
    found = [collected.get(tag, MessageFigures()) for tag in tags]
    statuses = _add((status, count) for each in found for status, _, count in each.statuses)
    delivered, failed, expired = (
        statuses[each] for each in (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.EXPIRED)
    )
    taken = [max(record.submitted or 0, each.messages) for record, each in zip(records, found, strict=True)]
    submitted, opt_outs = sum(taken), store.opt_outs.count(*tags)
    withdrawn, refunded = store.withdrawals.count(*tags)
    # Not below 0: a message that left while it was being withdrawn may count as both.
    surplus = sum(_surplus(record, each) for record, each in zip(records, found, strict=True))
    pending = max(0, submitted - delivered - failed - expired - withdrawn)
    whole = submitted if len(records) == batches else 0  # batches not recorded yet would change every rate
    return Figures(
        **_about(records, every_batch=len(collected) == batches),
        **_credits(records, refunded=refunded),
        batches=batches,
        batches_collected=len(collected),
        submitted=submitted,
        refused=sum(record.refused or 0 for record in records),
        unaccounted=sum(
            record.accepted - count - (record.refused or 0)
            for record, count in zip(records, taken, strict=True)
            if record.submitted is not None
        )
        + surplus,
        surplus=surplus,
        delivered=delivered,
        failed=failed,
        expired=expired,
        pending=pending,
        withdrawn=withdrawn,
        delivered_rate=rate(delivered, whole),
        failed_rate=rate(failed, whole),
        expired_rate=rate(expired, whole),
        pending_rate=rate(pending, whole),
        opt_outs=opt_outs,
        opt_out_rate=rate(opt_outs, delivered),
        errors=_errors(found),
        deliveries=tuple(sorted(_add(pair for each in found for pair in each.deliveries).items())),
        resolutions=tuple(store.attempts.resolutions(*tags)),
        **_delays(_add(pair for each in found for pair in each.delays)),
    )


def _surplus(record: SubmissionRecord, found: MessageFigures) -> int:
    """Messages beyond those that OVH's answer accounts for."""
    known = [count for count in (record.submitted, record.messages) if count is not None]
    return max(0, found.messages - max(known)) if known else 0


def _add(pairs: Iterable[tuple[_Key, int]]) -> Counter[_Key]:
    counts: Counter[_Key] = Counter()
    for key, count in pairs:
        counts[key] += count
    return counts


def _about(records: Sequence[SubmissionRecord], *, every_batch: bool) -> dict[str, Any]:
    first = records[0]
    return {
        **{name: getattr(first, name) for name in ("campaign", "account", "sender", "marketing")},
        "tag": first.tag if len(records) == 1 else f"{len(records)} batches, {first.tag} …",
        "sent_at": min((each.sent_at for each in records if each.sent_at), default=None),
        "collected_at": max(each.collected_at for each in records if each.collected_at) if every_batch else None,
        "complete": all(each.complete for each in records) if every_batch else None,
        "rows": sum(each.rows for each in records),
        "accepted": sum(each.accepted for each in records),
        "rejected": _most_first(_add(pair for each in records for pair in each.rejected.items())),
    }


def _credits(records: Sequence[SubmissionRecord], *, refunded: float) -> dict[str, Any]:
    taken = known_sum([each.credits_spent for each in records])
    spent = None if taken is None else taken - refunded
    estimated = known_sum([each.credits_estimated for each in records])
    return {
        "credits_estimated": estimated,
        "credits_spent": spent,
        "credits_difference": None if spent is None or estimated is None else spent - estimated,
    }


def _errors(found: Sequence[MessageFigures]) -> dict[str, int]:
    """Count failed and expired messages by cause; codes that mean the same are one cause."""
    lost = {DeliveryStatus.FAILED, DeliveryStatus.EXPIRED}
    return _most_first(
        _add(
            (cause(code, DeliveryStatus(status)), count)
            for each in found
            for status, code, count in each.statuses
            if status in lost
        )
    )


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _delays(counts: Counter[float]) -> dict[str, Any]:
    """Percentiles, interpolated between the two nearest messages."""
    if not counts:
        return {}
    seconds = sorted(counts)
    ends = list(accumulate(counts[each] for each in seconds))

    def within(percent: int) -> float:
        place = percent / 100 * (ends[-1] - 1)
        low, high = (
            seconds[bisect_right(ends, index)] for index in (floor(place), min(floor(place) + 1, ends[-1] - 1))
        )
        return round(low + (high - low) * (place - floor(place)), 3)

    curve = tuple((float(percent), within(percent)) for percent in range(101))
    return {"delay_curve": curve, **{f"delay_p{percent}": curve[percent][1] for percent in (50, 90, 99)}}
