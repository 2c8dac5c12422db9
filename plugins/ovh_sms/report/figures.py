"""The figures of one sending, or of all sendings of one run, computed from the results with pandas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.delivery_status import DeliveryStatus, cause

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from ovh_sms.store.models import Submission
    from ovh_sms.store.store import ResultsStore


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What became of one sending, or of all sendings of one run, in numbers.

    ``delivered + failed + expired + pending + withdrawn == submitted`` and ``rows == accepted + rejected``;
    ``accepted == submitted + invalid`` unless ``unaccounted`` says otherwise. Rates are percentages; ``None`` where
    they would divide by zero.

    :param tag: names the sending at OVH; of several, how many they are and the first one's.
    :param campaign: the campaign's name.
    :param account: SMS account it was sent from.
    :param sender: what receivers saw; empty when they could answer.
    :param marketing: whether the messages carried a STOP clause.
    :param sent_at: when OVH took it, UTC.
    :param collected_at: when the delivery receipts were collected, UTC.
    :param complete: whether every message was final then.
    :param rows: rows of the contact list.
    :param accepted: rows that went into the prepared list.
    :param rejected: rows dropped, by reason, the most frequent first.
    :param submitted: messages OVH took; the messages in the results where its answer is not on record or lower.
    :param invalid: accepted receivers that OVH refused at sending.
    :param unaccounted: accepted receivers that OVH neither took nor refused; negative where it took more, 0
        until it is known how many it took.
    :param delivered: messages that reached the phone.
    :param failed: messages that did not, expired ones apart.
    :param expired: messages whose time ran out.
    :param pending: messages still under way, or submitted and not in the results.
    :param withdrawn: messages deleted at OVH before they left.
    :param delivered_rate: percent of submitted; so are the next three.
    :param errors: failed and expired messages by cause, the most frequent first.
    :param delay_p50: seconds from sent to delivered that half of the delivered messages stayed within.
    :param delay_p90: the same for 90 %.
    :param delay_p99: the same for 99 %.
    :param delay_curve: (percent of delivered messages, seconds they stayed within), for 0 to 100 %.
    :param deliveries: (minute in UTC, messages delivered in it), minutes without any left out.
    :param stops: people who answered STOP.
    :param stop_rate: percent of delivered.
    :param credits_estimated: credits the prepared list should cost; ``None`` where nobody estimated them.
    :param credits_spent: credits OVH took and did not give back; ``None`` where its answer is not on record.
    :param credits_difference: spent minus estimated; ``None`` where either is not known.
    """

    tag: str
    campaign: str
    account: str
    sender: str
    marketing: bool
    sent_at: datetime | None
    collected_at: datetime | None
    complete: bool | None
    rows: int
    accepted: int
    rejected: dict[str, int]
    submitted: int
    invalid: int
    unaccounted: int
    delivered: int
    failed: int
    expired: int
    pending: int
    withdrawn: int
    delivered_rate: float | None
    failed_rate: float | None
    expired_rate: float | None
    pending_rate: float | None
    stops: int
    stop_rate: float | None
    credits_estimated: float | None
    credits_spent: float | None
    credits_difference: float | None
    errors: dict[str, int] = field(default_factory=dict)
    delay_p50: float | None = None
    delay_p90: float | None = None
    delay_p99: float | None = None
    delay_curve: tuple[tuple[float, float], ...] = ()
    deliveries: tuple[tuple[datetime, int], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as plain JSON values; moments as ISO 8601 in UTC."""
        values = asdict(self)
        for name in ("sent_at", "collected_at"):
            values[name] = values[name].isoformat() if values[name] else None
        values["delay_curve"] = [list(point) for point in self.delay_curve]
        values["deliveries"] = [[minute.isoformat(), count] for minute, count in self.deliveries]
        return values


def rate(part: float, whole: float) -> float | None:
    """Give a percentage, or ``None`` of nothing."""
    return 100.0 * part / whole if whole else None


def figures(store: ResultsStore, *tags: str) -> Figures:
    """Compute the figures of one sending, or of the sendings of one run together.

    :param store: the results.
    :param tags: the sendings.
    :raises ConfigurationError: the results hold no such sending.
    """
    runs = [_run(store, tag) for tag in tags]
    frames = [_frame(store, tag) for tag in tags]
    messages = _together(frames)
    found = {str(name): int(count) for name, count in messages["delivery_status"].value_counts().items()}
    delivered, failed, expired = (
        found.get(name, 0)
        for name in (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.EXPIRED)
    )
    taken = [max(run.submitted or 0, len(frame)) for run, frame in zip(runs, frames, strict=True)]
    submitted = sum(taken)
    back = [store.withdrawn(tag) for tag in tags]
    withdrawn = sum(count for count, _ in back)
    # Not below 0: a message that left while it was being taken back may count as both.
    pending = max(0, submitted - delivered - failed - expired - withdrawn)
    stops = sum(store.opt_out_count(tag) for tag in tags)
    return Figures(
        **_about(runs, refunded=sum(given for _, given in back)),
        submitted=submitted,
        invalid=sum(run.invalid or 0 for run in runs),
        unaccounted=sum(
            run.accepted - count - (run.invalid or 0)
            for run, count in zip(runs, taken, strict=True)
            if run.submitted is not None
        ),
        delivered=delivered,
        failed=failed,
        expired=expired,
        pending=pending,
        withdrawn=withdrawn,
        delivered_rate=rate(delivered, submitted),
        failed_rate=rate(failed, submitted),
        expired_rate=rate(expired, submitted),
        pending_rate=rate(pending, submitted),
        stops=stops,
        stop_rate=rate(stops, delivered),
        errors=_errors(messages),
        **_times(messages[messages["delivery_status"] == DeliveryStatus.DELIVERED.value]),
    )


def _run(store: ResultsStore, tag: str) -> Submission:
    run = store.campaign(tag)
    if run is None:
        raise ConfigurationError(
            f"The results hold no sending with the tag {tag!r}.",
            action="Check the tag, or collect the sending first.",
        )
    return run


def _about(runs: Sequence[Submission], *, refunded: float) -> dict[str, Any]:
    """What is known of the sendings themselves; sums are unknown where one of theirs is."""
    first = runs[0]
    rejected: Counter[str] = Counter()
    for run in runs:
        rejected.update(run.rejected)
    taken = _sum([run.credits_spent for run in runs])
    spent = None if taken is None else taken - refunded
    estimated = _sum([run.credits_estimated for run in runs])
    sent = [run.sent_at for run in runs if run.sent_at]
    collected = [run.collected_at for run in runs]
    complete = [run.complete for run in runs]
    return {
        **{name: getattr(first, name) for name in ("campaign", "account", "sender", "marketing")},
        "tag": first.tag if len(runs) == 1 else f"{len(runs)} sendings, {first.tag} …",
        "sent_at": min(sent, default=None),
        "collected_at": None if None in collected else max(moment for moment in collected if moment),
        "complete": None if None in complete else all(complete),
        "rows": sum(run.rows for run in runs),
        "accepted": sum(run.accepted for run in runs),
        "rejected": _most_first(rejected),
        "credits_estimated": estimated,
        "credits_spent": spent,
        "credits_difference": None if spent is None or estimated is None else spent - estimated,
    }


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _frame(store: ResultsStore, tag: str) -> DataFrame:
    """Gather the messages in columns; a chunk at a time, as Python objects take ten times the memory."""
    import pandas as pd

    return _together([_columns(pd.DataFrame(chunk)) for chunk in store.message_facts(tag)])


def _together(frames: Sequence[DataFrame]) -> DataFrame:
    import pandas as pd

    filled = [frame for frame in frames if len(frame)]
    if not filled:
        return _columns(pd.DataFrame(columns=["delivery_status", "operator_code", "sent_at", "delivered_at"]))
    return pd.concat(filled, ignore_index=True)


def _columns(messages: DataFrame) -> DataFrame:
    import pandas as pd

    return pd.DataFrame(
        {
            "delivery_status": messages["delivery_status"].astype("str"),
            "operator_code": messages["operator_code"].astype("Int32"),
            "sent_at": pd.to_datetime(messages["sent_at"], utc=True),
            "delivered_at": pd.to_datetime(messages["delivered_at"], utc=True),
        }
    )


def _errors(messages: DataFrame) -> dict[str, int]:
    """Count failed and expired messages by cause; codes that mean the same are one cause."""
    import pandas as pd

    causes: dict[str, int] = {}
    for delivery_status in (DeliveryStatus.FAILED, DeliveryStatus.EXPIRED):
        codes = messages.loc[messages["delivery_status"] == delivery_status.value, "operator_code"]
        for code, count in codes.value_counts(dropna=False).items():
            words = cause(None if pd.isna(code) else int(code), delivery_status)
            causes[words] = causes.get(words, 0) + int(count)
    return _most_first(causes)


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _times(delivered: DataFrame) -> dict[str, Any]:
    """Measure how long delivered messages took and when they arrived."""
    per_minute: Series = delivered["delivered_at"].dropna().dt.floor("min").value_counts().sort_index()
    deliveries = tuple((minute.to_pydatetime(), int(count)) for minute, count in per_minute.items())
    delays: Series = (delivered["delivered_at"] - delivered["sent_at"]).dt.total_seconds().dropna()
    delays = delays[delays >= 0]  # clocks that disagree say nothing of the delay
    if delays.empty:
        return {"deliveries": deliveries}
    percents = range(101)
    seconds = delays.quantile([percent / 100 for percent in percents])
    curve = tuple((float(percent), round(float(s), 3)) for percent, s in zip(percents, seconds, strict=True))
    return {
        "deliveries": deliveries,
        "delay_curve": curve,
        **{f"delay_p{percent}": curve[percent][1] for percent in (50, 90, 99)},
    }
