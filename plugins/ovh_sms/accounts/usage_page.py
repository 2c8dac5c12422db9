"""The pages of a month's usage: one for each payer, the annex of an invoice, and one for the whole account."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ovh_sms.accounts.usage_check import Check
from ovh_sms.accounts.usage_costs import NO_ORDER
from ovh_sms.accounts.usage_month import PARIS, UsageMonth
from ovh_sms.campaign.account_usage import CREDIT_UNITS
from ovh_sms.report.html import render_page
from ovh_sms.report.language import Translator, translator
from ovh_sms.report.words import cents, count, moment, month
from ovh_sms.store.usage import NOT_EXPLAINED, NUMBER_CHECK, REPLY

if TYPE_CHECKING:
    from ovh_sms.store.usage import UsageLine, UsageMonthRecord

#: Lines of a page at most; beyond, the tags of a campaign are added up.
MOST_LINES = 500


@dataclass(frozen=True)
class Sums:
    """Sums of some lines; credits in ten-thousandths, money in cents."""

    messages: int
    segments: int
    taken: int
    refunded: int
    unpriced: int
    without_tax: int
    tax: int

    @classmethod
    def of(cls, lines: Sequence[UsageLine]) -> Sums:
        """Add lines up."""
        return cls(
            sum(each.messages for each in lines if each.kind != REPLY),
            sum(each.segments for each in lines),
            sum(each.credits_taken for each in lines),
            sum(each.credits_refunded for each in lines),
            sum(each.credits_unpriced for each in lines),
            sum(each.cost_without_tax for each in lines),
            sum(each.tax for each in lines),
        )


class _Words:
    """Writes amounts in the page's language."""

    def __init__(self, say: Translator, currency: str) -> None:
        self.say, self.currency = say, currency

    def credits(self, units: int) -> str:
        """Write credits, given in ten-thousandths."""
        return count(units / CREDIT_UNITS, self.say.language)

    def money(self, amount: int) -> str:
        """Write an amount of cents."""
        return cents(amount, self.currency, self.say.language)

    def row(self, it: Sums) -> tuple[str, ...]:
        """Write the figures of a row of lines."""
        language = self.say.language
        return (
            *(count(it.messages, language), count(it.segments, language)),
            *(self.credits(it.taken - it.refunded), self.credits(it.refunded)),
            *(self.money(it.without_tax), self.money(it.tax), self.money(it.without_tax + it.tax)),
        )


def figure_names(say: Translator) -> tuple[str, ...]:
    """Return the names of the figures of a row."""
    return (
        *(say("Messages"), say("Segments"), say("Credits"), say("Refunded")),
        *(say("Without tax"), say("Tax"), say("With tax")),
    )


def payer_page(record: UsageMonthRecord, payer: str, lines: Sequence[UsageLine]) -> str:
    """Make the page of one payer.

    :param lines: those that the payer pays for.
    """
    say = _language(record)
    return render_page("usage.html.j2", say=say, **payer_content(record, payer, lines, say))


def account_page(record: UsageMonthRecord, lines: Sequence[UsageLine], page_of: Callable[[str], str]) -> str:
    """Make the page of the whole account: its payers, the orders that paid, and the comparison with OVH's balance.

    :param page_of: file of a payer's page.
    """
    say = _language(record)
    return render_page("usage.html.j2", say=say, **account_content(record, lines, page_of, say))


def payer_content(record: UsageMonthRecord, payer: str, lines: Sequence[UsageLine], say: Translator) -> dict[str, Any]:
    """Return the figures and words of a payer's page."""
    words, total = _Words(say, record.currency), Sums.of(lines)
    return {
        **_head(record, say),
        "title": say("SMS usage of {payer}", payer=payer),
        "total": _tiles(total, words),
        "tables": [_lines_table(lines, words)],
        "notes": _notes(record, total, words),
    }


