"""Sends the rows of the outbox that are due, each at most once, even if the process is killed."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import (
    AccountExpired,
    AuthenticationError,
    DeadlineMissed,
    InsufficientCredits,
    MissingRight,
    NotFound,
    OutcomeUnknown,
    OutOfCredits,
    OvhSmsError,
    ResolutionRequired,
    ScheduleTooOld,
    Unavailable,
)
from ovh_sms.idempotency.account_records import AccountRecords
from ovh_sms.idempotency.journal import ClaimRules, Journal, WriteIdentity
from ovh_sms.idempotency.protocol import OnceOnlyWrite, ReconcileWait
from ovh_sms.outbox.costs import RowCosts
from ovh_sms.outbox.group_answer import row_ends
from ovh_sms.outbox.group_post import GroupPost
from ovh_sms.outbox.nothing_to_send import NobodyLeft, OutOfHours, RefusedBefore, SentBefore
from ovh_sms.outbox.plan import RowPlanner
from ovh_sms.outbox.round_witness import RoundWitness
from ovh_sms.outbox.row_reasons import RowReason
from ovh_sms.sending.opted_out import OptedOutPeople
from ovh_sms.store.models import OUTBOX, OUTBOX_DAG
from ovh_sms.store.outbox_records import PENDING, REFUSED, UNKNOWN, RowEnd

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.store.outbox_records import OutboxRow
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: Rows that one plan takes at most.
MOST_ROWS = 20_000
#: New rows are read this often while groups are sent: an urgent one overtakes those that wait.
PLAN_EVERY = timedelta(seconds=2)
#: While a worker lingers, it reads new rows this often.
LINGER_EVERY = timedelta(seconds=0.5)
#: Another worker takes a group over after this time.
LEASE = timedelta(minutes=2)
#: A group that OVH could not take now is tried again after this time: OVH was away, or the account cannot pay.
AWAY, CANNOT_SEND = timedelta(seconds=15), timedelta(minutes=5)
#: A row that no worker of its account has taken for so long has none.
UNTAKEN = timedelta(minutes=10)
#: The clocks of OVH and of the results may differ by so much.
CLOCKS_DIFFER = timedelta(minutes=10)
#: OVH lists the messages of a group that it did not list while it was reconciled.
LISTED_LATE = "listed_late"
RECONCILING = "reconciling"
#: It is night where the receivers of advertising are.
OUT_OF_HOURS = "out_of_hours"
_REFUSED = RowReason.OVH_REFUSAL.value
#: Errors after which no other group can be sent either.
_OF_ACCOUNT = (InsufficientCredits, OutOfCredits, AccountExpired, AuthenticationError, MissingRight, NotFound)


@dataclass(kw_only=True)
class OutboxCounts:
    """The work of one worker: rows by their state, groups, and credits; no number and no text."""

    account: str
    groups: int = 0
    by_state: Counter[str] = field(default_factory=Counter)
    credits_spent: float = 0.0

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values."""
        rows = dict(sorted(self.by_state.items()))
        return {"account": self.account, "groups": self.groups, "rows": rows, "credits_spent": self.credits_spent}


