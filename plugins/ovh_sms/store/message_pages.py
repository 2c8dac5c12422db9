"""The messages of a run, page by page: filtered, in an order, as fast for a million as for a hundred.

A page begins behind the last message of the page before, and is never counted from the first one: each submission
gives its next messages from an index, and these are merged.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, tuple_

from ovh_sms.messaging.phone_numbers import calling_code
from ovh_sms.store import tables
from ovh_sms.store.models import MESSAGE_FIELDS, Message
from ovh_sms.store.repository import Repository

if TYPE_CHECKING:
    from datetime import datetime

_table = tables.messages
_columns = [_table.c[name] for name in MESSAGE_FIELDS]
#: What messages may be ordered by; each has an index that begins with the submission. OVH's ids grow with time.
ORDERS = {"time": "outgoing_id", "number": "receiver", "status": "delivery_status"}
#: So few messages are sorted faster than others are skipped in the order of an index.
_FEW = 5_000
_PER_BLOCK = 5_000
#: Different values of a column that a filter offers at most.
_MOST_VALUES = 60
_BEFORE_ALL = ""


class _Key(NamedTuple):
    """The place of a message in an order."""

    value: str | int
    outgoing_id: int


@dataclass(frozen=True, kw_only=True)
class MessageFilter:
    """Which messages of a run are shown; an empty field lets all pass.

    :param outcomes: pairs of delivery status and operator code; ``None`` as the code is every code.
    :param operator: the operator's own code, such as ``20801``.
    :param calling_code: of the receivers' country, such as 33.
    :param tag: of one batch.
    """

    outcomes: tuple[tuple[str, int | None], ...] = ()
    operator: str = ""
    calling_code: int = 0
    tag: str = ""


@dataclass(frozen=True, kw_only=True)
class MessagePage:
    """Some messages of a run, and the places where its neighbours begin.

    :param after: OVH's id of the last message if there are more behind it.
    :param before: OVH's id of the first message if there are more before it.
    """

    messages: list[Message]
    after: str = ""
    before: str = ""


class MessagePages(Repository):
    """Pages of messages, by the tags of a run's submissions."""

    def page(
        self,
        tags: Sequence[str],
        wanted: MessageFilter | None = None,
        *,
        order: str = "time",
        descending: bool = False,
        after: str = "",
        before: str = "",
        size: int = 50,
    ) -> MessagePage:
        """Read one page.

        :param tags: of the submissions whose messages are shown.
        :param order: one of :data:`ORDERS`.
        :param after: OVH's id of the message behind which the page begins; ``before``: of the one before which it ends.
        :param size: messages of a page.
        """
        wanted, column = wanted or MessageFilter(), ORDERS.get(order, ORDERS["time"])
        backwards = bool(before) and not after
        towards_start = descending != backwards
        with self.database.reading() as connection:
            place = _find_place(connection, tags, after or before, column)
            streams = [
                _next(connection, tag, wanted, column, place, descending=towards_start, size=size + 1)
                for tag in _shown(tags, wanted)
            ]
            found = list(islice(merge(*streams, key=lambda each: _key(each, column), reverse=towards_start), size + 1))
        more, found = len(found) > size, found[:size]
        if backwards:
            found.reverse()
        return MessagePage(
            messages=found,
            after=str(found[-1].outgoing_id) if found and (more or backwards) else "",
            before=str(found[0].outgoing_id) if found and place is not None and (more or not backwards) else "",
        )

    def blocks(self, tags: Sequence[str], wanted: MessageFilter | None = None) -> Iterator[list[Message]]:
        """Read all messages that pass a filter, batch by batch, some thousand at a time; memory stays small.

        Each block opens the database anew: the reader may take as long as it wants and change its thread.
        """
        wanted = wanted or MessageFilter()
        for tag in _shown(tags, wanted):
            page = MessagePage(messages=[])
            only = replace(wanted, tag=tag)
            while page.after or not page.messages:
                page = self.page([tag], only, after=page.after, size=_PER_BLOCK)
                if not page.messages:
                    break
                yield page.messages

    def operators(self, tags: Sequence[str]) -> list[str]:
        """List the operators of some submissions' messages, without those that name none."""
        found: set[str] = set()
        with self.database.reading() as connection:
            for tag in tags:
                found.update(_distinct(connection, tag, _table.c.operator))
        return sorted(found)

    def calling_codes(self, tags: Sequence[str]) -> list[int]:
        """List the calling codes of some submissions' receivers."""
        found: set[int] = set()
        with self.database.reading() as connection:
            for tag in tags:
                last = _BEFORE_ALL
                for _ in range(_MOST_VALUES):
                    number = _least_above(connection, tag, _table.c.receiver, last)
                    if number is None:
                        break
                    code = calling_code(number)
                    found.add(code)
                    last = _behind(code) if code else number
        return sorted(found - {0})

    def of_receiver(self, number: str, dag_ids: Collection[str], *, limit: int = 200) -> list[ReceivedMessage]:
        """List the messages that one number got from campaigns of some DAGs, the newest first.

        :param number: E.164.
        """
        submissions, opt_outs = tables.submissions, tables.opt_outs
        opted_out = and_(
            opt_outs.c.tag == _table.c.tag,
            opt_outs.c.receiver == _table.c.receiver,
            or_(opt_outs.c.outgoing_id.is_(None), opt_outs.c.outgoing_id == _table.c.outgoing_id),
        )
        query = (
            select(*_columns, *(submissions.c[name] for name in _RUN), opt_outs.c.opted_out_at, opt_outs.c.tag)
            .join(submissions, submissions.c.tag == _table.c.tag)
            .outerjoin(opt_outs, opted_out)
            .order_by(_table.c.outgoing_id.desc())
            .limit(limit)
        )
        with self.database.reading() as connection:
            known = select(submissions.c.dag_id, submissions.c.account).distinct()
            pairs = [(dag, account) for dag, account in connection.execute(known) if dag in set(dag_ids)]
            accounts, dags = sorted({account for _, account in pairs}), sorted({dag for dag, _ in pairs})
            if not dags:
                return []
            here = (_table.c.account.in_(accounts), _table.c.receiver == number, submissions.c.dag_id.in_(dags))
            rows = connection.execute(query.where(*here)).all()
        size, runs = len(_columns), len(_RUN)
        return [
            ReceivedMessage(
                message=Message(**dict(zip(MESSAGE_FIELDS, row[:size], strict=True))),
                **dict(zip(_RUN, row[size : size + runs], strict=True)),
                said_stop=row[-1] is not None,
                opted_out_at=row[-2],
            )
            for row in rows
        ]


