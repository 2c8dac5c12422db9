"""The content of the report's page, ready for its template: tiles, bars and charts in words and percentages."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.report import charts, words
from ovh_sms.report.figures import rate
from ovh_sms.report.headline import Tile, tiles
from ovh_sms.report.language import ENGLISH, translator
from ovh_sms.report.models import Figures

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_MOST_CAUSES = 8


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One line of a bar chart: ``share`` is its length in percent."""

    name: str
    value: str
    share: float
    note: str = ""
    detail: str = ""
    colour: str = "accent"


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """One submission, or one run, on the page."""

    figures: Figures
    sent_at: str
    collected_at: str
    wrong: str
    resolved: list[str]
    tiles: list[Tile]
    funnel: list[Bar]
    statuses: list[Bar]
    causes: list[Bar]
    rejects: list[Bar]
    delays: list[tuple[int, str]]
    delay_chart: charts.Chart | None
    arrivals_chart: charts.Chart | None
    arrivals: str

    @property
    def drawn(self) -> bool:
        """Whether the page needs plotly.js for this campaign."""
        return bool(self.delay_chart or self.arrivals_chart)


def campaign(figures: Figures, zone: ZoneInfo) -> Campaign:
    """Make everything the page shows of one submission, or of one run."""
    delay = charts.time_to_deliver(figures)
    arrivals = charts.deliveries_over_time(figures, zone)
    speed = Tile(
        name="Time to deliver",
        value=words.duration(figures.delay_p50),
        note=f"median; 90 % within {words.duration(figures.delay_p90)}"
        if figures.delay_p90 is not None
        else "nothing delivered yet",
    )
    return Campaign(
        figures=figures,
        sent_at=words.moment(figures.sent_at, zone),
        collected_at=words.moment(figures.collected_at, zone),
        wrong=_wrong(figures),
        resolved=[words.resolved(tag, each, zone, translator(ENGLISH)) for tag, each in figures.resolutions],
        tiles=[*tiles([figures]), speed],
        funnel=_funnel(figures),
        statuses=_statuses(figures),
        causes=_causes(figures),
        rejects=_rejects(figures),
        delays=[(share, words.duration(getattr(figures, f"delay_p{share}"))) for share in (50, 90, 99)],
        delay_chart=delay,
        arrivals_chart=arrivals,
        arrivals=_arrivals(figures, zone),
    )


def _wrong(figures: Figures) -> str:
    """Say what is wrong with the figures, if anything is."""
    taken = figures.submitted - figures.surplus
    says = [words.surplus(figures.surplus, translator(ENGLISH))] if figures.surplus else []
    says += (
        [words.mismatch(figures.accepted, taken, figures.refused, translator(ENGLISH))] if figures.unaccounted else []
    )
    return " ".join(says)


def _funnel(figures: Figures) -> list[Bar]:
    """Show each step as a share of the rows, with the rows lost on the way to it."""
    rejected = sum(figures.rejected.values())
    refused = [f"{figures.refused:,} refused by OVH"] if figures.refused else []
    if figures.unaccounted > 0:
        refused.append(f"{figures.unaccounted:,} unaccounted for")
    if figures.surplus:
        refused.append(f"{figures.surplus:,} surplus")
    undelivered = figures.submitted - figures.delivered - figures.withdrawn
    lost = [f"{undelivered:,} failed, expired or pending"] if undelivered else []
    if figures.withdrawn:
        lost.append(f"{figures.withdrawn:,} withdrawn before they left")
    steps = [
        ("Rows in the list", figures.rows, "", "accent-1"),
        ("Accepted", figures.accepted, f"{rejected:,} rejected" if rejected else "", "accent-2"),
        ("Submitted to OVH", figures.submitted, ", ".join(refused), "accent-3"),
        ("Delivered", figures.delivered, ", ".join(lost), "good"),
    ]
    widest = max(number for _, number, _, _ in steps)
    bars = []
    for name, number, detail, colour in steps:
        bars.append(
            Bar(
                name=name,
                value=f"{number:,}",
                share=rate(number, widest) or 0.0,
                note="" if figures.is_partial else words.percent(rate(number, figures.rows)),
                detail=detail,
                colour=colour,
            )
        )
    return bars


def _statuses(figures: Figures) -> list[Bar]:
    shown = [
        ("Delivered", figures.delivered, figures.delivered_rate, "good"),
        ("Failed", figures.failed, figures.failed_rate, "bad"),
        ("Expired", figures.expired, figures.expired_rate, "warn"),
        ("Pending", figures.pending, figures.pending_rate, "wait"),
    ]
    if figures.withdrawn:
        shown.append(("Withdrawn", figures.withdrawn, rate(figures.withdrawn, figures.submitted), "back"))
    return [
        Bar(name=name, value=f"{number:,}", share=percent or 0.0, note=words.percent(percent), colour=colour)
        for name, number, percent, colour in shown
    ]


def _causes(figures: Figures) -> list[Bar]:
    """Show the most frequent causes; the rest together, so that the sum stays whole."""
    lost = figures.failed + figures.expired
    causes = list(figures.errors.items())
    if len(causes) > _MOST_CAUSES:
        rest = causes[_MOST_CAUSES - 1 :]
        causes = [*causes[: _MOST_CAUSES - 1], (f"{len(rest)} other causes", sum(n for _, n in rest))]
    return _bars([(words.sentence(name), number) for name, number in causes], lost, "bad")


def _rejects(figures: Figures) -> list[Bar]:
    meanings = {reason.value: reason.meaning for reason in RejectReason}
    named = [
        (words.sentence(reason.replace("_", " ").replace("gsm7", "GSM-7")), number)
        for reason, number in figures.rejected.items()
    ]
    bars = _bars(named, sum(figures.rejected.values()), "warn")
    details = [meanings.get(reason, "") for reason in figures.rejected]
    return [replace(bar, detail=detail) for bar, detail in zip(bars, details, strict=True)]


def _bars(named: list[tuple[str, int]], whole: int, colour: str) -> list[Bar]:
    widest = max((number for _, number in named), default=1) or 1
    return [
        Bar(
            name=name,
            value=f"{number:,}",
            share=100 * number / widest,
            note=words.percent(rate(number, whole)),
            colour=colour,
        )
        for name, number in named
    ]


def _arrivals(figures: Figures, zone: ZoneInfo) -> str:
    """Say when messages arrived, if there is too little for a chart."""
    if not figures.deliveries:
        return "No message has been delivered yet." if figures.batches_collected else "Not collected yet."
    first, last = (words.moment(figures.deliveries[index][0], zone) for index in (0, -1))
    number = f"{figures.delivered:,} message{'s' if figures.delivered != 1 else ''}"
    return f"{number} delivered at {first}." if first == last else f"{number} delivered from {first} to {last}."
