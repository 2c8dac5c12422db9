"""The journal: each attempt at one write, claimed by one process alone before it is made."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, not_, select, update

from ovh_sms.errors import ConfigurationError
from ovh_sms.store import tables
from ovh_sms.store.account_lock import lock_all, shared_time
from ovh_sms.store.attempt_metrics import AttemptChange, change_of
from ovh_sms.store.attempt_queries import COLUMNS, LIVE, AttemptQueries
from ovh_sms.store.attempt_receivers import ClaimedReceivers, check_and_record, record
from ovh_sms.store.campaign_approvals import refuse_unapproved
from ovh_sms.store.duplicate_guard import check_not_duplicate, is_live_elsewhere
from ovh_sms.store.held_runs import refuse_held
from ovh_sms.store.identity import refuse_forgotten
from ovh_sms.store.models import (
    BATCH,
    MESSAGES,
    NOT_EXECUTED,
    PENDING,
    REFUSED,
    SUCCEEDED,
    UNKNOWN,
    Attempt,
    Resolution,
)
from ovh_sms.store.need_guard import locked_names, refuse_second_deposit
from ovh_sms.store.number_checks import refuse_second_check
from ovh_sms.store.opt_out_digests import OptOutsRead, refuse_opted_out
from ovh_sms.store.paced_batches import take_place
from ovh_sms.store.paced_records import BatchClaim
from ovh_sms.store.pilots import refuse_before_pilot
from ovh_sms.store.published_lists import PlannedList, check_published
from ovh_sms.store.resent_messages import claim_failures
from ovh_sms.store.upsert import insert_missing

log = logging.getLogger(__name__)

#: The columns that make a write this one, beside its tag.
IDENTITY = ("dag_id", "run_id", "account", "list_digest", "message_digest")

_table = tables.attempts
_UNDECIDED = _table.c.state.in_((PENDING, REFUSED, UNKNOWN))


class Attempts(AttemptQueries):
    """Attempts by tag and number. At most one attempt of a tag is live: at OVH, or perhaps there."""

    def claim(
        self,
        attempt: Attempt,
        *,
        in_flight_window: timedelta,
        duplicate_window: timedelta | None = None,
        receivers: ClaimedReceivers | None = None,
        published: PlannedList | None = None,
        run_after: datetime | None = None,
        opt_outs: OptOutsRead | None = None,
        paced: BatchClaim | None = None,
    ) -> bool:
        """Claim an attempt before it is made: one transaction keeps out every other process of the account.

        :param attempt: its holder gets it again if it asks again.
        :param in_flight_window: how long a pending batch keeps other runs of its campaign waiting, and a pending order
            or transfer others for its account.
        :param duplicate_window: how long the same message does not go to the same list again, if nobody knows whom the
            list holds; ``None`` if it may.
        :param receivers: of the batch: nobody of them gets the message from another run as well.
        :param published: the list and content that the batch is sent with: the claim freezes them for the run.
        :param run_after: of a batch or an answer: its run has sent nothing before this moment.
        :param opt_outs: those that the receivers of the batch were compared with.
        :param paced: the place of the batch in its list, whose run may have a pace.
        :returns: whether this holder may make the attempt; if not, another process has or had it, or has started a
            later one, or the batch is known to be at OVH: reconcile it.
        :raises DuplicateSubmission: another run sent the message to some of the receivers, or may have; or another
            batch had the same message and list.
        :raises SubmissionInFlight: another run of the campaign, or to some of the receivers, is submitting right now;
            or another order or transfer for the account is under way.
        :raises NeedCovered: another order or transfer covers the need, or may.
        :raises RunHeld: a person must decide, or decided that nothing is sent; ``RunCancelled``: they cancelled it.
        :raises ScheduleTooOld: the run began before the database was restored.
        :raises RequestChanged: another list or content is published; ``CampaignNotApproved``: nobody has approved it.
        :raises ClaimOutdated: a receiver has just opted out, or the run waits for its pilot or its pace.
        :raises ConfigurationError: the tag is another batch's.
        """
        with self.database.writing(durable=True) as connection:
            lock_all(connection, locked_names(attempt))
            held = _is_held(connection, attempt)
            if held is not None or is_live_elsewhere(connection, attempt):
                return held is True
            if attempt.kind in MESSAGES:
                _refuse_messages(connection, attempt, run_after, opt_outs, paced)
            if published is not None:
                refuse_unapproved(connection, attempt, published, check_published(connection, attempt, published))
            now = shared_time(connection, self.clock)
            if attempt.kind == BATCH:
                check_not_duplicate(
                    connection, attempt, now, duplicate_window=duplicate_window, in_flight_window=in_flight_window
                )
            else:
                _refuse_second(connection, attempt, now, window=in_flight_window)
            claim_failures(connection, attempt, receivers.digests if receivers else None)
            if receivers is not None:
                _record_receivers(connection, attempt, receivers, now)
            insert_missing(connection, _table, asdict(attempt) | {"state": PENDING, "claimed_at": now})
            # The key alone decides, should two accounts ever use one tag.
            return _is_held(connection, attempt) is True

    def succeed(
        self,
        tag: str,
        attempt: int,
        *,
        answer: Mapping[str, Any] | None = None,
        message_ids: Sequence[int] | None = None,
    ) -> bool:
        """Record that an attempt reached OVH; repeating it is harmless, and the first answer stays.

        :returns: whether the attempt has succeeded now; ``False`` if there is none.
        """
        here = _one(tag, attempt)
        with self.database.writing(durable=True) as connection:
            open_yet = and_(here, _table.c.state != SUCCEEDED)
            changed = connection.execute(update(_table).where(open_yet).values(state=SUCCEEDED)).rowcount
            found = {
                "answer": None if answer is None else dict(answer),
                "message_ids": None if message_ids is None else list(message_ids),
            }
            for name, value in found.items():
                if value is not None:
                    first = and_(here, _table.c[name].is_(None))
                    connection.execute(update(_table).where(first).values({name: value}))
            change = change_of(connection, here, changed)
        return _recorded(change) == SUCCEEDED

    def mark_not_executed(self, tag: str, attempt: int) -> bool:
        """Record that an attempt did not reach OVH; one that succeeded, or that a person resolved as sent, stays so.

        :returns: whether the attempt is not executed now; ``False`` if there is none.
        """
        here = _one(tag, attempt)
        is_sent = _table.c.resolution["way"].as_string() == "sent"
        with self.database.writing(durable=True) as connection:
            undecided = and_(here, _UNDECIDED, is_sent.is_not(True))
            changed = connection.execute(update(_table).where(undecided).values(state=NOT_EXECUTED)).rowcount
            change = change_of(connection, here, changed)
        return _recorded(change) == NOT_EXECUTED

    def mark_refused(self, tag: str, attempt: int) -> None:
        """Record that OVH refused an attempt, unless it was decided meanwhile."""
        here = _one(tag, attempt)
        pending = and_(here, _table.c.state == PENDING)
        with self.database.writing(durable=True) as connection:
            changed = connection.execute(update(_table).where(pending).values(state=REFUSED)).rowcount
            change = change_of(connection, here, changed)
        _recorded(change)

    def observe(self, tag: str, attempt: int, observations: Sequence[Mapping[str, Any]]) -> None:
        """Store what was observed of an attempt at OVH since its answer was lost."""
        with self.database.writing() as connection:
            values = {"observations": [dict(each) for each in observations]}
            connection.execute(update(_table).where(_one(tag, attempt)).values(values))

    def ask(self, tag: str, attempt: int, question: Mapping[str, Any]) -> bool:
        """Store that only a person can decide about an attempt; an answer to an earlier question counts no more.

        :returns: whether the outcome is unknown now; ``False`` if it was decided meanwhile.
        """
        here = _one(tag, attempt)
        with self.database.writing(durable=True) as connection:
            not_asked = and_(here, _table.c.state.in_((PENDING, REFUSED)))
            changed = connection.execute(update(_table).where(not_asked).values(state=UNKNOWN)).rowcount
            undecided = and_(here, _UNDECIDED)
            values = {"state": UNKNOWN, "question": dict(question), "resolution": None}
            connection.execute(update(_table).where(undecided).values(values))
            change = change_of(connection, here, changed)
        return _recorded(change) == UNKNOWN

    def resolve(self, tag: str, code: str, resolution: Resolution) -> Attempt:
        """Store a person's resolution of an unknown outcome.

        :param code: names the question.
        :raises ConfigurationError: no outcome with this tag is unknown, the question is another one, it was resolved
            already, or credits witness against ``send``.
        """
        with self.database.writing(durable=True) as connection:
            query = select(*COLUMNS).where(_table.c.tag == tag, _table.c.state == UNKNOWN)
            row = connection.execute(query).mappings().first()
            attempt = Attempt(**row) if row else None
            resolution.check(tag, code, attempt)
            assert attempt is not None  # noqa: S101 - just checked
            here = _one(tag, attempt.attempt)
            connection.execute(update(_table).where(here).values(resolution=asdict(resolution) | {"code": code}))
            return attempt


def _refuse_second(connection: Connection, attempt: Attempt, now: datetime, *, window: timedelta) -> None:
    """Refuse a second deposit for a need, and checks of numbers beside others."""
    refuse_second_deposit(connection, attempt, now, window=window)
    refuse_second_check(connection, attempt, now, window=window)


def _refuse_messages(
    connection: Connection,
    attempt: Attempt,
    run_after: datetime | None,
    opt_outs: OptOutsRead | None,
    paced: BatchClaim | None,
) -> None:
    """Refuse messages of a run that is held, forgotten or too early, and those to somebody who has just opted out."""
    refuse_forgotten(connection, run_after)
    refuse_held(connection, attempt.dag_id, attempt.run_id)
    if opt_outs is not None:
        refuse_opted_out(connection, opt_outs)
    if paced is not None:
        refuse_before_pilot(connection, attempt, paced)
        take_place(connection, attempt, paced)


def _record_receivers(connection: Connection, attempt: Attempt, receivers: ClaimedReceivers, now: datetime) -> None:
    """Record the receivers of an attempt; those of a batch are checked first, as an answer is no repetition."""
    about = {"tag": attempt.tag, "attempt": attempt.attempt}
    if attempt.kind != BATCH:
        record(connection, receivers.rule, digests=receivers.digests, claimed_at=now, **about)  # type: ignore[arg-type]
        return
    again = check_and_record(connection, receivers, now=now, **about)  # type: ignore[arg-type]
    if again:
        log.warning("forced: receivers_again=%d tag=%s", again, attempt.tag)


def _equal(wanted: Attempt, *names: str) -> list[ColumnElement[bool]]:
    return [_table.c[name] == getattr(wanted, name) for name in names]


def _one(tag: str, attempt: int) -> ColumnElement[bool]:
    return and_(_table.c.tag == tag, _table.c.attempt == attempt)


def _recorded(change: AttemptChange | None) -> str | None:
    """Record a committed change in the metrics; returns the state that the attempt has now."""
    if change is None:
        return None
    change.record()
    return change.state


def _is_held(connection: Connection, wanted: Attempt) -> bool | None:
    """``True`` if this holder has the attempt, ``False`` if nobody may claim it any more, ``None`` if it is free."""
    _refuse_foreign_tag(connection, wanted)
    query = select(_table.c.attempt, _table.c.holder, _table.c.state).where(_table.c.tag == wanted.tag)
    for attempt, holder, state in connection.execute(query):
        if attempt == wanted.attempt:
            # Closed is closed, for its holder too: another process may have started the next attempt.
            return bool(holder == wanted.holder and state == PENDING)
        if attempt > wanted.attempt or state != NOT_EXECUTED:  # an earlier one may still be on its way
            return False
    return None


def _refuse_foreign_tag(connection: Connection, wanted: Attempt) -> None:
    same = and_(*_equal(wanted, *IDENTITY))
    query = select(_table.c.run_id, _table.c.dag_id).where(_table.c.tag == wanted.tag, LIVE, not_(same))
    other = connection.execute(query).first()
    if other is not None:
        raise ConfigurationError(
            f"The tag {wanted.tag} is that of another batch: of run {other.run_id} of {other.dag_id}, or of another "
            "message or list.",
            action="Nothing was sent. A tag of your own must never have been used before: give each task another one.",
        )
