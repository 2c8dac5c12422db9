"""The figures of one submission, or of all submissions of one run.

The messages are counted once, when they are collected (:mod:`ovh_sms.report.counting`). Pages add up what was saved
then (:func:`of_submission`, :func:`of_run`) and count opt-outs and withdrawals anew, as these may change later.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from math import floor, inf
from typing import TYPE_CHECKING, Any, TypeVar

from ovh_sms.messaging.delivery_status import DeliveryStatus, action_after, cause
from ovh_sms.report.account_credits import credits_left
from ovh_sms.report.history import PERIOD, compare
from ovh_sms.report.models import ErrorCount, Figures
from ovh_sms.report.resends import resends_of
from ovh_sms.store.message_figures import GROUPS, SENDER, MessageFigures, StatusCount, add_groups

if TYPE_CHECKING:
    from ovh_sms.store.models import SubmissionRecord
    from ovh_sms.store.store import Store

_Key = TypeVar("_Key")
_LOST = (DeliveryStatus.FAILED, DeliveryStatus.EXPIRED)
#: Ends of the histogram's steps, in seconds.
STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 10_800, 43_200, 86_400)


def rate(part: float, whole: float) -> float | None:
    """Compute a percentage, or ``None`` of nothing."""
    return 100.0 * part / whole if whole else None


def known_sum(values: Sequence[float | None]) -> float | None:
    """Add values up; the sum is unknown if one of them is."""
    return None if None in values else sum(value or 0 for value in values)


def of_submission(store: Store, record: SubmissionRecord) -> Figures:
    """Read the figures of one submission."""
    return _combine(store, [record], batches=1)


def of_run(store: Store, records: Sequence[SubmissionRecord]) -> Figures:
    """Read the figures of a run: of its whole list, and of the batches that were submitted so far."""
    empty = store.runs.count_empty_batches(records[0].dag_id, records[0].run_id)
    planned = max(each.batches for each in records) - empty
    found = _combine(store, records, batches=max(len(records), planned))
    lists = store.run_results.whole_lists([each.tag for each in records])
    if not lists:
        return found
    accepted = sum(each.accepted or 0 for each in lists)
    estimated = known_sum([each.credits_estimated for each in lists])
    spent = found.credits_spent
    return replace(
        found,
        rows=sum(each.rows or 0 for each in lists),
        accepted=accepted,
        rejected=_most_first(_add(pair for each in lists for pair in each.rejected.items())),
        not_written=max(0, accepted - found.accepted),
        credits_estimated=estimated,
        credits_difference=None if found.is_partial or spent is None or estimated is None else spent - estimated,
    )


def with_history(store: Store, found: Figures) -> Figures:
    """Compare the figures of a run with those of the account's earlier runs."""
    if found.sent_at is None or found.resend_of is not None:  # the people of a resend are harder to reach
        return found
    from ovh_sms.store.figures import RunTotals

    runs = store.figures.earlier_runs(
        found.account, marketing=found.marketing, since=found.sent_at - PERIOD, before=found.sent_at
    )
    earlier = [each for each in runs if (each.dag_id, each.run_id) != (found.dag_id, found.run_id)]
    lost, run = found.failed + found.expired, (found.dag_id, found.run_id, found.sent_at)
    counts = (found.rows, found.accepted, found.submitted, found.delivered, lost, found.opt_outs)
    return replace(found, usual=compare(RunTotals(*run, *counts), earlier, is_whole=not found.is_partial))


def _combine(store: Store, records: Sequence[SubmissionRecord], *, batches: int) -> Figures:
    tags = [each.tag for each in records]
    collected = store.figures.of(*tags)
    found = [collected.get(tag, MessageFigures()) for tag in tags]
    statuses = _add((each.status, each.messages) for one in found for each in one.statuses)
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
        **_price(records, found),
        credits_left=credits_left(store, records[0].account, store.clock.now()),
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
        error_counts=_error_counts(found),
        statuses=_statuses(found),
        **_groups(found),
        segments=sum(each.segments for one in found for each in one.of_kind(SENDER)),
        stop_threshold=min((one.stop_threshold for one in found if one.stop_threshold is not None), default=None),
        deliveries=tuple(sorted(_add(pair for each in found for pair in each.deliveries).items())),
        resolutions=tuple(store.attempts.resolutions(*tags)),
        **resends_of(store, records),
        cancelled=store.cancelled_runs.of(records[0].dag_id, records[0].run_id),
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
        "provisional": not every_batch or any(each.is_provisional for each in records),
        "dag_id": first.dag_id,
        "run_id": first.run_id,
        "purged_at": max((each.purged_at for each in records if each.purged_at), default=None),
        "forced_by": next((each.forced_by for each in records if each.forced_by), None),
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


def _statuses(found: Sequence[MessageFigures]) -> tuple[StatusCount, ...]:
    counts = _add((each[:3], each.messages) for one in found for each in one.statuses)
    return tuple(
        StatusCount(*key, count) for key, count in sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
    )


def _groups(found: Sequence[MessageFigures]) -> dict[str, Any]:
    return {f"by_{kind}": add_groups(each for one in found for each in one.of_kind(kind)) for kind in GROUPS}


def _price(records: Sequence[SubmissionRecord], found: Sequence[MessageFigures]) -> dict[str, Any]:
    """The price of a credit, over batches of different prices on average; none unless all are known in one currency."""
    prices = [each.credit_price for each in found]
    if None in prices or len({each.currency for each in found}) != 1:
        return {}
    weights = [each.credits_spent or 0 for each in records]
    if not sum(weights):
        weights = [1] * len(prices)
    mean = sum(price * weight for price, weight in zip(prices, weights, strict=True) if price) / sum(weights)
    return {"credit_price": mean, "currency": found[0].currency}


def _errors(found: Sequence[MessageFigures]) -> dict[str, int]:
    """Count failed and expired messages by cause; codes that mean the same are one cause."""
    return _most_first(
        _add(
            (cause(each.code, DeliveryStatus(each.status)), each.messages)
            for one in found
            for each in one.statuses
            if each.status in _LOST
        )
    )


def _error_counts(found: Sequence[MessageFigures]) -> tuple[ErrorCount, ...]:
    """Count them by code and the operator's words, the most frequent first."""
    counts = _add(
        ((each.status, each.code, each.words or ""), each.messages)
        for one in found
        for each in one.statuses
        if each.status in _LOST
    )
    errors = [
        ErrorCount(
            cause=cause(code, DeliveryStatus(status)),
            code=code,
            words=words,
            action=action_after(code, DeliveryStatus(status)).value,
            messages=count,
        )
        for (status, code, words), count in counts.items()
    ]
    return tuple(sorted(errors, key=lambda each: (-each.messages, each.cause, each.words)))


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
    return {
        "delay_curve": curve,
        "delay_histogram": _histogram(counts),
        **{f"delay_p{percent}": curve[percent][1] for percent in (50, 90, 99)},
    }


def _histogram(counts: Counter[float]) -> tuple[tuple[float, int], ...]:
    """Count the deliveries by how long they took, in steps that people know."""
    steps: Counter[int] = Counter()
    for seconds, count in counts.items():
        steps[bisect_left(STEPS, seconds)] += count
    return tuple((end, steps[place]) for place, end in enumerate((*STEPS, inf)))
