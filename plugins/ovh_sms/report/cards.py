"""Cards of a run's page that are tables: rates, errors, groups of messages, money, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.report import words
from ovh_sms.report.history import NAMES
from ovh_sms.report.language import translatable
from ovh_sms.report.models import Rate
from ovh_sms.report.view import Card, Table

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from ovh_sms.report.history import Usual
    from ovh_sms.report.language import Translator
    from ovh_sms.report.models import Figures
    from ovh_sms.store.message_figures import Group

ACTIONS = {
    "keep": translatable("Keep the number: one failure of this kind proves nothing."),
    "retry": translatable("Try again later: the phone or the network was not ready."),
    "remove": translatable("Remove the number: it cannot or may not get SMS."),
}
FILES = {
    "rejects": translatable("Rejected rows, with their reasons"),
    "refused": translatable("Receivers that OVH refused"),
    "failed": translatable("Messages that failed or expired"),
    "messages": translatable("All messages"),
    "figures": translatable("These figures"),
}
WHOLES = {
    "rows": translatable("{part} of {whole} rows"),
    "accepted": translatable("{part} of {whole} accepted"),
    "submitted": translatable("{part} of {whole} submitted"),
    "delivered": translatable("{part} of {whole} delivered"),
}
#: Operators of France by the code of their network.
_OPERATORS = {"20801": "Orange", "20810": "SFR", "20815": "Free", "20820": "Bouygues Telecom"}
_MOST_ROWS = 15


def rates(figures: Figures, say: Translator) -> Card:
    """Show each rate with its messages, its interval, and beside the account's earlier runs."""
    usual = {each.name: each for each in figures.usual}
    found, lost = figures.rates, figures.failed + figures.expired
    named = [
        ("rejected", NAMES["rejected"], found["rejected"]),
        ("delivered", NAMES["delivered"], found["delivered"]),
        ("failed", NAMES["failed"], Rate(lost, found["failed"].whole, "submitted")),
        ("pending", translatable("Pending rate"), found["pending"]),
        ("opt_outs", NAMES["opt_outs"], found["opt_outs"]),
    ]
    rows = [_rate_row(say(name), rate, usual.get(key), say) for key, name, rate in named]
    earlier = max((each.runs for each in figures.usual), default=0)
    if earlier:
        note = say.several(
            earlier,
            "Usual is the middle half of {n} earlier run of this account within 90 days.",
            "Usual is the middle half of {n} earlier runs of this account within 90 days.",
        )
    else:
        note = say("What is usual for this account shows after 5 runs within 90 days.")
    columns = (say("Rate"), say("Part and whole"), say("Share"), say("95 % interval"), say("Usual"))
    return Card(
        name="rates", title=say("Rates"), note=note, table=Table(columns=columns, rows=rows, numeric=(1, 2, 3, 4))
    )


def _rate_row(name: str, rate: Rate, usual: Usual | None, say: Translator) -> tuple[str, ...]:
    part, whole = (words.count(number, say.language) for number in (rate.part, rate.whole))
    of = say(WHOLES[rate.of], part=part, whole=whole)
    share = words.percent(rate.percent, say.language)
    shown = words.ABSENT
    if usual:
        shown = _between(usual.low, usual.high, say)
        if usual.is_unusual:
            shown = say("unusual: {usual}", usual=shown)
    return (name, of, share, _between(*rate.interval, say) if rate.interval else words.ABSENT, shown)


def _between(low: float, high: float, say: Translator) -> str:
    return f"{words.percent(low, say.language)} – {words.percent(high, say.language)}"


def errors(figures: Figures, say: Translator, cause_in: Callable[[str, Translator], str]) -> Card:
    """Show failures by OVH's code, with the operator's own words and what to do with the numbers."""
    lost = figures.failed + figures.expired
    shown = figures.error_counts[:_MOST_ROWS]
    rows = [
        (
            words.sentence(cause_in(each.cause, say)),
            words.ABSENT if each.code is None else str(each.code),
            each.words or words.ABSENT,
            words.count(each.messages, say.language),
            words.percent(Rate(each.messages, lost, "").percent, say.language),
            say(ACTIONS[each.action]),
        )
        for each in shown
    ]
    more = len(figures.error_counts) - len(shown)
    columns = (say("Cause"), say("Code"), say("Operator's words"), say("Messages"), say("Share"), say("What to do"))
    return Card(
        name="errors",
        title=say("Failures by code, and what to do"),
        note=say.several(more, "{n} more is in figures.json.", "{n} more are in figures.json.") if more else "",
        table=Table(columns=columns, rows=rows, numeric=(1, 3, 4)) if rows else None,
        empty=say("No message failed.") if figures.batches_collected else say("Not collected yet."),
    )


