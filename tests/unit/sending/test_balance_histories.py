"""Histories of an account that others use too: what the batch took is never explained, and all else is in the end."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ovh_sms.sending.account_balance import BalanceReading, DeliveredOrder, ListedMessage
from ovh_sms.store.withdrawals import Withdrawal
from unit.sending.balances import LEAST, START, at, first_explained, message, reading, withdrawal


@dataclass(frozen=True)
class Sent:
    """One message of a history; seconds since its start, before which the account was quiet."""

    moment: float
    cost: float
    lag: float = 0.0
    deleted: float = math.inf
    early: float = 0.0
    failed: float = math.inf

    def shown(self, now: float) -> ListedMessage:
        """As OVH lists it: an error that is not billed costs nothing."""
        return message(math.floor(self.moment), 0.0 if self.failed <= now else self.cost)

    def is_listed(self, now: float) -> bool:
        return self.moment + self.lag <= now < self.deleted

    def withdrawal(self) -> Withdrawal:
        """Recorded some time before the deletion takes effect."""
        return withdrawal(math.floor(self.moment), self.deleted - self.early, self.cost)


@dataclass(frozen=True)
class History:
    """Messages of others, and one batch that OVH took wholly, partly or not, and never lists.

    Orders are credits, the moment of the delivery, and the seconds before and after it in which it is noticed.
    """

    others: list[Sent]
    batch: list[Sent]
    orders: list[tuple[float, float, float, float]]

    def left(self, moment: float) -> float:
        messages = [*self.others, *self.batch]
        taken = sum(each.cost for each in messages if each.moment < moment <= min(each.deleted, each.failed))
        bought = sum(cost for cost, delivered, _, _ in self.orders if delivered < moment)
        return 1000.0 - taken + bought

    def exact(self, second: int) -> BalanceReading:
        return reading(second, self.left(second))

    def inexact(self, moment: float, width: int) -> BalanceReading:
        first = math.floor(moment)
        return reading(first, self.left(moment), until=first + width)

    def first_explained(
        self, before: BalanceReading, readings: list[BalanceReading], now: float
    ) -> BalanceReading | None:
        return first_explained(
            before,
            readings,
            messages=[each.shown(now) for each in self.others if each.is_listed(now)],
            refunds=[each.withdrawal() for each in self.others if each.deleted - each.early <= now],
            orders=[
                DeliveredOrder(credits=cost, after=at(delivered - before), before=at(delivered + after))
                for cost, delivered, before, after in self.orders
                if delivered <= now
            ],
            unbilled=sum(each.cost for each in self.others if self._refunded(each, before, now)),
            least=LEAST,
        )

    def _refunded(self, each: Sent, before: BalanceReading, now: float) -> bool:
        """Whether an older message failed since the errors were listed, a moment before the first reading."""
        older = math.floor(each.moment) < (before.ends - START).total_seconds()
        return older and (before.second - START).total_seconds() - 2 < each.failed <= now


#: The batch is submitted after the second 100 and before the second 110.
SNAPSHOT, DEADLINE, END = 100, 110, 200
costs = st.sampled_from([1.0, 1.0, 2.0, 1.25, 5.0])
moments = st.floats(60, 190, exclude_min=True).filter(lambda moment: moment != math.floor(moment))
lags = st.floats(0, 40)


@st.composite
def others(draw: st.DrawFn) -> Sent:
    sent = Sent(moment=draw(moments), cost=draw(costs), lag=draw(lags))
    ends = draw(st.sampled_from(["sent", "sent", "failed", "withdrawn"]))
    if ends == "sent":
        return sent
    if ends == "failed":
        return replace(sent, failed=sent.moment + draw(st.floats(0.01, 120)))
    deleted = sent.moment + draw(st.floats(0.01, 120))
    return replace(sent, lag=0.0, deleted=deleted, early=draw(st.floats(0, min(deleted - sent.moment, 60))))


@st.composite
def histories(draw: st.DrawFn, *, executed: bool) -> History:
    batch = [Sent(moment=draw(st.floats(100.001, 109.999)), cost=1.0)] * draw(st.integers(1, 6)) if executed else []
    orders = st.tuples(st.sampled_from([1.0, 5.0, 100.0]), moments, st.floats(0, 20), st.floats(0, 20))
    return History(draw(st.lists(others(), max_size=25)), batch, draw(st.lists(orders, max_size=2)))


@settings(max_examples=1_000, deadline=None)
@given(data=st.data(), history=histories(executed=True), now=st.floats(150, 400))
def test_credits_that_the_batch_took_are_never_explained(data: st.DataObject, history: History, now: float) -> None:
    exact = st.integers(DEADLINE, math.floor(min(now, END))).map(history.exact)
    inexact = st.builds(history.inexact, st.floats(DEADLINE, min(now, END)), st.integers(0, 3))
    before = data.draw(
        st.one_of(
            st.integers(SNAPSHOT - 10, SNAPSHOT).map(history.exact),
            st.floats(SNAPSHOT - 10, SNAPSHOT - 3).flatmap(
                lambda moment: st.integers(0, 2).map(lambda width: history.inexact(moment, width))
            ),
        )
    )
    readings = data.draw(st.lists(st.one_of(exact, inexact), min_size=1, max_size=6))
    assert history.first_explained(before, readings, now) is None


@settings(max_examples=500, deadline=None)
@given(data=st.data(), history=histories(executed=False))
def test_a_batch_that_took_nothing_is_explained_when_everything_is_listed(
    data: st.DataObject, history: History
) -> None:
    # everything has come to its end, and nothing was on its way at either reading
    kept = [each for each in history.others if each.deleted == math.inf or each.deleted - each.early > SNAPSHOT]
    kept = [each for each in kept if each.deleted == math.inf or each.deleted < END]
    kept = [each for each in kept if each.failed == math.inf or SNAPSHOT <= each.failed < END]
    orders = [each for each in history.orders if each[1] - each[2] >= SNAPSHOT and each[1] + each[3] <= END]
    ended = replace(history, others=kept, orders=orders)
    readings = [ended.exact(second) for second in data.draw(st.lists(st.integers(DEADLINE, END - 1), max_size=3))]
    found = ended.first_explained(ended.exact(SNAPSHOT), [*readings, ended.exact(END)], now=1_000)
    assert found is not None
