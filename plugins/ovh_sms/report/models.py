"""The figures that a report shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ovh_sms.report.intervals import interval
from ovh_sms.store.message_figures import Group, StatusCount
from ovh_sms.store.models import Resolution
from ovh_sms.store.stop_rate import StopRate

if TYPE_CHECKING:
    from ovh_sms.report.history import Usual
    from ovh_sms.store.cancelled_runs import CancelledRun
    from ovh_sms.store.resends import Resend, ResendResult


class Rate(NamedTuple):
    """A share with its parts.

    :param of: name of the whole.
    """

    part: float
    whole: float
    of: str

    @property
    def percent(self) -> float | None:
        """The share; ``None`` of nothing."""
        return 100.0 * self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The range of the true share, with 95 % certainty, in percent."""
        return interval(self.part, self.whole)


class ErrorCount(NamedTuple):
    """Messages that failed or expired for one cause.

    :param code: the operator's code, as OVH gives it.
    :param words: the operator's own words; empty if the source has none.
    :param action: what to do with the numbers: ``keep``, ``retry`` or ``remove``.
    """

    cause: str
    code: int | None
    words: str
    action: str
    messages: int


class ReportFile(NamedTuple):
    """A file of the run.

    :param kind: what it holds, such as ``rejects``.
    :param path: below the data folder.
    """

    kind: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Figures:
    """A submission, or all submissions of a run, in numbers.

    ``delivered + failed + expired + pending + withdrawn == submitted`` and ``rows == accepted + rejected``;
    ``accepted == submitted - surplus + refused + not_written`` unless ``unaccounted`` says otherwise. Rates are
    percentages; ``None`` if they would divide by zero.

    :param tag: the submission's label at OVH; of several, their number and the first one's.
    :param collected_at: when the delivery receipts were collected, UTC; ``None`` unless every batch was.
    :param provisional: whether the figures may still change: some batches are not collected, or messages were open
        when they were collected, and that was early.
    :param batches_collected: batches with collected delivery receipts; the messages of others are pending.
    :param rejected: rows left out, by reason, the most frequent first.
    :param submitted: messages OVH took; the messages stored if its answer is not on record or lower.
    :param refused: accepted receivers that OVH refused at the submission.
    :param unaccounted: accepted receivers that OVH neither took nor refused; negative if its answer names more, 0
        until it is known how many it took.
    :param not_written: accepted receivers of batches that were not submitted, or not yet.
    :param surplus: messages that OVH made beyond those that its answer accounts for.
    :param failed: messages that did not, expired ones apart.
    :param pending: messages still under way, or submitted and not collected.
    :param delivered_rate: percent of submitted, so are the next three; ``None`` while batches are still to come.
    :param errors: failed and expired messages by cause, the most frequent first.
    :param error_counts: the same by operator code and its words.
    :param delay_p50: seconds from sent to delivered that half of the delivered messages stayed within.
    :param delay_p90: the same for 90 %.
    :param delay_p99: the same for 99 %.
    :param delay_curve: (percent of delivered messages, seconds they stayed within), for 0 to 100 %.
    :param delay_histogram: (seconds, delivered messages that took no longer, and longer than the one before); the last
        one, whose seconds are infinite, holds the rest.
    :param deliveries: (minute in UTC, messages delivered in it), minutes without any left out.
    :param opt_outs: people who answered STOP.
    :param opt_out_rate: percent of delivered.
    :param opt_outs_per_thousand: of delivered.
    :param stop_threshold: the campaign's limit of it, if it has one.
    :param segments: of all messages counted; ``by_segments`` by segments of one message.
    :param credits_estimated: credits the prepared list should cost; ``None`` without an estimate.
    :param credits_spent: credits OVH took and did not refund; ``None`` if its answer is not on record.
    :param credits_difference: spent minus estimated; ``None`` if either is not known.
    :param credit_price: of one credit without tax; ``None`` if nobody knows it, as then are the two sums of money.
    :param money_per_delivered: money spent for each delivered message.
    :param credits_left: of the account, as last read, less what was spent since; ``None`` if it was never read.
    :param resolutions: (tag, resolution) of each batch whose outcome was unknown until a person resolved it.
    :param cancelled: when a person cancelled the run, and who.
    :param forced_by: who let the run repeat a message to the same people.
    :param resend_of: the resend that the run makes, if it sends the failed messages of another run again.
    :param resends: the resends of its own failed messages, and in turn of theirs.
    :param purged_at: when its messages were purged, all or some; their counts stay.
    :param usual: rates beside those of the account's earlier runs, if there are enough.
    :param files: files of the run that hold numbers, by name.
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
    dag_id: str = ""
    run_id: str = ""
    provisional: bool = False
    not_written: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    error_counts: tuple[ErrorCount, ...] = ()
    statuses: tuple[StatusCount, ...] = ()
    delay_p50: float | None = None
    delay_p90: float | None = None
    delay_p99: float | None = None
    delay_curve: tuple[tuple[float, float], ...] = ()
    delay_histogram: tuple[tuple[float, int], ...] = ()
    deliveries: tuple[tuple[datetime, int], ...] = ()
    by_operator: tuple[Group, ...] = ()
    by_country: tuple[Group, ...] = ()
    by_sender: tuple[Group, ...] = ()
    by_hour: tuple[Group, ...] = ()
    by_segments: tuple[Group, ...] = ()
    segments: int = 0
    stop_threshold: float | None = None
    credit_price: float | None = None
    currency: str = ""
    credits_left: float | None = None
    resolutions: tuple[tuple[str, Resolution], ...] = ()
    cancelled: CancelledRun | None = None
    forced_by: str | None = None
    resend_of: Resend | None = None
    resends: tuple[ResendResult, ...] = ()
    purged_at: datetime | None = None
    usual: tuple[Usual, ...] = ()
    files: tuple[ReportFile, ...] = ()

    @property
    def reached_with_resends(self) -> int:
        """Messages that were delivered, at once or when they were resent: each counts once."""
        return self.delivered + sum(each.delivered for each in self.resends)

    @property
    def is_partial(self) -> bool:
        """Whether some batches were not collected yet."""
        return self.batches_collected < self.batches

    @property
    def stop_rate(self) -> StopRate:
        """STOPs and delivered messages."""
        return StopRate(self.opt_outs, self.delivered)

    @property
    def opt_outs_per_thousand(self) -> float | None:
        """STOPs per 1,000 delivered messages."""
        return self.stop_rate.per_thousand

    @property
    def is_over_stop_threshold(self) -> bool:
        """Whether more people answered STOP than the campaign's threshold allows."""
        return self.stop_rate.is_over(self.stop_threshold)

    @property
    def money_spent(self) -> float | None:
        """Credits spent at their price, without tax."""
        known = self.credits_spent is not None and self.credit_price is not None
        return self.credits_spent * self.credit_price if known else None  # type: ignore[operator]

    @property
    def money_per_delivered(self) -> float | None:
        """Money spent for each delivered message."""
        return None if self.money_spent is None or not self.delivered else self.money_spent / self.delivered

    @property
    def unusual(self) -> tuple[Usual, ...]:
        """The rates that are worse than earlier runs explain."""
        return tuple(each for each in self.usual if each.is_unusual)

    @property
    def rates(self) -> dict[str, Rate]:
        """Each rate with its part and its whole; of a run whose batches are not all sent, what was sent so far."""
        found = {
            "accepted": Rate(self.accepted, self.rows, "rows"),
            "rejected": Rate(sum(self.rejected.values()), self.rows, "rows"),
            "submitted": Rate(self.submitted, self.accepted, "accepted"),
            "refused": Rate(self.refused, self.accepted, "accepted"),
        }
        for name in ("delivered", "failed", "expired", "pending", "withdrawn"):
            found[name] = Rate(getattr(self, name), self.submitted, "submitted")
        return {**found, "opt_outs": Rate(self.opt_outs, self.delivered, "delivered")}

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON values; moments as ISO 8601 in UTC."""
        from ovh_sms.report.resends import resends_as_json

        values = asdict(self)
        for name in ("sent_at", "collected_at", "purged_at"):
            values[name] = values[name].isoformat() if values[name] else None
        values["delay_curve"] = [list(point) for point in self.delay_curve]
        values["delay_histogram"] = [
            [None if seconds == float("inf") else seconds, count] for seconds, count in self.delay_histogram
        ]
        values["resolutions"] = [{"tag": tag, **asdict(resolution)} for tag, resolution in self.resolutions]
        values["deliveries"] = [[minute.isoformat(), count] for minute, count in self.deliveries]
        for name in ("error_counts", "statuses", "by_operator", "by_country", "by_sender", "by_hour", "by_segments"):
            values[name] = [each._asdict() for each in getattr(self, name)]
        values |= resends_as_json(self)
        values["files"] = [each._asdict() for each in self.files]
        cancelled = self.cancelled
        values["cancelled"] = cancelled and {"at": cancelled.at.isoformat(), "by": cancelled.by}
        for name in ("opt_outs_per_thousand", "is_over_stop_threshold", "money_spent", "money_per_delivered"):
            values[name] = getattr(self, name)
        values["rates"] = {
            name: {**rate._asdict(), "percent": rate.percent, "interval": rate.interval and list(rate.interval)}
            for name, rate in self.rates.items()
        }
        return values
