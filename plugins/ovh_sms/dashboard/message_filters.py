"""The filters of a run's message table: what they offer, and which messages each choice means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovh_sms.messaging.delivery_status import DeliveryStatus, cause
from ovh_sms.messaging.number_display import country_of_code
from ovh_sms.report.cards import operator_name
from ovh_sms.report.csv import LOST
from ovh_sms.report.language import translatable
from ovh_sms.store.message_pages import MessageFilter

if TYPE_CHECKING:
    from ovh_sms.report.language import Translator
    from ovh_sms.store.message_figures import MessageFigures
    from ovh_sms.store.models import SubmissionRecord
    from ovh_sms.store.store import Store

_NOTHING = (("", None),)
#: The choice of all messages that failed or expired, and its name.
LOST_ONES, FAILED_OR_EXPIRED = "lost", translatable("failed or expired")
#: What to do with the number of a message that failed.
ACTION_NAMES = {
    "keep": translatable("keep the number"),
    "retry": translatable("retry later"),
    "remove": translatable("remove the number"),
}


@dataclass(frozen=True)
class MessageQuery:
    """The choices of a person above the message table; the words of the address.

    :param cause: in words, as the report says it.
    :param country: calling code.
    :param batch: tag of one batch.
    :param numbers: ``shown`` if the numbers are to be whole.
    """

    status: str = ""
    cause: str = ""
    operator: str = ""
    country: str = ""
    batch: str = ""
    order: str = "time"
    descending: bool = False
    after: str = ""
    before: str = ""
    numbers: str = ""

    @property
    def chosen(self) -> dict[str, str | bool]:
        """The choices, for the addresses of other pages of the same table."""
        names = ("status", "cause", "operator", "country", "batch", "numbers")
        order = {} if self.order == "time" else {"order": self.order}
        direction: dict[str, str | bool] = {"descending": True} if self.descending else {}
        return {**{name: getattr(self, name) for name in names}, **order, **direction}


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The choices of the filters: values with their names.

    :param causes: pairs of delivery status and operator code by cause.
    """

    statuses: list[tuple[str, str]]
    causes: dict[str, list[tuple[str, int | None]]]
    operators: list[tuple[str, str]]
    countries: list[tuple[str, str]]
    batches: list[tuple[str, str]]


def batch_numbers(store: Store, batches: Sequence[SubmissionRecord]) -> dict[str, str]:
    """Number the batches of a run by their tags, as the run's page does; the lowest number first.

    Batches of a run with several lists are named by their tags too, as each list has its own numbers.

    :param batches: its submissions; one that no list knows has its tag alone.
    """
    lists = store.run_results.of_run(batches[0].dag_id, batches[0].run_id) if batches else []
    known = {each.record.tag: each.record.batch for one in lists for each in one.batches}
    ordered = sorted((each.tag for each in batches), key=lambda tag: (tag not in known, known.get(tag, 0)))
    if len(lists) > 1:
        return {tag: f"{known[tag]} ({tag})" if tag in known else tag for tag in ordered}
    return {tag: str(known.get(tag, tag)) for tag in ordered}


def choices(
    store: Store, numbers: Mapping[str, str], figures: Mapping[str, MessageFigures], say: Translator
) -> Choices:
    """Return what the filters of a run offer.

    :param numbers: of its batches, by their tags.
    :param figures: their stored figures, by tag.
    """
    tags = list(numbers)
    causes: dict[str, list[tuple[str, int | None]]] = {}
    for each in figures.values():
        for status, code, *_ in each.statuses:
            pairs = causes.setdefault(cause(code, DeliveryStatus(status)), [])
            if (status, code) not in pairs:
                pairs.append((status, code))
    countries = [(str(code), country_of_code(code, say.language)) for code in store.message_pages.calling_codes(tags)]
    return Choices(
        statuses=[*((each.value, say(STATUSES[each])) for each in DeliveryStatus), (LOST_ONES, say(FAILED_OR_EXPIRED))],
        causes=dict(sorted(causes.items())),
        operators=[(each, operator_name(each, say)) for each in store.message_pages.operators(tags)],
        countries=countries,
        batches=[(tag, say("Batch {n}", n=at)) for tag, at in numbers.items()] if len(tags) > 1 else [],
    )


def message_filter(query: MessageQuery, offered: Choices) -> MessageFilter:
    """Return which messages a person's choices mean; a choice that is not offered means none."""
    statuses = LOST if query.status == LOST_ONES else (query.status,) if query.status else ()
    outcomes: tuple[tuple[str, int | None], ...] = tuple((status, None) for status in statuses)
    if query.cause:
        pairs = offered.causes.get(query.cause, [])
        outcomes = tuple(pair for pair in pairs if not statuses or pair[0] in statuses) or _NOTHING
    code = query.country
    return MessageFilter(
        outcomes=outcomes,
        operator=query.operator,
        calling_code=int(code) if code.isascii() and code.isdigit() and len(code) < 4 else 0,
        tag=query.batch,
    )


def messages_in(figures: Mapping[str, MessageFigures], wanted: MessageFilter) -> int | None:
    """Count the messages that pass a filter; ``None`` if the stored figures do not say."""
    if wanted.operator or wanted.calling_code:
        return None
    return sum(
        count
        for tag, each in figures.items()
        for status, code, _, count in each.statuses
        if wanted.tag in ("", tag)
        and (not wanted.outcomes or (status, None) in wanted.outcomes or (status, code) in wanted.outcomes)
    )


#: What each delivery status is called; said in the reader's language.
STATUSES = {
    DeliveryStatus.DELIVERED: translatable("delivered"),
    DeliveryStatus.FAILED: translatable("failed"),
    DeliveryStatus.EXPIRED: translatable("expired"),
    DeliveryStatus.PENDING: translatable("pending"),
}
