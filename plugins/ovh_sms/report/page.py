"""The content of the report's page, ready for its template: tiles, bars and charts in words and percentages."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.report import cards, charts, remarks, words
from ovh_sms.report.figures import rate
from ovh_sms.report.headline import tiles
from ovh_sms.report.view import Bar, Card, Chip, RunView, Tile

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ovh_sms.report.language import Translator
    from ovh_sms.report.models import Figures

_MOST_CAUSES = 8


def run_view(figures: Figures, zone: ZoneInfo, say: Translator) -> RunView:
    """Make everything that the page shows of one run, or of one submission.

    :param zone: time zone of its moments.
    """
    sent_at = words.moment(figures.sent_at, zone, say.language)
    return RunView(
        figures=figures,
        title=figures.campaign,
        sent_at=sent_at,
        chips=_chips(figures, say),
        about=[
            (say("Sent"), sent_at),
            (say("Collected"), words.moment(figures.collected_at, zone, say.language)),
            (say("Sender"), figures.sender or say("a number that can be answered")),
            (say("Account"), figures.account),
            (say("Tag"), figures.tag),
        ],
        alerts=remarks.alerts(figures, say),
        notices=remarks.notices(figures, zone, say),
        tiles=[*tiles([figures], say), _speed(figures, say)],
        cards=[
            _funnel(figures, say),
            _statuses(figures, say),
            cards.rates(figures, say),
            cards.money(figures, say),
            _causes(figures, say),
            _rejects(figures, say),
            cards.errors(figures, say, cause_in),
            _time_to_deliver(figures, say),
            _delay_steps(figures, say),
            _arrivals(figures, zone, say),
            *cards.groups(figures, zone, say),
            *([cards.files(figures, say)] if figures.files else []),
        ],
    )


def _chips(figures: Figures, say: Translator) -> list[Chip]:
    kind = Chip(text=say("Marketing, with STOP") if figures.marketing else say("Transactional"))
    if not figures.batches_collected:
        return [kind, Chip(text=say("Not collected yet"), tone="wait")]
    if figures.is_partial:
        of = {"n": figures.batches_collected, "of": figures.batches}
        return [kind, Chip(text=say("{n} of {of} batches collected", **of), tone="warn")]
    if figures.complete:
        return [kind, Chip(text=say("Every delivery receipt is final"), tone="good")]
    state = say("Provisional: some messages may still change") if figures.provisional else say("Final after 72 hours")
    return [kind, Chip(text=say("Some delivery receipts were still pending"), tone="warn"), Chip(text=state)]


def _speed(figures: Figures, say: Translator) -> Tile:
    within = words.duration(figures.delay_p90, say.language)
    return Tile(
        name=say("Time to deliver"),
        value=words.duration(figures.delay_p50, say.language),
        note=say("median; 90 % within {duration}", duration=within)
        if figures.delay_p90 is not None
        else say("nothing delivered yet"),
    )


def _funnel(figures: Figures, say: Translator) -> Card:
    """Show each step as a share of the rows, with the rows lost on the way to it."""
    rejected = sum(figures.rejected.values())
    refused = [say("{n} refused by OVH", n=words.count(figures.refused, say.language))] if figures.refused else []
    if figures.not_written:
        refused.append(say("{n} not written to", n=words.count(figures.not_written, say.language)))
    if figures.unaccounted > 0:
        refused.append(say("{n} unaccounted for", n=words.count(figures.unaccounted, say.language)))
    if figures.surplus:
        refused.append(say("{n} surplus", n=words.count(figures.surplus, say.language)))
    undelivered = figures.submitted - figures.delivered - figures.withdrawn
    lost = []
    if undelivered:
        lost.append(say("{n} failed, expired or pending", n=words.count(undelivered, say.language)))
    if figures.withdrawn:
        lost.append(say.several(figures.withdrawn, "{n} withdrawn before it left", "{n} withdrawn before they left"))
    rejects = say("{n} rejected", n=words.count(rejected, say.language)) if rejected else ""
    steps = [
        (say("Rows in the list"), figures.rows, "", "accent-1"),
        (say("Accepted"), figures.accepted, rejects, "accent-2"),
        (say("Submitted to OVH"), figures.submitted, ", ".join(refused), "accent-3"),
        (say("Delivered"), figures.delivered, ", ".join(lost), "good"),
    ]
    widest = max(number for _, number, _, _ in steps)
    bars = [
        Bar(
            name=name,
            value=words.count(number, say.language),
            share=rate(number, widest) or 0.0,
            note="" if figures.is_partial else words.percent(rate(number, figures.rows), say.language),
            detail=detail,
            colour=colour,
        )
        for name, number, detail, colour in steps
    ]
    columns = (say("Step"), say("Messages"), say("Of the rows"))
    return Card(name="funnel", title=say("From the list to the phone"), bars=bars, columns=columns)


def _statuses(figures: Figures, say: Translator) -> Card:
    shown = [
        (say("Delivered"), figures.delivered, "good"),
        (say("Failed"), figures.failed, "bad"),
        (say("Expired"), figures.expired, "warn"),
        (say("Pending"), figures.pending, "wait"),
    ]
    if figures.withdrawn:
        shown.append((say("Withdrawn"), figures.withdrawn, "back"))
    stack, start = [], 0.0
    for name, number, colour in shown:
        percent = rate(number, figures.submitted)  # of what was sent so far, if more batches are to come
        note = words.percent(percent, say.language)
        value, share = words.count(number, say.language), percent or 0.0
        stack.append(Bar(name=name, value=value, share=share, note=note, colour=colour, start=start))
        start += share
    columns = (say("Delivery status"), say("Messages"), say("Of submitted"))
    return Card(name="statuses", title=say("Delivery status"), stack=stack, columns=columns)


def _causes(figures: Figures, say: Translator) -> Card:
    """Show the most frequent causes; the rest together, so that the sum stays whole."""
    lost = figures.failed + figures.expired
    causes = [(cause_in(cause, say), number) for cause, number in figures.errors.items()]
    if len(causes) > _MOST_CAUSES:
        rest = causes[_MOST_CAUSES - 1 :]
        others = say("{n} other causes", n=len(rest))
        causes = [*causes[: _MOST_CAUSES - 1], (others, sum(number for _, number in rest))]
    return Card(
        name="causes",
        title=say("Failed and expired, by cause"),
        bars=_bars([(words.sentence(name), number) for name, number in causes], lost, "bad", say),
        columns=(say("Cause"), say("Messages"), say("Of failed and expired")),
        empty=say("No message failed.") if figures.batches_collected else say("Not collected yet."),
    )


def cause_in(cause: str, say: Translator) -> str:
    """Say a cause in a language; one may join two meanings of an operator code."""
    if say.has(cause):
        return say(cause)
    return say(" or ").join(say(meaning) for meaning in cause.split(" or "))


def _rejects(figures: Figures, say: Translator) -> Card:
    meanings = {reason.value: reason.meaning for reason in RejectReason}
    named = [(words.sentence(say(reason_name(reason))), number) for reason, number in figures.rejected.items()]
    bars = _bars(named, sum(figures.rejected.values()), "warn", say)
    # Backticks mark the names of fields in texts and logs; a page would show them as they are.
    details = [say(meanings.get(reason, "")).replace("`", "") for reason in figures.rejected]
    return Card(
        name="rejects",
        title=say("Rows rejected before the submission"),
        bars=[replace(bar, detail=detail) for bar, detail in zip(bars, details, strict=True)],
        columns=(say("Reason"), say("Rows"), say("Of rejected")),
        empty=say("Every row of the list was accepted."),
    )


def reason_name(reason: str) -> str:
    """Return the name of a reject reason as people read it: ``invalid number``."""
    return reason.replace("_", " ").replace("gsm7", "GSM-7")


def _bars(named: list[tuple[str, int]], whole: int, colour: str, say: Translator) -> list[Bar]:
    widest = max((number for _, number in named), default=1) or 1
    return [
        Bar(
            name=name,
            value=words.count(number, say.language),
            share=100 * number / widest,
            note=words.percent(rate(number, whole), say.language),
            colour=colour,
        )
        for name, number in named
    ]


def _time_to_deliver(figures: Figures, say: Translator) -> Card:
    marks = [(share, words.duration(getattr(figures, f"delay_p{share}"), say.language)) for share in (50, 90, 99)]
    return Card(
        name="delays",
        title=say("Time to deliver"),
        marks=[(say("{share} % within", share=share), within) for share, within in marks],
        chart=charts.time_to_deliver(figures, say),
        empty=say("Too few deliveries for a curve."),
    )


def _delay_steps(figures: Figures, say: Translator) -> Card:
    """Show how many took how long, without the steps before the first delivery and after the last one."""
    steps = [place for place, (_, count) in enumerate(figures.delay_histogram) if count]
    shown = figures.delay_histogram[steps[0] : steps[-1] + 1] if steps else ()
    ends = [end for end, _ in figures.delay_histogram]
    named = []
    for end, count in shown:
        if end == inf:
            name = say("more than {duration}", duration=words.duration(ends[-2], say.language))
        else:
            name = say("at most {duration}", duration=words.duration(end, say.language))
        named.append((name, count))
    return Card(
        name="delay_steps",
        title=say("Deliveries by time to deliver"),
        bars=_bars(named, sum(count for _, count in shown), "accent", say),
        columns=(say("Time to deliver"), say("Messages"), say("Of the delivered messages")),
        empty=say("nothing delivered yet"),
    )


def _arrivals(figures: Figures, zone: ZoneInfo, say: Translator) -> Card:
    chart = charts.deliveries_over_time(figures, zone, say)
    return Card(
        name="arrivals",
        title=say("Deliveries over time"),
        note=chart.note if chart else "",
        chart=chart,
        empty=_few_arrivals(figures, zone, say),
    )


def _few_arrivals(figures: Figures, zone: ZoneInfo, say: Translator) -> str:
    """Say when messages arrived, if there is too little for a chart."""
    if not figures.deliveries:
        return say("No message has been delivered yet.") if figures.batches_collected else say("Not collected yet.")
    first, last = (words.moment(figures.deliveries[index][0], zone, say.language) for index in (0, -1))
    number = figures.delivered
    if first == last:
        return say.several(number, "{n} message delivered at {at}.", "{n} messages delivered at {at}.", at=first)
    return say.several(
        number,
        "{n} message delivered from {at} to {end}.",
        "{n} messages delivered from {at} to {end}.",
        at=first,
        end=last,
    )
