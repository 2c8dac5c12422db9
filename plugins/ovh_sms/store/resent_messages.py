"""Failed messages and their resends: each failure is sent again once at most, and only while it is a temporary one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, false, func, insert, or_, select, update

from ovh_sms.errors import DuplicateSubmission, RequestChanged
from ovh_sms.messaging.delivery_status import FINAL_RECEIPTS, DeliveryStatus, is_temporary
from ovh_sms.store import tables
from ovh_sms.store.account_lock import lock_account
from ovh_sms.store.models import BATCH, OVER, Attempt
from ovh_sms.store.published_lists import has_started
from ovh_sms.store.repository import Repository
from ovh_sms.store.resend_tables import resent_messages as _table
from ovh_sms.store.resends import Resend, resend_of

if TYPE_CHECKING:
    from ovh_sms.contacts.classify.receiver_digests import Digests

_messages, _submissions, _attempts = tables.messages, tables.submissions, tables.attempts
_it = _table.c
_LOST = (DeliveryStatus.FAILED.value, DeliveryStatus.EXPIRED.value)
_AT_ONCE = 10_000
_CHANGED = "Nothing was sent. Clear the task that prepares the list, and what follows it."


class FailedMessage(NamedTuple):
    """A message that has finally failed, and may be delivered another time."""

    tag: str
    outgoing_id: int
    receiver: str
    segments: int


@dataclass(frozen=True, kw_only=True)
class PlannedResend:
    """A failed message on the list of a resend.

    :param outgoing_id: OVH's id of the failed message.
    :param batch: number of the batch of the resend's list.
    :param digest: keyed, of number and message, as a signed integer.
    """

    outgoing_id: int
    batch: int
    digest: int


class ResentMessages(Repository):
    """Failed messages by the resend that sends them again."""

    def failures(self, dag_id: str, run_id: str, *, but: str = "") -> Iterator[FailedMessage]:
        """Read the messages of a run that failed for a temporary reason and are not resent, the first one first.

        Their delivery receipts are final and collected. A failure that a resend has claimed is left out.

        :param but: id of the resend whose own claims do not count.
        """
        it = _messages.c
        with self.database.reading() as connection:
            tags = _collected(connection, dag_id, run_id)
            query = (
                select(it.tag, it.outgoing_id, it.receiver, it.segments)
                .where(it.tag.in_(tags), _is_temporary(connection, it.tag.in_(tags)), ~_has_reached())
                .where(~exists().where(_is_claimed(but), _it.account == it.account, _it.outgoing_id == it.outgoing_id))
                .where(~_twin_is_claimed(but))
                .order_by(it.tag, it.outgoing_id)
            )
            for row in connection.execution_options(yield_per=_AT_ONCE).execute(query):
                yield FailedMessage(*row)

    def purged(self, dag_id: str, run_id: str) -> bool:
        """Return whether messages of a run were purged."""
        it = _submissions.c
        query = select(exists().where(it.dag_id == dag_id, it.run_id == run_id, it.purged_at.is_not(None)))
        with self.database.reading() as connection:
            return bool(connection.execute(query).scalar())

    def plan(self, resend: Resend, rows: Sequence[PlannedResend]) -> None:
        """Record the failed messages on the list of a resend, in place of those on an earlier list of it.

        The list may be another one as long as no batch of its run is at OVH, or may be: from then on what the run has
        claimed stays.
        """
        values = [{"resend": resend.resend, "account": resend.account, **asdict(each)} for each in rows]
        with self.database.writing(durable=True) as connection:
            lock_account(connection, resend.account)
            if has_started(connection, resend.dag_id, resend.run_id):
                return
            connection.execute(delete(_table).where(_it.resend == resend.resend))
            for start in range(0, len(values), _AT_ONCE):
                connection.execute(insert(_table), values[start : start + _AT_ONCE])

    def link(self, tag: str) -> None:
        """Record which messages went out in place of the failed ones; for a batch that is collected."""
        failed, sent = _messages.alias("failed"), _messages.alias("sent")
        same = and_(
            failed.c.account == _it.account,
            failed.c.outgoing_id == _it.outgoing_id,
            sent.c.tag == _it.tag,
            sent.c.receiver == failed.c.receiver,
        )
        found = select(func.max(sent.c.outgoing_id)).where(same).correlate(_table).scalar_subquery()
        with self.database.writing() as connection:
            here = _it.tag == tag, _it.resent_id.is_(None)
            connection.execute(update(_table).where(*here).values(resent_id=found))

    def failed_ids(self, tag: str) -> dict[int, int]:
        """Read OVH's ids of the failed messages that a batch sent again, by the ids of its own messages."""
        query = select(_it.resent_id, _it.outgoing_id).where(_it.tag == tag, _it.resent_id.is_not(None))
        with self.database.reading() as connection:
            return {row.resent_id: row.outgoing_id for row in connection.execute(query)}


