"""One account as its page and its command show it: credits, reservations, orders, transfers and the month's money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sms.idempotency.journal import IN_FLIGHT_WINDOW
from ovh_sms.report.account_credits import PARIS, AccountCredits, credits_of_account
from ovh_sms.store.models import SUCCEEDED

if TYPE_CHECKING:
    from ovh_sms.store.credit_checks import AccountCheck
    from ovh_sms.store.models import Attempt
    from ovh_sms.store.orders import OrderRecord
    from ovh_sms.store.reservation_records import OtherReservation, WaitingRun
    from ovh_sms.store.spending import Balance
    from ovh_sms.store.store import Store
    from ovh_sms.store.transfers import TransferRecord

#: The curve of the credits is that of so many days.
CURVE_DAYS = 30
#: A write of credits that has been pending for longer is under way no more: its process was lost.
UNDER_WAY = IN_FLIGHT_WINDOW + timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class MonthMoney:
    """Orders of one calendar month in Paris.

    :param month: its first day.
    :param spent: prices with tax together, paid or not, without cancelled orders.
    :param spent_by_others: of them, orders that persons made at OVH, as the newest check found them.
    :param cap: ``max_per_month`` of the account file; ``None`` without one.
    """

    month: date
    spent: float
    spent_by_others: float
    cap: float | None
    currency: str


@dataclass(frozen=True, kw_only=True)
class AccountView:
    """One account.

    :param credits: ``None`` if they were never read.
    :param enough: credits that it should hold at least, as the newest check says; ``None`` if nobody does.
    :param balances: its credits of the last days, the oldest first.
    :param reservations: credits that runs have reserved, the largest first.
    :param waiting: runs that wait for credits, the largest need first; they have reserved none.
    :param orders: those of this package, the newest first.
    :param check: its newest check.
    :param unknown: orders, payments and transfers that nobody knows to be made, the newest first: a person is asked, or
        their process was lost before it had OVH's answer.
    """

    account: str
    now: datetime
    credits: AccountCredits | None
    enough: float | None
    balances: Sequence[Balance]
    reservations: Sequence[OtherReservation]
    waiting: Sequence[WaitingRun]
    orders: Sequence[OrderRecord]
    transfers: Sequence[TransferRecord]
    money: MonthMoney | None
    check: AccountCheck | None
    unknown: Sequence[Attempt]

    @property
    def reserved(self) -> float:
        """Credits that runs have reserved and not used yet."""
        return sum(each.credits for each in self.reservations)

    @property
    def open_orders(self) -> list[OrderRecord]:
        """The orders that wait for a person."""
        return [each for each in self.orders if each.waits_for_a_person]


def known_accounts(store: Store) -> list[str]:
    """List the accounts whose credits were checked or ordered, by name."""
    checked = {each.account for each in store.credit_checks.all()}
    return sorted(checked.union(store.credit_readings.accounts(), store.orders.accounts()))


def account_view(store: Store, account: str, now: datetime) -> AccountView:
    """Read one account from the results; OVH is not called.

    :param now: aware.
    """
    check, reading = store.credit_checks.of(account), store.credit_readings.newest(account)
    orders = store.orders.of_account(account)
    return AccountView(
        account=account,
        now=now,
        credits=credits_of_account(store, account, now),
        enough=reading.enough if reading else None,
        balances=store.spending.balances(account, since=now - timedelta(days=CURVE_DAYS))[::-1],
        reservations=store.reservations.others(account),
        waiting=store.reservations.waiting(account),
        orders=orders,
        transfers=store.transfers.of_account(account),
        money=_month(store, account, orders, check, now),
        check=check,
        unknown=store.deposits.unknown(account, pending_before=now - UNDER_WAY),
    )


def _month(
    store: Store, account: str, orders: Sequence[OrderRecord], check: AccountCheck | None, now: datetime
) -> MonthMoney | None:
    """The month's money; ``None`` if nothing was ordered and there is no cap."""
    start = now.astimezone(PARIS).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    known = check.month if check and check.month else {}
    others = known["spent_by_others"] if known.get("month") == f"{start:%Y-%m}" else 0.0
    own = [each for each in orders if each.ordered_at >= start and each.takes_money]
    # An order whose answer was lost counts with its quoted price, as the cap counts it.
    lost = [each for each in store.deposits.live_orders(account, start) if each.state != SUCCEEDED]
    prices = [each.price_with_tax or 0.0 for each in own]
    prices += [(each.snapshot or {}).get("price_with_tax") or 0.0 for each in lost]
    quote = check.quote if check and check.quote else {}
    currencies = [*(each.currency for each in orders), known.get("currency"), quote.get("currency")]
    if not prices and not others and not known:
        return None
    return MonthMoney(
        month=start.date(),
        spent=round(sum(prices) + others, 2),
        spent_by_others=others,
        cap=known.get("cap"),
        currency=next((each for each in currencies if each), ""),
    )
