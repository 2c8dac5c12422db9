"""What a campaign would send and cost, from its list and message; nothing is sent, nobody is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ovh_sms.contacts.pace import Pace
from ovh_sms.contacts.second_look import count_receivers, first_rows, refused_characters
from ovh_sms.contacts.sources import Fetch, ListSource, PreparationResult, prepare_source
from ovh_sms.contacts.tally import Rates
from ovh_sms.messaging.merge import placeholders, render
from ovh_sms.messaging.numbers import takes_stop_clause
from ovh_sms.messaging.parts import STOP_CLAUSE_CHARACTERS, measure, not_gsm7
from ovh_sms.messaging.transliterate import to_gsm7

#: Merged messages that a preview shows.
SAMPLE = 5

_PHONE_LIKE = re.compile(r"\d(?:[ .()/-]?\d){7,}")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One merged message.

    :param number: the receiver, masked but for the last two digits unless asked otherwise.
    :param text: what the receiver would read; phone numbers in values are masked too.
    :param shape: the message with the name and length of each value in its place; holds no personal data.
    :param parts: parts it costs.
    :param characters: its length as a phone network counts it, with the STOP clause.
    :param stop_clause: how many of them are the STOP clause's, which the text does not show.
    """

    number: str
    text: str
    shape: str
    parts: int
    characters: int
    stop_clause: int