def claim_failures(connection: Connection, attempt: Attempt, digests: Digests | None) -> None:
    """Claim the failures that a batch of a resend sends again; in the transaction that claims its attempt.

    A batch of any other run is left alone.

    :param digests: of the batch's receivers; ``None`` if they are not known.
    :raises RequestChanged: the batch is not that of the failures, or they are none any more.
    :raises DuplicateSubmission: another resend has sent some of them again, or may have.
    """
    resend = resend_of(connection, attempt.dag_id, attempt.run_id) if attempt.kind == BATCH else None
    if resend is None:
        return
    batch = int((attempt.snapshot or {}).get("batch", 1))
    mine = and_(_it.resend == resend.resend, _it.batch == batch)
    _refuse_others(connection, mine, digests)
    failed = and_(_it.account == _messages.c.account, _it.outgoing_id == _messages.c.outgoing_id)
    is_temporary_still = _is_temporary(connection, _messages.c.tag.in_(_tags_of(mine)))
    is_failed = exists().where(failed, is_temporary_still, ~_has_reached())
    changed = connection.execute(select(func.count()).select_from(_table).where(mine, ~is_failed)).scalar_one()
    if changed:
        raise RequestChanged(
            f"{changed} messages that were to be sent again are no temporary failures any more, or were removed.",
            action=_CHANGED,
        )
    other = _table.alias("other")
    claimed = and_(
        other.c.account == _it.account, other.c.outgoing_id == _it.outgoing_id, other.c.resend != resend.resend
    )
    live = exists().where(_attempts.c.tag == other.c.tag, _attempts.c.state.not_in(OVER))
    again = select(func.count()).select_from(_table).where(mine, exists().where(claimed, live))
    repeated = connection.execute(again).scalar_one()
    if repeated:
        raise DuplicateSubmission(
            f"{repeated} failed messages were sent again by another resend already, or may have been.",
            action=f"{_CHANGED} Then the others are sent.",
        )
    connection.execute(update(_table).where(mine).values(tag=attempt.tag))


def forget_failures(connection: Connection, tag: str) -> None:
    """Forget the resends of a submission's messages, which are about to be purged: nothing can resend them then."""
    same = and_(_messages.c.account == _it.account, _messages.c.outgoing_id == _it.outgoing_id)
    connection.execute(delete(_table).where(exists().where(same, _messages.c.tag == tag)))


def _refuse_others(connection: Connection, mine: ColumnElement[bool], digests: Digests | None) -> None:
    """Refuse a batch with receivers who are not those of the failures."""
    import numpy as np

    known = np.fromiter(connection.execute(select(_it.digest).where(mine)).scalars(), dtype=np.int64)
    others = None if digests is None else int((~np.isin(digests, known.view(np.uint64))).sum())
    if others is None or others or not len(known):
        raise RequestChanged(
            "This run resends failed messages, and this batch is not made of them alone"
            f"{'' if others is None else f': others={others}'}.",
            action=_CHANGED,
        )


def _collected(connection: Connection, dag_id: str, run_id: str) -> list[str]:
    it = _submissions.c
    query = select(it.tag).where(it.dag_id == dag_id, it.run_id == run_id, it.collected_at.is_not(None))
    return list(connection.execute(query.order_by(it.tag)).scalars())


def _tags_of(mine: ColumnElement[bool]) -> Any:
    """The submissions whose messages failed."""
    same = and_(_messages.c.account == _it.account, _messages.c.outgoing_id == _it.outgoing_id)
    return select(_messages.c.tag).join(_table, same).where(mine).distinct()


def _is_temporary(connection: Connection, where: ColumnElement[bool]) -> ColumnElement[bool]:
    """Select the final failures among some messages that may be different another time."""
    it = _messages.c
    lost = and_(it.delivery_status.in_(_LOST), it.delivery_receipt.in_(FINAL_RECEIPTS))
    ends = connection.execute(select(it.delivery_status, it.operator_code).where(where, lost).distinct()).all()
    kinds = [
        and_(it.delivery_status == status, it.operator_code == code)
        for status, code in ends
        if is_temporary(code, DeliveryStatus(status))
    ]
    return and_(lost, or_(*kinds)) if kinds else false()


def _has_reached() -> ColumnElement[bool]:
    """Select messages whose person may have got the same one: a proxy that repeats a request makes each twice."""
    twin = _messages.alias("twin")
    is_over = and_(twin.c.delivery_status.in_(_LOST), twin.c.delivery_receipt.in_(FINAL_RECEIPTS))
    return exists().where(_same_person(twin), is_over.is_not(True)).correlate(_messages)


def _twin_is_claimed(but: str) -> ColumnElement[bool]:
    """Select messages that were made twice, and whose other one a resend has sent again, or may have."""
    twin = _messages.alias("twin")
    same = and_(_it.account == twin.c.account, _it.outgoing_id == twin.c.outgoing_id)
    return exists().where(_same_person(twin), same, _is_claimed(but)).correlate(_messages)


def _same_person(twin: Any) -> ColumnElement[bool]:
    """Join a message with another one of its batch to the same person: a batch has one text for each."""
    it = _messages.c
    return and_(twin.c.tag == it.tag, twin.c.receiver == it.receiver, twin.c.outgoing_id != it.outgoing_id)


def _is_claimed(but: str) -> ColumnElement[bool]:
    """Select the failures that a resend has sent again, or may have."""
    live = exists().where(_attempts.c.tag == _it.tag, _attempts.c.state.not_in(OVER))
    return and_(_it.tag.is_not(None), _it.resend != but, live)
