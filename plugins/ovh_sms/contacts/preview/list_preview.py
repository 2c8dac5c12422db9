"""Shows a campaign's cost and messages from its contact list; nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ovh_sms.contacts.classify.list_totals import Rates
from ovh_sms.contacts.preparation import Fetch, PreparationRequest, PreparationResult, Progress, prepare_contacts
from ovh_sms.contacts.preview.departures import Departure, departures
from ovh_sms.contacts.preview.limit_check import LimitCheck
from ovh_sms.contacts.preview.observed_list import ObservedList
from ovh_sms.contacts.preview.samples import LineResult, Reject, Sample, SampleWriter
from ovh_sms.contacts.reject_limit import RejectLimit
from ovh_sms.messaging.message_check import as_sent


@dataclass(frozen=True, kw_only=True)
class Price:
    """Money for one credit, without tax; the currency is empty if not known."""

    per_credit: float
    currency: str = ""


@dataclass(frozen=True, kw_only=True)
class ConsentRejects:
    """A rule of consent in words, and the rows that it rejects."""

    rule: str
    rejected: int


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The cost of a campaign, with the messages whose texts differ most.

    :param kind: kind of the source: ``csv``, ``xlsx``, ``parquet`` or ``query``.
    :param encoding_given: whether the encoding was named, not found.
    :param rejects: the first rejected rows of each reason.
    :param line: what becomes of the one line that was asked for.
    :param unicode_values: rows rejected for a value, by the character at fault.
    :param fiction: accepted numbers of the range that reaches nobody.
    :param foreign_rates: credits per segment by calling code; countries it lacks are counted as France.
    :param column_names: the list's own names of the message's columns, by their names at OVH.
    :param consent: rules of consent in words, and the rows rejected by them, by column.
    :param other_texts: duplicates that ``duplicates: number_and_text`` would send, too: their number gets another text.
    :param several_texts: numbers that get more than one message, with ``most_texts`` for one of them at most.
    :param refusal: why the next run would send nothing at its hours, if so.
    :param departures: when the messages of the next run leave; none if nobody asked.
    :param transliterates: whether values are written in the GSM alphabet.
    :param limits: the limits of the campaign file beside the run's figures; none if nobody has compared them.
    :param budget: credits the campaign may cost at most, if known; so are price, batch size and the limit of rejects.
    """

    result: PreparationResult
    kind: str
    encoding_given: bool
    samples: Sequence[Sample]
    rejects: Mapping[str, Sequence[Reject]]
    unicode_values: dict[str, int]
    fiction: int
    other_texts: int = 0
    several_texts: int = 0
    most_texts: int = 0
    foreign_rates: Mapping[str, float] = field(default_factory=dict)
    price: Price | None = None
    budget: float | None = None
    batch_size: int | None = None
    reject_limit: RejectLimit | None = None
    line: LineResult | None = None
    transliterates: bool = False
    column_names: Mapping[str, str] = field(default_factory=dict)
    departures: Sequence[Departure] = ()
    refusal: str | None = None
    consent: Mapping[str, ConsentRejects] = field(default_factory=dict)
    limits: Sequence[LimitCheck] = ()

    @property
    def over_budget(self) -> bool | None:
        """Whether the run would stop for its cost; None if the budget is not known."""
        return None if self.budget is None else self.result.prepared.credits > self.budget

    @property
    def over_reject_limit(self) -> bool | None:
        """Whether the run would stop for its rejects; None if the limit is not known."""
        return None if self.reject_limit is None else self.reject_limit.is_exceeded(self.result.prepared)

    @property
    def batch_count(self) -> int | None:
        """Batches of the prepared list; None if the batch size is not known."""
        if not self.batch_size:
            return None
        # Prepared without a size, it has one batch for each of its cuts.
        return sum(-(-batch.accepted // self.batch_size) for batch in self.result.prepared.batches)

    @property
    def cost(self) -> float | None:
        """Money without tax for all credits, if the price is known."""
        return self.result.prepared.credits * self.price.per_credit if self.price else None

    @property
    def without_rate(self) -> list[str]:
        """Calling codes of receivers outside of France whose rate is not in the estimate."""
        return [code for code in self.result.prepared.countries if code not in {"33", *self.foreign_rates}]

    def priced(self, price: Price | None) -> Preview:
        """Return the same preview with a price."""
        return replace(self, price=price)

    def limited(
        self, *, budget: float, batch_size: int, refusal: str | None = None, reject_limit: RejectLimit | None = None
    ) -> Preview:
        """Return the same preview with the limits of the campaign file."""
        return replace(self, budget=budget, batch_size=batch_size, refusal=refusal, reject_limit=reject_limit)

    def compared(self, limits: Sequence[LimitCheck]) -> Preview:
        """Return the same preview with the limits of the campaign file that need other figures than the list's."""
        return replace(self, limits=limits)

    def counts(self) -> dict[str, Any]:
        """Return the figures as plain JSON values: no number, no text, no path of a removed file."""
        gone = {"folder", "batches", "list_path", "rejects_path", "digest", "source_digest"}
        counts = {name: value for name, value in self.result.to_xcom().items() if name not in gone}
        return {
            **counts,
            "kind": self.kind,
            "unicode_values": self.unicode_values,
            "fiction": self.fiction,
            "consent": {name: asdict(each) for name, each in self.consent.items()},
            "other_texts": self.other_texts,
            "several_texts": self.several_texts,
            "most_texts": self.most_texts,
            "refusal": self.refusal,
            "departures": [each.to_dict() for each in self.departures],
            "foreign_rates": dict(self.foreign_rates),
            "price_per_credit": self.price.per_credit if self.price else None,
            "currency": self.price.currency if self.price else None,
            "cost": self.cost,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain JSON values, with limits and merged messages: for a person, not for a log."""
        limits = {
            "budget": self.budget,
            "over_budget": self.over_budget,
            "batch_count": self.batch_count,
            "over_reject_limit": self.over_reject_limit,
            "limits": [asdict(each) for each in self.limits],
        }
        shown = {
            "messages": [each.to_dict() for each in self.samples],
            "first_rejects": {reason: [asdict(each) for each in rows] for reason, rows in self.rejects.items()},
        }
        return {**self.counts(), **limits, **shown, **({"line": self.line.to_dict()} if self.line else {})}


def make_preview(
    request: PreparationRequest,
    *,
    folder: Path,
    fetch: Fetch,
    suppressed: Sequence[str] = (),
    progress: Progress | None = None,
    rates: Rates | None = None,
    show_numbers: bool = False,
    line: int | None = None,
) -> Preview:
    """Prepare a contact list as a campaign would, and show the result.

    :param suppressed: numbers of OVH's suppression list, if it was read.
    :param rates: credits per segment by destination, as in :func:`~ovh_sms.contacts.prepare.prepare`.
    :param show_numbers: show phone numbers in full.
    :param line: line of the source whose receiver is shown, too.
    :raises ovh_sms.errors.ContactsError: the contact list, a suppression file or the message cannot be used.
    """
    observed = ObservedList(line)
    remembered = _RememberedRates(rates)
    result = prepare_contacts(
        request, out=folder, fetch=fetch, suppressed=suppressed, progress=progress, rates=remembered, observer=observed
    )
    request = replace(request, message=as_sent(request.message))
    writer = SampleWriter(request, show_numbers=show_numbers)
    return Preview(
        result=result,
        kind=observed.kind,
        encoding_given=request.options.encoding is not None,
        samples=[writer.sample(each.row, each.kinds) for each in observed.notable.rows()],
        rejects={reason.value: list(map(writer.reject, rows)) for reason, rows in observed.notable.rejects.items()},
        unicode_values=result.prepared.rejected_characters,
        fiction=observed.fiction,
        other_texts=observed.other_texts,
        several_texts=observed.several_texts,
        most_texts=observed.most_texts,
        foreign_rates=remembered.found,
        transliterates=request.options.transliterate,
        column_names=observed.column_names,
        consent={
            name: ConsentRejects(rule=words, rejected=observed.without_consent[name])
            for name, words in observed.consent_rules.items()
        },
        line=writer.line(observed.line) if observed.line else None,
        departures=departures(request, result.prepared),
    )


class _RememberedRates:
    """Rates that are fetched once and remembered."""

    def __init__(self, rates: Rates | None) -> None:
        self._rates = rates
        self.found: Mapping[str, float] = {}

    def __call__(self, codes: Sequence[str]) -> Mapping[str, float]:
        rates = self._rates(codes) if callable(self._rates) else self._rates or {}
        self.found = {code: rates[code] for code in codes if code in rates}
        return self.found