def account_content(
    record: UsageMonthRecord, lines: Sequence[UsageLine], page_of: Callable[[str], str], say: Translator
) -> dict[str, Any]:
    """Return the figures and words of an account's page.

    :param page_of: address of a payer's page.
    """
    words, total = _Words(say, record.currency), Sums.of(lines)
    return {
        **_head(record, say),
        "title": say("SMS usage of the account {account}", account=record.account),
        "total": _tiles(total, words),
        "tables": [_payers_table(lines, page_of, words), _stock_table(record, words), _check_table(record, words)],
        "notes": [*_notes(record, total, words), *_tag_notes(record, words)],
    }


def _language(record: UsageMonthRecord) -> Translator:
    return translator(record.basis["rules"]["language"])


def _head(record: UsageMonthRecord, say: Translator) -> dict[str, str]:
    when = month(UsageMonth.read(record.month).first, say.language)
    about = say("{month} · account {account} · months in Europe/Paris", month=when, account=record.account)
    state = "" if record.closed_at else say("These figures are provisional: the month is not closed.")
    return {"about": about, "state": state}


def _tiles(it: Sums, words: _Words) -> list[dict[str, Any]]:
    say, language = words.say, words.say.language
    back = say("{n} refunded", n=words.credits(it.refunded)) if it.refunded else ""
    found = [
        (say("Messages"), count(it.messages, language), say("{n} segments", n=count(it.segments, language))),
        (say("Credits"), words.credits(it.taken - it.refunded), back),
        (say("Without tax"), words.money(it.without_tax), say("{tax} of tax", tax=words.money(it.tax))),
        (say("With tax"), words.money(it.without_tax + it.tax), ""),
    ]
    return [{"name": name, "value": value, "note": note, "share": None} for name, value, note in found]


def _lines_table(lines: Sequence[UsageLine], words: _Words) -> dict[str, Any]:
    say = words.say
    grouped: dict[tuple[str, ...], list[UsageLine]] = {}
    merged = len(lines) > MOST_LINES
    for each in lines:
        key = (each.kind, each.campaign, "" if merged else each.tag, each.user_name, each.sender, each.country)
        grouped.setdefault(key, []).append(each)
    rows, own = [], {REPLY: say("Replies"), NUMBER_CHECK: say("Number checks")}
    for (kind, campaign, tag, user, sender, country), found in sorted(grouped.items()):
        label = own.get(kind) or campaign or say("no campaign")
        shown = say("{n} tags", n=count(len({each.tag for each in found}), say.language)) if merged else tag
        rows.append((None, label, shown, user, sender, country, *words.row(Sums.of(found))))
    about = (say("Campaign"), say("Tag"), say("User"), say("Sender"), say("Country"))
    return _table(
        say("Messages and cost"), (*about, *figure_names(say)), rows, total=words.row(Sums.of(lines)), texts=5
    )


def _payers_table(lines: Sequence[UsageLine], page_of: Callable[[str], str], words: _Words) -> dict[str, Any]:
    say = words.say
    payers = sorted({each.payer for each in lines if each.kind != NOT_EXPLAINED})
    rows: list[tuple[str | None, ...]] = [
        (page_of(payer), payer, *words.row(Sums.of([each for each in lines if each.payer == payer])))
        for payer in payers
    ]
    left = [each for each in lines if each.kind == NOT_EXPLAINED]
    if left:
        rows.append((None, say("Not explained"), *words.row(Sums.of(left))))
    total = words.row(Sums.of(lines))
    return _table(say("Payers"), (say("Payer"), *figure_names(say)), rows, total=total, texts=1)


