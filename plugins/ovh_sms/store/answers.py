"""Answers to replies: which are due, under way, made, or not made for a reason. A reply gets one answer of a rule."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, update

from ovh_sms.reply_words import OPT_OUT
from ovh_sms.store.erased_replies import ERASED
from ovh_sms.store.inbound import InboundFilter
from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.inbound_tables import answers, inbound
from ovh_sms.store.repository import Repository
from ovh_sms.store.upsert import insert_missing

#: States of an answer; every other one is the reason for which a reply got none.
ANSWERED, REFUSED = "answered", "refused"

_it, _of = answers.c, inbound.c
_FIELDS = [_of[field.name] for field in fields(InboundMessage)]


@dataclass(frozen=True, kw_only=True)
class DueAnswers:
    """Which replies a rule answers.

    :param rule: name of the rule.
    :param wanted: which replies are meant; its account must be given.
    :param since: older ones get no answer any more; one that is under way is finished all the same.
    """

    rule: str
    wanted: InboundFilter
    since: datetime


@dataclass(frozen=True, kw_only=True)
class AnswerRow:
    """One answer to a reply; ``state`` is ``None`` while it is under way, or its outcome is unknown."""

    inbound_id: int
    rule: str
    tag: str
    started_at: datetime
    state: str | None
    ended_at: datetime | None
    credits: float | None


class Answers(Repository):
    """Answers by account, reply and rule."""

    def due(self, due: DueAnswers, *, limit: int) -> list[InboundMessage]:
        """List the replies that a rule has to answer, the earliest first; those that are under way too.

        One that is under way may be another task's, whose rule has the same name.
        """
        with self.database.reading() as connection:
            query = _due(due, *_FIELDS).order_by(_of.received_at, _of.inbound_id).limit(limit)
            return [InboundMessage(**row) for row in connection.execute(query).mappings()]

    def count_due(self, due: DueAnswers) -> int:
        """Count the replies that a rule has to answer."""
        with self.database.reading() as connection:
            return int(connection.execute(_due(due, func.count())).scalar_one())

    def start(self, account: str, inbound_id: int, rule: str, *, tag: str, task: str) -> None:
        """Note that a task starts an answer, before anything is claimed; a later try finds it by that."""
        row = {"account": account, "inbound_id": inbound_id, "rule": rule, "tag": tag, "task": task}
        with self.database.writing(durable=True) as connection:
            insert_missing(connection, answers, {**row, "started_at": self.clock.now()})

    def end(self, account: str, inbound_id: int, rule: str, state: str, *, credits_spent: float | None = None) -> None:
        """Note what became of an answer. The first note stays, but one that was made is never noted as not made."""
        may_change: ColumnElement[bool] = _it.state.is_(None)
        if state == ANSWERED:
            may_change = or_(may_change, _it.state != ANSWERED)
        here = and_(_it.account == account, _it.inbound_id == inbound_id, _it.rule == rule, may_change)
        with self.database.writing() as connection:
            values = {"state": state, "ended_at": self.clock.now(), "credits": credits_spent}
            connection.execute(update(answers).where(here).values(values))

    def of_task(self, task: str, account: str, rule: str) -> dict[str, tuple[int, float]]:
        """Count the answers that a task started, and sum up their credits, by state; empty while under way."""
        query = select(func.coalesce(_it.state, ""), func.count(), func.coalesce(func.sum(_it.credits), 0.0))
        here = (_it.task == task, _it.account == account, _it.rule == rule)
        with self.database.reading() as connection:
            found = connection.execute(query.where(*here).group_by(_it.state))
            return {state: (number, float(spent)) for state, number, spent in found}

    def given_to(self, digest: int, rule: str, since: datetime, *, but: int) -> int:
        """Count the answers of a rule that a person got since a moment.

        :param digest: of the person, see :class:`~ovh_sms.contacts.classify.person_digests.PersonDigester`.
        :param but: a reply whose answer is not counted.
        """
        same = and_(_it.account == _of.account, _it.inbound_id == _of.inbound_id)
        query = select(func.count()).select_from(answers).join(inbound, same)
        here = (_of.digest == digest, _it.rule == rule, _it.inbound_id != but, _it.started_at >= since)
        with self.database.reading() as connection:
            found = connection.execute(query.where(*here, or_(_it.state.is_(None), _it.state == ANSWERED)))
            return int(found.scalar_one())

    def of_rule(self, account: str, rule: str, ids: Collection[int]) -> set[int]:
        """Return which of some replies a rule has started to answer."""
        query = select(_it.inbound_id).where(_it.account == account, _it.rule == rule, _it.inbound_id.in_(ids))
        with self.database.reading() as connection:
            return set(connection.execute(query).scalars())

    def of_replies(self, account: str, ids: Collection[int]) -> dict[int, list[AnswerRow]]:
        """List the answers to some replies, the first one first."""
        columns = [_it[field.name] for field in fields(AnswerRow)]
        query = select(*columns).where(_it.account == account, _it.inbound_id.in_(ids)).order_by(_it.started_at)
        found: dict[int, list[AnswerRow]] = {}
        with self.database.reading() as connection:
            for row in connection.execute(query).mappings():
                found.setdefault(row["inbound_id"], []).append(AnswerRow(**row))
        return found


def _due(due: DueAnswers, *columns: Any) -> Select[Any]:
    same = and_(_it.account == _of.account, _it.inbound_id == _of.inbound_id, _it.rule == due.rule)
    is_new = and_(~exists().where(same), _of.received_at >= due.since, _of.number != ERASED, _of.action != OPT_OUT)
    is_under_way = exists().where(same, _it.state.is_(None))
    query = select(*columns).select_from(inbound).where(_of.account == due.wanted.account)
    return query.where(or_(and_(is_new, *due.wanted.where()), is_under_way))