@dataclass(kw_only=True)
class OutboxDispatcher:
    """Sends the rows of one account. Several may work at once: the journal alone gives the right to send a group.

    A group whose outcome is not known yet keeps none of the others waiting: it is observed again later.

    :param takes_unnamed: also send the rows that name no account.
    :param declared_countries: countries in which the senders are declared.
    """

    client: OvhSmsClient
    store: Store
    task: TaskTry
    policy: ReconcilePolicy
    clock: Clock
    takes_unnamed: bool = True
    declared_countries: Sequence[str] = ()
    _errors: list[OvhSmsError] = field(default_factory=list, init=False)
    _witnesses: dict[str, RoundWitness] = field(default_factory=dict, init=False)

    def run(self, *, linger: timedelta = timedelta(0), longest: timedelta = timedelta(minutes=10)) -> OutboxCounts:
        """Send what is due.

        :param linger: wait so long for new rows once some were sent and none is left.
        :param longest: end after this time; what is left is still due.
        :returns: what was done by this worker.
        :raises ResolutionRequired: only a person can decide whether OVH accepted a group; the others were sent.
        :raises ApiError: the account cannot send now, or OVH is unavailable; what is left is tried again later.

        Source: POST ``/sms/{serviceName}/jobs``.
        """
        counts, self._errors = OutboxCounts(account=self.client.account_name), []
        self.store.outbox.hold_untaken(
            counts.account, takes_unnamed=self.takes_unnamed, waited=UNTAKEN, until=CANNOT_SEND
        )
        try:
            self._work(counts, linger, longest)
        except OvhSmsError as error:
            self._errors.append(error)
        # A question to a person is asked once: it comes before an error that goes by itself.
        for found in sorted(self._errors, key=lambda each: not isinstance(each, ResolutionRequired)):
            raise found
        return counts

    def _work(self, counts: OutboxCounts, linger: timedelta, longest: timedelta) -> None:
        """Plan and send until nothing is due."""
        started = self.clock.monotonic()
        planned_at, idle_since = -float("inf"), started
        while (now := self.clock.monotonic()) - started < longest.total_seconds():
            if now - planned_at >= PLAN_EVERY.total_seconds():
                self._planner.plan(limit=MOST_ROWS)
                planned_at = now
            tag = self.store.outbox.lease_next(self.client.account_name, until=self.clock.now() + LEASE)
            if tag is not None:
                self._send(tag, counts)
                idle_since = self.clock.monotonic()
            elif planned_at != now:  # rows may have come meanwhile
                planned_at = -float("inf")
            elif not counts.groups or now - idle_since >= linger.total_seconds():
                break
            else:
                self.clock.sleep(LINGER_EVERY.total_seconds())
                planned_at = -float("inf")

    def warm_up(self) -> None:
        """Read before any row comes what its group needs, at most every few minutes: the row leaves sooner."""
        self.client.account.known_credentials()
        self._planner.read_account()
        self._witness_of("").warm_up()

    def _send(self, tag: str, counts: OutboxCounts) -> None:
        """Send one group, or go on with what another worker left; note what became of its rows."""
        rows = self.store.outbox.rows_of(tag)
        waiting = [row for row in rows if row.state in (PENDING, UNKNOWN)]
        if not waiting:
            return
        ends = self._ends(tag, rows, waiting)
        if ends is None:
            return
        self.store.outbox.end(ends)
        counts.groups += 1
        counts.by_state.update(end.state for end in ends.values())
        counts.credits_spent += sum(end.credits or 0.0 for end in ends.values())
        states = Counter(end.state for end in ends.values())
        log.info("group tag=%s %s", tag, " ".join(f"{state}={n}" for state, n in sorted(states.items())))

    def _ends(self, tag: str, rows: Sequence[OutboxRow], waiting: Sequence[OutboxRow]) -> Mapping[int, RowEnd] | None:
        """Send a group, and return the end of each of its rows; ``None`` if that is not known yet."""
        once = self._once(tag, rows, waiting)
        post: GroupPost = once.write  # type: ignore[assignment]
        if post.client.user and "" in self._witnesses:
            # What a quota holds changes: a reading of the account from before would explain nothing.
            self._witnesses[""].forget()
        try:
            self.client.account.require("outbox")
            return row_ends(once.run())
        except RefusedBefore:
            return {row.id: RowEnd(REFUSED, _REFUSED) for row in waiting}
        except NobodyLeft:
            if once.journal.live() is None:
                return {row: RowEnd(*end) for row, end in post.left_out.items()}
            self._wait(post, self.policy.deferred_interval)  # another worker sends it after all
        except (SentBefore, ScheduleTooOld) as error:
            return self._sent_before(tag, waiting, all_of_them=isinstance(error, SentBefore))
        except (OutOfHours, ReconcileWait) as wait:
            self._wait(post, wait.wait, reason=OUT_OF_HOURS if isinstance(wait, OutOfHours) else RECONCILING)
        except ResolutionRequired as error:
            self._forget_readings()
            self.store.outbox.ask(tag)
            self._errors.append(error)
        except OutcomeUnknown as unknown:
            log.warning("%s", unknown)
            self._wait(post, self.policy.deferred_interval)
        except OvhSmsError as error:
            self._note_failure(post, error)
        return None

    def _sent_before(self, tag: str, waiting: Sequence[OutboxRow], *, all_of_them: bool) -> dict[int, RowEnd]:
        """Return the ends of rows that OVH has, or may have. Those of a group that came after a restoration wait."""
        if self.store.attempts.all(tag):  # OVH lists what it had not listed when an attempt was closed
            return {row.id: RowEnd(UNKNOWN, LISTED_LATE) for row in waiting}
        restored_at = None if all_of_them else self.store.identity.restored_at()
        old = [row for row in waiting if restored_at is None or row.queued_at - CLOCKS_DIFFER <= restored_at]
        return {row.id: RowEnd(REFUSED, RowReason.BEFORE_RESTORE.value) for row in old}

    def _note_failure(self, post: GroupPost, error: OvhSmsError) -> None:
        """Note that a group was not sent, or that OVH refused it, and when it needs work again.

        A proxy may have repeated what OVH refused: only once OVH shows nothing of it, its rows are refused.

        :raises OvhSmsError: no other group can be sent either.
        """
        of_account = isinstance(error, _OF_ACCOUNT)
        # The quota of a user, or its deletion, keeps nobody else from sending.
        ends_round = isinstance(error, Unavailable | DeadlineMissed) or (of_account and not post.client.user)
        pause, reason = CANNOT_SEND, "account_cannot_send" if of_account else "failed"
        if isinstance(error, Unavailable | DeadlineMissed):
            pause, reason = AWAY, "ovh_unavailable"
        elif post.was_refused:  # observed soon: credits that come meanwhile would hide those of the group
            pause = self.policy.deferred_interval
            reason = reason if ends_round or of_account else _REFUSED
        self.store.outbox.postpone(post.tag, self.clock.now() + pause, reason=reason)
        log.warning("group tag=%s is not sent now (%s): %s", post.tag, reason, error)
        if ends_round:
            raise error
        if reason != _REFUSED:
            self._errors.append(error)

    def _wait(self, post: GroupPost, wait: timedelta, *, reason: str = RECONCILING) -> None:
        self._forget_readings()
        if post.refused_before:
            reason = _REFUSED
        self.store.outbox.postpone(post.tag, self.clock.now() + wait, reason=reason)

    def _once(self, tag: str, rows: Sequence[OutboxRow], waiting: Sequence[OutboxRow]) -> OnceOnlyWrite:
        identity = WriteIdentity(
            tag=tag, kind=OUTBOX, campaign="", dag_id=OUTBOX_DAG, run_id=tag, account=self.client.account_name
        )
        rules = ClaimRules(run_after=min(row.queued_at for row in waiting) - CLOCKS_DIFFER)
        journal = Journal(self.store, identity, rules, self.clock)
        user = rows[0].user  # the rows of a group share it
        write = GroupPost(
            tag=tag,
            rows=rows,
            waiting=waiting,
            opted_out=self._opted_out,
            witness=self._witness_of(user),
            costs=self._costs,
            client=self.client.as_user(user),
            journal=journal,
            clock=self.clock,
            quiet_period=self.policy.quiet_period,
            refused_before=waiting[0].reason == _REFUSED,
        )
        return OnceOnlyWrite(write=write, journal=journal, task=self.task, policy=self.policy, clock=self.clock)

    @cached_property
    def _opted_out(self) -> OptedOutPeople:
        return OptedOutPeople(client=self.client, store=self.store, clock=self.clock)

    @cached_property
    def _costs(self) -> RowCosts:
        return RowCosts(client=self.client)

    @cached_property
    def _planner(self) -> RowPlanner:
        return RowPlanner(
            client=self.client,
            store=self.store,
            clock=self.clock,
            opted_out=self._opted_out,
            takes_unnamed=self.takes_unnamed,
            declared=self.declared_countries,
        )

    def _witness_of(self, user: str) -> RoundWitness:
        """The witness of what a user sends, or of what the account itself sends."""
        if user not in self._witnesses:
            records = AccountRecords(self.store, self.client.account_name, self.clock)
            self._witnesses[user] = RoundWitness(
                client=self.client.as_user(user), store=self.store, records=records, clock=self.clock
            )
        return self._witnesses[user]

    def _forget_readings(self) -> None:
        for each in self._witnesses.values():
            each.forget()