def _stock_table(record: UsageMonthRecord, words: _Words) -> dict[str, Any]:
    """The orders whose credits paid for the month."""
    say, basis = words.say, record.basis
    left = {each["source"]: each["credits"] - each["taken"] for each in basis["closing"]}
    spent = basis["by_source"]
    prices = {each["source"]: each for each in (*basis["opening"], *basis["arrivals"])}
    rows = [
        (
            None,
            _source(source, say),
            _price(prices.get(source), words),
            words.credits(spent.get(source, 0)),
            words.credits(left.get(source, 0)),
        )
        for source in dict.fromkeys([*prices, *spent, *left])
    ]
    names = (say("Credits of"), say("Price without tax"), say("Spent in the month"), say("Left at its end"))
    total = ("", words.credits(sum(spent.values())), words.credits(sum(left.values())))
    return _table(say("Orders that paid"), names, rows, total=total, texts=1)


def _source(source: str, say: Translator) -> str:
    kind, _, number = source.partition(" ")
    if kind == "order" and number:
        return say("order {n}", n=number)
    if kind == "transfer":
        return say("transfer {tag}", tag=number)
    if source.startswith(NOT_EXPLAINED):
        return say("not explained in {month}", month=source.removeprefix(NOT_EXPLAINED).strip())
    return {NO_ORDER: say("no known order"), "before": say("before the first month")}.get(source, source)


def _price(layer: Mapping[str, Any] | None, words: _Words) -> str:
    if layer is None or layer["without_tax"] is None:
        return words.say("not known")
    for_credits = words.credits(layer["credits"])
    return words.say("{price} for {n} credits", price=words.money(layer["without_tax"]), n=for_credits)


def _check_table(record: UsageMonthRecord, words: _Words) -> dict[str, Any]:
    say, basis = words.say, record.basis
    if not basis["check"]:
        title = say("OVH's balance")
        return {
            "title": title,
            "note": say("It could not be compared: it was not read at the end of an earlier month."),
        }
    it = Check.from_json(basis["check"])
    rows = [
        (None, say("Balance on {at}", at=_moment(it.since, say)), words.credits(it.before)),
        (None, say("Orders and transfers to the account"), words.credits(it.arrived)),
        (None, say("Transfers to other accounts"), words.credits(-it.transferred)),
        (None, say("Messages"), words.credits(-it.sent)),
        (None, say("Refunded"), words.credits(it.refunded)),
        (None, say("Replies"), words.credits(-it.replies)),
        (None, say("Number checks"), words.credits(-it.number_checks)),
        (None, say("Not explained"), words.credits(-it.not_explained)),
    ]
    total = (words.credits(it.after),)
    named = _table(say("OVH's balance"), (say("Credits"), say("Amount")), rows, total=total, texts=1)
    return {**named, "total_name": say("Balance on {at}", at=_moment(it.until, say))}


def _moment(at: datetime, say: Translator) -> str:
    return moment(at, PARIS, say.language)


def _notes(record: UsageMonthRecord, it: Sums, words: _Words) -> list[str]:
    say, tariff = words.say, record.basis["rules"]["tariff"]
    if tariff:
        price = f"{tariff['credit']} {tariff['currency']}"
        return [say("Each credit costs {price} without tax, a fixed tariff.", price=price)]
    found = [say("Credits cost what the orders cost that paid for them; the oldest are spent first.")]
    if it.unpriced:
        found.append(
            say("The price of {n} credits is not known: they cost nothing here.", n=words.credits(it.unpriced))
        )
    return found


def _tag_notes(record: UsageMonthRecord, words: _Words) -> list[str]:
    return [
        words.say(
            "Tag {tag}: OVH took {taken} credits, and its messages account for {counted}.",
            tag=each["tag"],
            taken=words.credits(each["taken"]),
            counted=words.credits(each["counted"]),
        )
        for each in record.basis["tags"]
    ]


def _table(
    title: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], *, total: tuple[str, ...], texts: int
) -> dict[str, Any]:
    """Make a table; the first value of each row is the file that it leads to, and ``texts`` columns hold no figure."""
    links, cells = [row[0] for row in rows], [row[1:] for row in rows]
    return {
        "title": title,
        "columns": columns,
        "rows": list(zip(links, cells, strict=True)),
        "total": total,
        "texts": texts,
    }