def groups(figures: Figures, zone: ZoneInfo, say: Translator) -> list[Card]:
    """Show the messages by operator, country, sender, hour of departure and segments."""
    kinds: list[tuple[str, str, str, Sequence[Group], Callable[[str], str]]] = [
        ("operators", say("By operator"), say("Operator"), figures.by_operator, lambda name: operator_name(name, say)),
        ("countries", say("By country"), say("Country"), figures.by_country, lambda name: country_name(name, say)),
        (
            "hours",
            say("By hour of departure"),
            say("Hour"),
            _in_order(figures.by_hour),
            lambda name: _hour(name, zone, say),
        ),
        ("segments", say("By segments of a message"), say("Segments"), _in_order(figures.by_segments), str),
        ("senders", say("By sender"), say("Sender"), figures.by_sender, lambda name: name or say("a short number")),
    ]
    return [_group_card(*kind, figures, say) for kind in kinds]


def _group_card(
    name: str,
    title: str,
    column: str,
    found: Sequence[Group],
    shown: Callable[[str], str],
    figures: Figures,
    say: Translator,
) -> Card:
    def row(each: Group) -> tuple[str, ...]:
        counts = (each.messages, each.delivered, each.failed, each.pending)
        share = words.percent(Rate(each.delivered, each.messages, "").percent, say.language)
        return (shown(each.name), *(words.count(number, say.language) for number in counts), share)

    more = len(found) - _MOST_ROWS
    columns = (column, say("Messages"), say("Delivered"), say("Failed"), say("Pending"), say("Share delivered"))
    return Card(
        name=name,
        title=title,
        note=say.several(more, "{n} more is in figures.json.", "{n} more are in figures.json.") if more > 0 else "",
        table=Table(columns=columns, rows=[row(each) for each in found[:_MOST_ROWS]], numeric=(1, 2, 3, 4, 5))
        if found
        else None,
        empty=say("No message is counted yet.") if figures.batches_collected else say("Not collected yet."),
    )


def _in_order(found: Sequence[Group]) -> list[Group]:
    return sorted(found, key=lambda each: (len(each.name), each.name))


def operator_name(code: str, say: Translator) -> str:
    """Return an operator as people know it; its code for others than those of France."""
    known = _OPERATORS.get(code)
    return f"{known} ({code})" if known else code or say("not named")


def country_name(region: str, say: Translator) -> str:
    """Return the name of a country in the language."""
    from babel import Locale

    return str(Locale(say.language).territories.get(region, region)) if region else say("not named")


def _hour(name: str, zone: ZoneInfo, say: Translator) -> str:
    try:
        return words.moment(datetime.fromisoformat(name), zone, say.language)
    except ValueError:
        return name or say("not left yet")


def money(figures: Figures, say: Translator) -> Card:
    """Show credits, segments and money, planned and billed."""
    language, currency = say.language, figures.currency
    rows: list[tuple[str, ...]] = [
        (say("Credits planned"), words.count(figures.credits_estimated, language)),
        (say("Credits billed"), words.count(figures.credits_spent, language)),
        (say("Difference"), words.count(figures.credits_difference, language)),
        (say("Segments counted"), words.count(figures.segments if figures.batches_collected else None, language)),
        (say("Left on the account"), words.count(figures.credits_left, language)),
    ]
    if figures.credit_price is None:
        note = say("No price of a credit is known: no order of this account is on record, and OVH quoted none.")
    else:
        note = say("Prices without tax, as of the account's newest order, or else as OVH quotes them.")
        rows += [
            (say("Price of a credit"), words.money(figures.credit_price, currency, language)),
            (say("Money spent"), words.money(figures.money_spent, currency, language)),
            (say("For each delivered message"), words.money(figures.money_per_delivered, currency, language)),
        ]
    table = Table(columns=(say("Figure"), say("Amount")), rows=rows, numeric=(1,))
    return Card(name="money", title=say("Credits and money"), note=note, table=table)


def files(figures: Figures, say: Translator) -> Card:
    """Name the files of the run; they hold numbers, so their content is not shown."""
    rows = [(say(FILES[each.kind]), each.path) for each in figures.files]
    return Card(
        name="files",
        title=say("Files"),
        note=say("Paths below the data folder. Most of them hold numbers: who may read the folder may read them."),
        table=Table(columns=(say("Content"), say("Path")), rows=rows),
    )