_RUN = ("campaign", "dag_id", "run_id", "account", "collected_at")


@dataclass(frozen=True, kw_only=True)
class ReceivedMessage:
    """One message that a number got, and the run that sent it.

    :param said_stop: whether the receiver answered it with STOP; ``opted_out_at``: when, if OVH says so.
    :param collected_at: when the messages and the STOPs of its batch were last collected.
    """

    message: Message
    campaign: str
    dag_id: str
    run_id: str
    account: str
    collected_at: datetime | None
    said_stop: bool
    opted_out_at: datetime | None = None


def _shown(tags: Sequence[str], wanted: MessageFilter) -> list[str]:
    return sorted(tag for tag in set(tags) if not wanted.tag or tag == wanted.tag)


def _next(
    connection: Connection,
    tag: str,
    wanted: MessageFilter,
    column: str,
    place: _Key | None,
    *,
    descending: bool,
    size: int,
) -> list[Message]:
    """Read the next messages of one submission."""
    order = [_table.c[name] for name in dict.fromkeys((column, "outgoing_id"))]
    query = select(*_columns).where(_table.c.tag == tag, *_conditions(connection, tag, wanted, column))
    if place is not None:
        # Compared as one value: the index leads straight to the place.
        here, there = tuple_(*order), tuple_(*place[-len(order) :])
        query = query.where(here < there if descending else here > there)
    query = query.order_by(*(each.desc() if descending else each for each in order)).limit(size)
    return [Message(**row) for row in connection.execute(query).mappings()]


def _conditions(connection: Connection, tag: str, wanted: MessageFilter, column: str) -> Iterator[ColumnElement[bool]]:
    """Write a filter so that the database reads few messages: by the order's index, or by a filter's if few pass it."""
    asked: list[tuple[Any, Callable[[Any], ColumnElement[bool]], bool]] = []
    if statuses := sorted({status for status, _ in wanted.outcomes}):
        one_in_order = len(statuses) == 1 and column in ("outgoing_id", "delivery_status")
        asked.append((_table.c.delivery_status, lambda value: value.in_(statuses), one_in_order))
    if wanted.operator:
        asked.append((_table.c.operator, lambda value: value == wanted.operator, column == "outgoing_id"))
    if wanted.calling_code:
        first, end = f"+{wanted.calling_code}", _behind(wanted.calling_code)
        asked.append((_table.c.receiver, lambda value: and_(value >= first, value < end), column == "receiver"))
    for value, passes, in_order in asked:
        if in_order or _is_few(connection, tag, passes(value)):
            yield passes(value)
        else:
            yield passes(func.coalesce(value, ""))  # no index of its own: the order's is read
    codes = [(status, code) for status, code in wanted.outcomes if code is not None]
    if codes:
        whole = [_table.c.delivery_status == status for status, code in wanted.outcomes if code is None]
        exact = [and_(_table.c.delivery_status == status, _table.c.operator_code == code) for status, code in codes]
        yield or_(*whole, *exact)


def _is_few(connection: Connection, tag: str, condition: ColumnElement[bool]) -> bool:
    some = select(_table.c.outgoing_id).where(_table.c.tag == tag, condition).limit(_FEW + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one()) <= _FEW


def _distinct(connection: Connection, tag: str, column: Any) -> Iterator[str]:
    """Find the different values of a column, each by one step in its index."""
    last = _BEFORE_ALL
    for _ in range(_MOST_VALUES):
        value = _least_above(connection, tag, column, last)
        if value is None:
            return
        yield value
        last = value


def _least_above(connection: Connection, tag: str, column: Any, last: str) -> str | None:
    query = select(column).where(_table.c.tag == tag, column > last).order_by(column).limit(1)
    found: str | None = connection.execute(query).scalar()
    return found


def _behind(code: int) -> str:
    """Return a text behind all numbers of a calling code: digits alone, as databases order other signs differently."""
    return f"+{code + 1}"


def _key(message: Message, column: str) -> tuple[Any, int]:
    return (getattr(message, column), message.outgoing_id)


def _find_place(connection: Connection, tags: Sequence[str], text: str, column: str) -> _Key | None:
    """Find the place of a message by OVH's id: an address names no phone number."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return None
    query = select(_table.c[column], _table.c.outgoing_id)
    found = connection.execute(query.where(_table.c.tag.in_(tags), _table.c.outgoing_id == int(text))).first()
    return _Key(*found) if found else None
