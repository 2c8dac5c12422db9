"""The credits of a run: reserved on its account before anything is uploaded, or waited for, or refused with figures."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ovh_sms.contacts.preview.unicode_notes import credits_shown
from ovh_sms.errors import BudgetExceeded, InsufficientCredits, ScheduleTooOld
from ovh_sms.idempotency.remote_write import WriteWait
from ovh_sms.messaging.receiver_zones import PARIS
from ovh_sms.sending.schedule import MAX_LATENESS
from ovh_sms.sending.user_quota import owner_of
from ovh_sms.store.paced_records import PacedList
from ovh_sms.store.reservation_records import KnownReservations, MonthlyBudget, OtherReservation, WantedCredits

if TYPE_CHECKING:
    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.sending.schedule import Schedule
    from ovh_sms.store.last_runs import LastRun
    from ovh_sms.store.reservation_records import MonthUse, ReservationCheck
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: Credits stay reserved for so long after the run's last messages should have left: for outages, slots and retries.
RESERVED_AFTER = timedelta(days=2)
#: Time between two checks while a run waits for credits.
POLL_INTERVAL = timedelta(minutes=5)
_MOST_NAMED = 3


class CreditsWait(WriteWait):
    """The account holds too few credits for now. In between no process is needed.

    :param until: when the wait ends.
    :param wait: time until the next check.
    """

    def __init__(self, what: str, *, until: datetime, wait: timedelta) -> None:
        self.until = until
        self.wait = wait
        super().__init__(f"{what} Waiting for credits until {_moment(until)} at most.")


@dataclass(frozen=True, kw_only=True)
class CreditTerms:
    """The fields of a campaign's file about credits, beside the budget of a run.

    :param wait: for how long a run waits for credits; ``True``: as long as it is not too late; ``False``: not at all.
    :param budget_per_month: most credits that its runs may cost in a calendar month.
    :param timezone: whose months they are.
    """

    wait: timedelta | bool = False
    budget_per_month: float | None = None
    timezone: str = PARIS
    poll_interval: timedelta = POLL_INTERVAL

    @property
    def monthly(self) -> MonthlyBudget | None:
        """The budget of a month with its zone."""
        return MonthlyBudget(self.budget_per_month, self.timezone) if self.budget_per_month is not None else None


@dataclass(frozen=True, kw_only=True)
class RunCredits:
    """The credits of one run's list.

    :param list_tag: names the list within all runs.
    :param has_started: a batch of the run may be at OVH: what has started is finished.
    :param quota_of: login of the user whose quota pays; empty if the account pays.
    """

    store: Store
    list_tag: str
    dag_id: str
    run_id: str
    account: str
    terms: CreditTerms
    has_started: bool = False
    quota_of: str = ""

    @property
    def owner(self) -> str:
        """The owner of the credits, by which they are reserved: the account, or a user with a quota of its own."""
        return owner_of(self.account, self.quota_of)

    def of_quota(self, login: str) -> RunCredits:
        """Return the same of a user's quota, or of the account if the login is empty."""
        return replace(self, quota_of=login)

    def reserved_by_others(self) -> float:
        """Sum up the credits that other runs have reserved and not used yet."""
        others = self.store.reservations.others(self.owner)
        return sum(each.credits for each in others if (each.dag_id, each.run_id) != (self.dag_id, self.run_id))

    def known(self) -> KnownReservations:
        """Read what is reserved; call it before the account's credits are read."""
        return self.store.reservations.read(self.owner)

    def paced(self, prepared: PreparedList) -> PacedList:
        """Return the run's list as the store knows its pace."""
        return PacedList(dag_id=self.dag_id, run_id=self.run_id, digest=prepared.digest, account=self.account)

    def last_run(self) -> LastRun | None:
        """Return the last run of the same DAG that was sent, which this one is compared with."""
        return self.store.last_runs.before(self.dag_id, self.run_id)

    def reserve(
        self,
        prepared: PreparedList,
        known: KnownReservations,
        *,
        credits_left: float,
        now: datetime,
        leaves: Sequence[datetime],
        schedule: Schedule,
        shorter: str = "",
    ) -> ReservationCheck:
        """Reserve the credits of the run's batches.

        :param known: what was reserved before ``credits_left`` were read.
        :param now: OVH's time, aware.
        :param leaves: when its messages leave.
        :param shorter: how the message costs less.
        :raises BudgetExceeded: the campaign's month would cost more than its budget.
        :raises InsufficientCredits: the account holds too few beside those that other runs have reserved.
        :raises CreditsWait: the same, and the campaign waits for credits.
        """
        wanted = WantedCredits(
            list_tag=self.list_tag,
            dag_id=self.dag_id,
            run_id=self.run_id,
            account=self.owner,
            batches={each.digest: float(each.credits) for each in prepared.batches},
            lasts=max(timedelta(0), max(leaves, default=now) - now) + RESERVED_AFTER,
        )
        check = self.store.reservations.reserve(
            wanted, known, credits_left=credits_left, budget=self.terms.monthly, has_started=self.has_started
        )
        if check.is_reserved:
            counts = check.needed, check.credits_left, check.reserved_by_others
            log.info("credits reserved=%g credits_left=%g reserved_by_others=%g", *counts)
            return check
        if check.month is not None and check.month.is_exceeded:
            raise _over_budget(check.month)
        self._wait(check, now, schedule)
        raise _short(check, shorter=shorter, waits=bool(self.terms.wait))

    def late(self, error: ScheduleTooOld) -> ScheduleTooOld:
        """Add to the error of a run that is too late that it has waited for credits; the wait ends with it."""
        awaited = self.store.reservations.awaited(self.list_tag)
        if awaited is None:
            return error
        self.store.reservations.end_wait(self.list_tag)
        figures = _figures(awaited.needed, awaited.credits_left, awaited.reserved_by_others)
        return ScheduleTooOld(
            f"{error.what} It had waited for credits since {_moment(awaited.since)}: {figures}.", action=error.action
        )

    def _wait(self, check: ReservationCheck, now: datetime, schedule: Schedule) -> None:
        """Have the run wait, if its campaign says so and the time has not come to an end."""
        if not self.terms.wait:
            return
        since = check.waits_since or now
        ends = self._ends(since, schedule)
        if now >= ends:
            return
        self.store.reservations.await_credits(self.list_tag, since=since, until=ends)
        pause = min(self.terms.poll_interval, ends - now)
        raise CreditsWait(f"The campaign {_needs(check)}.", until=ends, wait=max(pause, timedelta(seconds=1)))

    def _ends(self, since: datetime, schedule: Schedule) -> datetime:
        wait = self.terms.wait
        if isinstance(wait, timedelta):
            return since + wait
        # A run by hand, or a backfill, is never late: it waits for as long as a scheduled one at most.
        planned = None if schedule.is_backfill else schedule.planned_at
        # Without hours, the task that sends knows how late it may be.
        most = MAX_LATENESS if schedule.max_lateness == timedelta.max else schedule.max_lateness
        return (planned if planned is not None else since) + most


