"""Messages that a reply may answer: batches by their tags, and the messages and lists in which a number is."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, select

from ovh_sms.store import tables
from ovh_sms.store.inbound_records import ListedBatch, SentMessage
from ovh_sms.store.inbound_tables import answers, inbound
from ovh_sms.store.models import ANSWER, BATCH, OVER
from ovh_sms.store.repository import Repository
from ovh_sms.store.run_tables import run_batches

_attempts, _messages = tables.attempts, tables.messages
_submissions, _lists = tables.submissions, tables.published_lists
_AT_ONCE = 500


class AnsweredQueries(Repository):
    """Messages of one account that people may have answered."""

    def by_tag(self, account: str, tags: Collection[str]) -> dict[str, SentMessage]:
        """Find batches by their tags; a tag that no run of this package has used is left out.

        The tag of an answer to a reply is found, too: it is of the run that the reply answered.
        """
        it, wanted = _attempts.c, sorted(set(tags))
        found: dict[str, SentMessage] = {}
        with self.database.reading() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                query = select(it.tag, it.campaign, it.dag_id, it.run_id, it.claimed_at.label("at")).where(
                    it.account == account, it.kind == BATCH, it.tag.in_(wanted[start : start + _AT_ONCE])
                )
                for row in connection.execute(query.order_by(it.attempt)).mappings():
                    found[row["tag"]] = SentMessage(**row)
                for row in connection.execute(_answers(account, wanted[start : start + _AT_ONCE])).mappings():
                    found.setdefault(row["tag"], SentMessage(**row))
        return found

    def by_outgoing_ids(self, account: str, outgoing_ids: Collection[int]) -> dict[int, SentMessage]:
        """Find the collected messages that OVH names by its ids; others are left out."""
        it, of, wanted = _messages.c, _submissions.c, sorted(set(outgoing_ids))
        columns = it.outgoing_id, it.tag, of.campaign, of.dag_id, of.run_id, of.recorded_at.label("at")
        found: dict[int, SentMessage] = {}
        with self.database.reading() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                some = it.outgoing_id.in_(wanted[start : start + _AT_ONCE])
                query = select(*columns).join(_submissions, of.tag == it.tag).where(it.account == account, some)
                for row in connection.execute(query).mappings():
                    values = dict(row)
                    outgoing_id = values.pop("outgoing_id")
                    found[outgoing_id] = SentMessage(**values)
        return found

    def to_numbers(
        self, account: str, numbers: Sequence[str], *, since: datetime, until: datetime, with_sender: bool = False
    ) -> dict[str, list[SentMessage]]:
        """Find the collected messages that some people got and could answer, by their numbers.

        :param numbers: E.164.
        :param since: OVH made the message then or later, and not after ``until``.
        :param with_sender: also messages with a named sender, which take a STOP and no other answer.
        """
        it, of = _messages.c, _submissions.c
        columns = it.receiver, it.tag, of.campaign, of.dag_id, of.run_id, it.created_at.label("at")
        found: dict[str, list[SentMessage]] = {}
        with self.database.reading() as connection:
            for start in range(0, len(numbers), _AT_ONCE):
                query = (
                    select(*columns)
                    .join(_submissions, of.tag == it.tag)
                    .where(it.account == account, it.created_at.between(since, until))
                    .where(it.receiver.in_(numbers[start : start + _AT_ONCE]))
                )
                if not with_sender:  # a message with a name for its sender cannot be answered; the short number is none
                    query = query.where(of.sender == "")
                for row in connection.execute(query).mappings():
                    values = dict(row)
                    found.setdefault(values.pop("receiver"), []).append(SentMessage(**values))
        return found

    def not_collected(
        self, account: str, *, since: datetime, until: datetime, with_sender: bool = False
    ) -> list[ListedBatch]:
        """List the batches that can be answered and whose messages are not in the results, with their lists.

        :param since: they were claimed then or later, and not after ``until``.
        :param with_sender: also batches with a named sender, which take a STOP and no other answer.
        """
        it, of, its = _attempts.c, run_batches.c, _lists.c
        collected = select(_submissions.c.tag).where(_submissions.c.collected_at.is_not(None))
        query = (
            select(it.tag, it.campaign, it.dag_id, it.run_id, it.claimed_at.label("at"))
            .add_columns(its.folder, its.content, of.batch)
            .add_columns(it.snapshot["submitted_path"].as_string().label("submitted_path"))
            .join(run_batches, of.tag == it.tag)
            .join(_lists, and_(its.list_tag == of.list_tag, its.dag_id == it.dag_id, its.run_id == it.run_id))
            .where(it.account == account, it.kind == BATCH, it.state.not_in(OVER))
            .where(it.claimed_at.between(since, until), it.tag.not_in(collected))
        )
        with self.database.reading() as connection:
            rows = [dict(row) for row in connection.execute(query.order_by(it.claimed_at, it.tag)).mappings()]
        return [
            ListedBatch(
                sent=SentMessage(**{name: row[name] for name in ("tag", "campaign", "dag_id", "run_id", "at")}),
                folder=row["folder"],
                batch=row["batch"],
                submitted_path=row["submitted_path"] or "",
            )
            for row in rows
            if with_sender or row["content"].get("sender_for_response")
        ]

    def folders(self, runs: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
        """List the folders of the prepared lists of some runs."""
        found: dict[tuple[str, str], list[str]] = {}
        with self.database.reading() as connection:
            for dag_id, run_id in sorted(set(runs)):
                query = select(_lists.c.folder).where(_lists.c.dag_id == dag_id, _lists.c.run_id == run_id)
                found[dag_id, run_id] = list(connection.execute(query.order_by(_lists.c.list_tag)).scalars())
        return found


def _answers(account: str, tags: Sequence[str]) -> Select[Any]:
    """Select the answers to replies of known runs."""
    of, to = _attempts.c, inbound.c
    same_reply = and_(answers.c.account == to.account, answers.c.inbound_id == to.inbound_id)
    query = (
        select(of.tag, to.campaign, to.dag_id, to.run_id, of.claimed_at.label("at"))
        .join_from(_attempts, answers, answers.c.tag == of.tag)
        .join(inbound, same_reply)
    )
    here = (of.account == account, of.kind == ANSWER, of.tag.in_(tags), to.campaign.is_not(None))
    return query.where(*here).order_by(of.attempt)
