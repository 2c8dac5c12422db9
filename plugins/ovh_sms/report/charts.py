"""The two charts that have axes, as plotly.js takes them: plain data, themed by the page itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import log10
from typing import Any
from zoneinfo import ZoneInfo

from ovh_sms.report import words
from ovh_sms.report.language import Translator
from ovh_sms.report.models import Figures
from ovh_sms.report.view import Chart, Table

FEWEST_FOR_A_CURVE = 10
_MOST_BARS = 96
_STEPS_MINUTES = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440)
_TICKS = (1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600, 7200, 21_600, 43_200, 86_400, 172_800, 604_800)
Deliveries = tuple[tuple[datetime, int], ...]
_SHORTEST = 0.5  # seconds; a logarithmic axis has no zero


def time_to_deliver(figures: Figures, say: Translator) -> Chart | None:
    """Draw how long each share of the delivered messages took.

    :returns: ``None`` if too few were delivered to draw a curve.
    """
    if figures.delivered < FEWEST_FOR_A_CURVE or not figures.delay_curve:
        return None
    seconds = [max(_SHORTEST, value) for _, value in figures.delay_curve]
    marks = [(50, figures.delay_p50), (90, figures.delay_p90), (99, figures.delay_p99)]
    known = [(share, value) for share, value in marks if value is not None]

    def length(value: float) -> str:
        return words.duration(value, say.language)

    curve = {
        "type": "scatter",
        "mode": "lines",
        "x": seconds,
        "y": [share for share, _ in figures.delay_curve],
        "customdata": [length(value) for _, value in figures.delay_curve],
        "line": {"color": "var(--accent)", "width": 2.5},
        "fill": "tozeroy",
        "fillcolor": "var(--accent-soft)",
        "hovertemplate": say("{share} % within {duration}", share="%{y:.0f}", duration="%{customdata}")
        + "<extra></extra>",
    }
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": [max(_SHORTEST, value) for _, value in known],
        "y": [share for share, _ in known],
        "marker": {"color": "var(--accent)", "size": 9, "line": {"color": "var(--card)", "width": 2}},
        "hoverinfo": "skip",
    }
    shares = range(0, 101, 25)
    layout = {
        "xaxis": _duration_axis(seconds, say),
        "yaxis": {"range": [0, 106], "tickvals": list(shares), "ticktext": [f"{share} %" for share in shares]},
    }
    within = ", ".join(
        say("{share} % within {duration}", share=share, duration=length(value)) for share, value in known
    )
    rows = [(f"{share:.0f} %", length(value)) for share, value in figures.delay_curve if share % 10 in {0, 9}]
    return Chart(
        label=say("Time to deliver: {shares}.", shares=within),
        spec={"data": [curve, points], "layout": layout},
        table=Table(columns=(say("Of the delivered messages"), say("Within")), rows=rows, numeric=(1,)),
    )


def _duration_axis(seconds: list[float], say: Translator) -> dict[str, Any]:
    low, high = min(seconds) / 1.15, max(seconds) * 1.15
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    if len(ticks) > 7:
        ticks = ticks[:: -(-len(ticks) // 7)]
    return {
        "type": "log",
        "range": [log10(low), log10(high)],
        "tickvals": ticks,
        "ticktext": [words.duration(tick, say.language) for tick in ticks],
    }


def deliveries_over_time(figures: Figures, zone: ZoneInfo, say: Translator) -> Chart | None:
    """Draw when messages reached the phones.

    A few stragglers may come hours after the rest: then the last 1 % is named in the note and not drawn.

    :param zone: time zone of the axis.
    :returns: ``None`` if too few were delivered, or all within two minutes.
    """
    drawn, late = _without_stragglers(figures.deliveries)
    step, bars = _bars(drawn, zone)
    if figures.delivered < FEWEST_FOR_A_CURVE or len(bars) < 3:
        return None
    # plotly.js knows no time zones: it is given the local wall clock.
    local = [moment.astimezone(zone).replace(tzinfo=None) for moment, _ in bars]
    written = "%d/%m %H:%M" if local[0].date() != local[-1].date() else "%H:%M"
    is_minute = step == timedelta(minutes=1)
    length = say("minute") if is_minute else words.duration(step.total_seconds(), say.language)
    per = say("Delivered per {length}", length=length)
    bar = {
        "type": "bar",
        "x": [moment.isoformat() for moment in local],
        "y": [count for _, count in bars],
        "width": step.total_seconds() * 1000 * 0.86,
        "offset": 0,
        "marker": {"color": "var(--good)"},
        "hovertemplate": "%{x|" + written + "}: %{y:,}<extra></extra>",
    }
    layout = {
        "xaxis": {"type": "date", "nticks": 6, "tickformat": written.replace(" %H", "<br>%H")},
        "yaxis": {"rangemode": "tozero", "separatethousands": True, "nticks": 5},
    }
    counted = [words.count(count, say.language) for _, count in bars]
    rows = [(f"{at:{written}}", shown) for at, shown in zip(local, counted, strict=True) if shown != "0"]
    note = per
    if late:
        until = words.moment(figures.deliveries[-1][0], zone, say.language)
        rows.append((say("later, until {at}", at=until), words.count(late, say.language)))
        missing = say.several(
            late, "Not drawn: {n} later one, until {at}.", "Not drawn: {n} later ones, until {at}.", at=until
        )
        note = f"{per}. {missing}"
    most = words.count(max(count for _, count in bars), say.language)
    start = words.moment(bars[0][0], zone, say.language)
    return Chart(
        label=say("{per}, from {at}; at most {n}.", per=per, at=start, n=most),
        spec={"data": [bar], "layout": layout},
        table=Table(columns=(say("From"), per), rows=rows, numeric=(1,)),
        note=note,
    )


def _without_stragglers(deliveries: Deliveries) -> tuple[Deliveries, int]:
    """Cut the last 1 % off if it makes the axis more than twice as long."""
    whole = sum(count for _, count in deliveries)
    seen = kept = 0
    for kept, (_, count) in enumerate(deliveries, 1):  # noqa: B007 - used after the loop
        seen += count
        if seen >= 0.99 * whole:
            break
    if kept == len(deliveries):
        return deliveries, 0
    first = deliveries[0][0]
    if deliveries[-1][0] - first <= 2 * (deliveries[kept - 1][0] - first):
        return deliveries, 0
    return deliveries[:kept], whole - seen


def _bars(deliveries: Deliveries, zone: ZoneInfo) -> tuple[timedelta, list[tuple[datetime, int]]]:
    """Gather minutes into at most about a hundred equal steps, empty ones included; days begin at midnight."""
    if not deliveries:
        return timedelta(minutes=1), []
    first, last = int(deliveries[0][0].timestamp()), int(deliveries[-1][0].timestamp())
    minutes = (last - first) // 60 + 1
    fitting = (step for step in _STEPS_MINUTES if minutes / step < _MOST_BARS)
    step = 60 * next(fitting, -(-minutes // _MOST_BARS))
    ahead = int((deliveries[0][0].astimezone(zone).utcoffset() or timedelta()).total_seconds())
    counts: dict[int, int] = dict.fromkeys(range(first - (first + ahead) % step, last + 1, step), 0)
    for moment, number in deliveries:
        at = int(moment.timestamp())
        counts[at - (at + ahead) % step] += number
    bars = [(datetime.fromtimestamp(at, UTC), number) for at, number in counts.items()]
    return timedelta(seconds=step), bars