def _short(check: ReservationCheck, *, shorter: str, waits: bool) -> InsufficientCredits:
    since = f" It has waited for credits since {_moment(check.waits_since)}." if check.waits_since else ""
    ways = [f"Order at least {credits_shown(check.missing)} credits"]
    ways += [f"or shorten the message ({shorter})"] if shorter else []
    ways += ["or wait until those runs have sent or ended"] if check.others else []
    later = "" if waits else " A campaign file with 'wait_for_credits' has its runs wait."
    return InsufficientCredits(
        f"The campaign {_needs(check)}.{since}",
        action=f"Nothing was sent. {', '.join(ways)}, then run the task again.{later}",
    )


def _needs(check: ReservationCheck) -> str:
    """Write the figures with the runs that have reserved credits."""
    figures = _figures(check.needed, check.credits_left, check.reserved_by_others)
    return f"{figures} by {_named(check.others)}" if check.others else figures


def _figures(needed: float, left: float, reserved: float) -> str:
    holds = f"costs {credits_shown(needed)} credits; the account holds {credits_shown(left)}"
    return f"{holds}, and {credits_shown(reserved)} of them are reserved" if reserved else holds


def _named(others: Sequence[OtherReservation]) -> str:
    shown = [
        f"a transfer to {each.transfer_to}" if each.transfer_to else f"run {each.run_id} of {each.dag_id}"
        for each in others[:_MOST_NAMED]
    ]
    if len(others) > 1:
        shown = [f"{name} ({credits_shown(each.credits)})" for name, each in zip(shown, others, strict=False)]
    more = len(others) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _over_budget(month: MonthUse) -> BudgetExceeded:
    name = f"{month.month:%B %Y}"
    used = [f"{credits_shown(month.spent)} are spent"]
    used += [f"{credits_shown(month.reserved)} are reserved by other runs"] if month.reserved else []
    used += [f"{credits_shown(month.unknown)} are of batches with an unknown outcome"] if month.unknown else []
    return BudgetExceeded(
        f"The run costs {credits_shown(month.needed)} credits; the campaign's budget of {name} is "
        f"{credits_shown(month.budget)}: {', '.join(used)}.",
        action="Nothing was sent. Shorten the message or the list, raise 'budget_per_month' in the campaign file, or "
        "start a run in the next month.",
    )


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(PARIS)):%a %d %b %Y %H:%M} in Paris"
