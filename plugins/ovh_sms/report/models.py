"""The figures that a report shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from ovh_sms.store.models import Resolution


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A submission, or all submissions of a run, in numbers.

    ``delivered + failed + expired + pending + withdrawn == submitted`` and ``rows == accepted + rejected``;
    ``accepted == submitted - surplus + refused`` unless ``unaccounted`` says otherwise. Rates are percentages;
    ``None`` if they would divide by zero.

    :param tag: the submission's label at OVH; of several, their number and the first one's.
    :param collected_at: when the delivery receipts were collected, UTC; ``None`` unless every batch was.
    :param batches_collected: batches with collected delivery receipts; the messages of others are pending.
    :param rejected: rows left out, by reason, the most frequent first.
    :param submitted: messages OVH took; the messages stored if its answer is not on record or lower.
    :param refused: accepted receivers that OVH refused at the submission.
    :param unaccounted: accepted receivers that OVH neither took nor refused; negative if its answer names more, 0
        until it is known how many it took.
    :param surplus: messages that OVH made beyond those that its answer accounts for.
    :param failed: messages that did not, expired ones apart.
    :param pending: messages still under way, or submitted and not collected.
    :param delivered_rate: percent of submitted, so are the next three; ``None`` while batches are still to come.
    :param errors: failed and expired messages by cause, the most frequent first.
    :param delay_p50: seconds from sent to delivered that half of the delivered messages stayed within.
    :param delay_p90: the same for 90 %.
    :param delay_p99: the same for 99 %.
    :param delay_curve: (percent of delivered messages, seconds they stayed within), for 0 to 100 %.
    :param deliveries: (minute in UTC, messages delivered in it), minutes without any left out.
    :param opt_outs: people who answered STOP.
    :param opt_out_rate: percent of delivered.
    :param credits_estimated: credits the prepared list should cost; ``None`` without an estimate.
    :param credits_spent: credits OVH took and did not refund; ``None`` if its answer is not on record.
    :param credits_difference: spent minus estimated; ``None`` if either is not known.
    :param resolutions: (tag, resolution) of each batch whose outcome was unknown until a person resolved it.
    """

    tag: str
    campaign: str
    account: str
    sender: str
    marketing: bool
    sent_at: datetime | None
    collected_at: datetime | None
    complete: bool | None
    batches: int
    batches_collected: int
    rows: int
    accepted: int
    rejected: dict[str, int]
    submitted: int
    refused: int
    unaccounted: int
    surplus: int
    delivered: int
    failed: int
    expired: int
    pending: int
    withdrawn: int
    delivered_rate: float | None
    failed_rate: float | None
    expired_rate: float | None
    pending_rate: float | None
    opt_outs: int
    opt_out_rate: float | None
    credits_estimated: float | None
    credits_spent: float | None
    credits_difference: float | None
    errors: dict[str, int] = field(default_factory=dict)
    delay_p50: float | None = None
    delay_p90: float | None = None
    delay_p99: float | None = None
    delay_curve: tuple[tuple[float, float], ...] = ()
    deliveries: tuple[tuple[datetime, int], ...] = ()
    resolutions: tuple[tuple[str, Resolution], ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether some batches were not collected yet."""
        return self.batches_collected < self.batches

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON values; moments as ISO 8601 in UTC."""
        values = asdict(self)
        for name in ("sent_at", "collected_at"):
            values[name] = values[name].isoformat() if values[name] else None
        values["delay_curve"] = [list(point) for point in self.delay_curve]
        values["resolutions"] = [{"tag": tag, **asdict(resolution)} for tag, resolution in self.resolutions]
        values["deliveries"] = [[minute.isoformat(), count] for minute, count in self.deliveries]
        return values