@dataclass(frozen=True, kw_only=True)
class Price:
    """What one credit costs.

    :param per_credit: money without tax.
    :param currency: as EUR; empty where it is not known.
    """

    per_credit: float
    currency: str = ""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a campaign would send and cost.

    :param result: the account of every row.
    :param samples: the first merged messages.
    :param unicode_text: characters of the campaign's own text that make every message Unicode, and what could stand
        for each.
    :param unicode_values: rows that are rejected for a value, by the character at fault.
    :param gsm7_credits: what the campaign would cost with its text in the GSM alphabet; None where it is.
    :param fiction: accepted numbers of the range that reaches nobody.
    :param rates_abroad: credits a part costs, by calling code; countries it lacks are counted as France.
    :param price: what a credit costs, where known.
    :param budget: credits the campaign may cost at most, where known.
    :param batch_size: receivers of one sending at most, where known.
    """

    result: PreparationResult
    samples: Sequence[Sample]
    unicode_text: dict[str, str]
    unicode_values: dict[str, int]
    gsm7_credits: float | None
    fiction: int
    rates_abroad: Mapping[str, float] = field(default_factory=dict)
    price: Price | None = None
    budget: float | None = None
    batch_size: int | None = None

    @property
    def over_budget(self) -> bool | None:
        """Whether the run would be refused for its cost; None where the budget is not known."""
        return None if self.budget is None else self.result.prepared.credits > self.budget

    @property
    def sendings(self) -> int | None:
        """How many sendings the list takes; None where the size of one is not known."""
        return -(-self.result.prepared.accepted // self.batch_size) if self.batch_size else None

    @property
    def cost(self) -> float | None:
        """Money without tax for all credits, where the price is known."""
        return self.result.prepared.credits * self.price.per_credit if self.price else None

    @property
    def not_asked(self) -> list[str]:
        """Calling codes of receivers outside of France whose rate is not in the estimate."""
        return [code for code in self.result.prepared.countries if code not in {"33", *self.rates_abroad}]

    def priced(self, price: Price | None) -> Preview:
        """Give the same preview with a price.

        :param price: what a credit costs.
        """
        return replace(self, price=price)

    def limited(self, *, budget: float, batch_size: int) -> Preview:
        """Give the same preview with the limits that the campaign's file sets.

        :param budget: credits the campaign may cost at most.
        :param batch_size: receivers of one sending at most.
        """
        return replace(self, budget=budget, batch_size=batch_size)

    def counts(self) -> dict[str, Any]:
        """Give the figures as plain JSON values: no number, no text, no path of a file that is gone."""
        gone = {"folder", "batches", "list_path", "rejects_path", "digest", "source_digest"}
        told = {name: value for name, value in self.result.to_xcom().items() if name not in gone}
        return {
            **told,
            "unicode_text": self.unicode_text,
            "unicode_values": self.unicode_values,
            "gsm7_credits": self.gsm7_credits,
            "fiction": self.fiction,
            "rates_abroad": dict(self.rates_abroad),
            "price_per_credit": self.price.per_credit if self.price else None,
            "currency": self.price.currency if self.price else None,
            "cost": self.cost,
        }

    def to_dict(self) -> dict[str, Any]:
        """Give everything as plain JSON values, limits and merged messages included: for a person, not for a log."""
        messages = [
            {name: value for name, value in asdict(each).items() if name != "shape"} for each in self.samples
        ]
        limits = {"budget": self.budget, "over_budget": self.over_budget, "sendings": self.sendings}
        return {**self.counts(), **limits, "messages": messages}


def make_preview(
    source: ListSource,
    *,
    folder: Path,
    fetch: Fetch,
    suppressed: Sequence[str] = (),
    pace: Pace | None = None,
    rates: Rates | None = None,
    show_numbers: bool = False,
) -> Preview:
    """Prepare a list as a campaign would, and look at the result.

    :param source: the list, the message and their options.
    :param folder: a folder for the prepared list; whoever made it removes it.
    :param fetch: brings lists that are no local files.
    :param suppressed: numbers of OVH's blacklist, where it was asked.
    :param pace: told of the progress.
    :param rates: credits per part by country, as in :func:`~ovh_sms.contacts.prepare.prepare`.
    :param show_numbers: show the samples' numbers in full.
    :returns: the preview, without price.
    :raises ovh_sms.errors.ContactsError: the list, a suppression file or the message cannot be used.
    """
    asked = _Asked(rates)
    result = prepare_source(source, out=folder, fetch=fetch, suppressed=suppressed, pace=pace, rates=asked)
    it = result.prepared
    own = not_gsm7(render(source.message, dict.fromkeys(placeholders(source.message), "")))
    counted = count_receivers(
        it.list_path,
        used=it.used_columns[1:],
        message=_in_gsm7(source.message) if own else None,
        stop_clause=source.stop_clause,
    )
    return Preview(
        result=result,
        samples=[_sample(source, row, show_numbers) for row in first_rows(it.list_path, SAMPLE)],
        unicode_text={each: to_gsm7(each)[0] for each in own},
        unicode_values=refused_characters(it.rejects_path),
        gsm7_credits=counted.tally.totals(asked.answer).manifest["credits"] if own else None,
        fiction=counted.fiction,
        rates_abroad=asked.answer,
    )


class _Asked:
    """Rates that are asked for once, and remembered."""

    def __init__(self, rates: Rates | None) -> None:
        self._rates = rates
        self.answer: Mapping[str, float] = {}

    def __call__(self, codes: Sequence[str]) -> Mapping[str, float]:
        found = self._rates(codes) if callable(self._rates) else self._rates or {}
        self.answer = {code: found[code] for code in codes if code in found}
        return self.answer


def masked(text: str) -> str:
    """Hide phone numbers in a text but for their last two digits.

    :param text: any text.
    :returns: the text; eight digits or more in a row, with or without separators, count as a phone number.
    """
    return _PHONE_LIKE.sub(lambda found: "*" * (len(found[0]) - 2) + found[0][-2:], text)


def _in_gsm7(message: str) -> str:
    """Write a message in the GSM alphabet; the names of its columns stay as the list has them."""
    names = placeholders(message)
    texts = (
        re.split("(" + "|".join(re.escape(f"#{name}#") for name in names) + ")", message)
        if names
        else [message]
    )
    return "".join(text if at % 2 else to_gsm7(text)[0] for at, text in enumerate(texts))


def _sample(source: ListSource, row: dict[str, str], show_numbers: bool) -> Sample:
    stop = source.stop_clause and takes_stop_clause(row["number"])
    size = measure(render(source.message, row), stop_clause=stop)
    shown = row if show_numbers else {name: masked(value) for name, value in row.items()}
    shapes = {name: f"[{name}: {len(value)}]" for name, value in row.items()}
    return Sample(
        number=shown["number"],
        text=render(source.message, shown),
        shape=render(source.message, shapes),
        parts=size.parts,
        characters=size.characters,
        stop_clause=STOP_CLAUSE_CHARACTERS if stop else 0,
    )
