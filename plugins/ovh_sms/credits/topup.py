"""The check of an account's credits: whether any are ordered, how many, at which price, and who must approve them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

from ovh_sms.credits.levels import level_xcom, read_level, rule_of
from ovh_sms.credits.month import month_spending
from ovh_sms.credits.needs import OPEN_TO_A_PERSON, Deposit, Need, current_need, undecided_transfer
from ovh_sms.credits.quotes import Quote, Quotes
from ovh_sms.errors import AccountRecredited, BudgetExceeded, ConfigurationError
from ovh_sms.store.models import SUCCEEDED

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.forecast.need import CreditsNeeded
    from ovh_sms.store.store import Store

#: The account holds enough · an order or a transfer for it is open · credits are ordered · nothing may be ordered ·
#: the answer to an order was lost: the task that orders reconciles it.
ENOUGH, COVERED, ORDER, NO_ORDERS, RECONCILE = "enough", "covered", "order", "no_orders", "reconcile"


@dataclass(frozen=True, kw_only=True)
class TopupRules:
    """When credits are ordered for an account, and within which limits.

    :param threshold: credits that the account should hold; or
    :param cover_days: days that its credits should last.
    :param sizes: credits of the orders that may be made; none if nothing is ordered.
    :param max_price: highest price with tax of one order.
    :param max_per_month: highest price with tax of all orders of a calendar month.
    :param approve_above: price with tax above which a person approves an order.
    """

    threshold: float | None = None
    cover_days: float | None = None
    sizes: Sequence[int] = ()
    max_price: float | None = None
    max_per_month: float | None = None
    approve_above: float | None = None

    def price_limit(self, quote: Quote) -> float:
        """Return the highest price at which an order is made without another check: the one that was approved."""
        if self.needs_approval(quote):
            return quote.price_with_tax
        return min(each for each in (self.max_price, self.approve_above) if each is not None)

    def needs_approval(self, quote: Quote) -> bool:
        """Return whether a person approves an order of this price."""
        return self.approve_above is not None and quote.price_with_tax > self.approve_above


@dataclass(frozen=True, kw_only=True)
class OpenDeposit:
    """The order or transfer that covers a need already.

    :param kind: ``order`` or ``transfer``.
    :param waits_for_a_person: whether it is an order that waits for its payment, or for documents.
    """

    kind: str
    order_id: int | None = None
    status: str = ""
    quantity: float | None = None
    price_with_tax: float | None = None
    price_without_tax: float | None = None
    currency: str | None = None
    waits_for_a_person: bool = False


@dataclass(frozen=True, kw_only=True)
class CreditsCheck:
    """A check of an account's credits, as it is handed to the tasks that act on it: no link of OVH's.

    :param decision: ``enough``, ``covered``, ``order``, ``no_orders`` or ``reconcile``.
    :param level: figures of the account, see :func:`~ovh_sms.credits.levels.level_xcom`.
    :param need: plain form of the need that an order would cover; ``None`` if there is none.
    :param quote: plain form of the quote that was chosen; ``None`` if nothing is ordered.
    :param quotes: all quotes that were read.
    :param price_limit: highest price with tax of the order.
    :param needs_approval: whether a person approves it first.
    :param spent_in_month: price with tax of the month's orders before; ``None`` if no cap is set.
    :param open_deposit: the order or transfer that covers the need already.
    """

    decision: str
    level: dict[str, Any]
    max_price: float | None = None
    max_per_month: float | None = None
    need: dict[str, Any] | None = None
    quote: dict[str, Any] | None = None
    quotes: list[dict[str, Any]] = field(default_factory=list)
    price_limit: float | None = None
    needs_approval: bool = False
    spent_in_month: float | None = None
    open_deposit: dict[str, Any] | None = None

    @property
    def is_order(self) -> bool:
        """Whether credits are to be ordered, or an order whose answer was lost is to be found."""
        return self.decision in {ORDER, RECONCILE}

    @property
    def account(self) -> str:
        """The SMS account."""
        return str(self.level["account"])

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_xcom(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_xcom` made."""
        return cls(**{each.name: values[each.name] for each in fields(cls)})


def check_credits(
    rules: TopupRules, *, client: OvhSmsClient, store: Store, campaigns: Iterable[Campaign] = ()
) -> CreditsCheck:
    """Decide whether credits are ordered for an account. Orders nothing.

    :param campaigns: the campaign files that spend its credits.
    :raises AccountRecredited: OVH buys credits for the account by itself.
    :raises BudgetExceeded: the order costs more than one order, or the orders of a month, may cost; with figures.
    :raises OutcomeUnknown: the account falls short, and a transfer may cover the need; nobody is asked meanwhile.
    :raises ConfigurationError: the answer to an order was lost, and the account file does not order any more.

    Source: GET ``/sms/{serviceName}``, ``/order/sms/{serviceName}/credits``, ``/me/order`` and below.
    """
    level = read_level(client, store, rule_of(rules.threshold, rules.cover_days), campaigns)
    if level.is_recredited:
        raise AccountRecredited(
            f"OVH buys credits for the account {level.account} by itself, and its account file orders them too.",
            action="Nothing was ordered. Write `recredit: off` into the file, or `recredit` in place of the orders.",
        )
    need = current_need(client, store, store.clock)
    # While an answer is lost, an open order may be the very one: no person's.
    deposit = _deposit(need) or (_persons_order(client) if level.is_short and need.deposit is None else None)
    limits: dict[str, Any] = {"max_price": rules.max_price, "max_per_month": rules.max_per_month}
    figures: dict[str, Any] = {"level": level_xcom(level), **limits}
    if deposit is not None:
        return CreditsCheck(decision=COVERED, need=need.to_xcom(), open_deposit=asdict(deposit), **figures)
    if need.deposit is not None and need.deposit.is_undecided:
        if rules.max_price is None:
            raise _nothing_reconciles(level.account)
        lost = _undecided(need.deposit, rules.max_price)
        return CreditsCheck(decision=RECONCILE, need=need.to_xcom(), **lost, **figures)
    if level.needed is None or not level.is_short:
        return CreditsCheck(decision=ENOUGH, **figures)
    if rules.max_price is None:
        return CreditsCheck(decision=NO_ORDERS, need=need.to_xcom(), **figures)
    if need.deposit is not None and need.deposit.is_undecided_transfer:
        # The order would be refused: a person would have approved it for nothing.
        raise undecided_transfer(need.deposit.tag, need.deposit.state, level.account)
    quotes = Quotes(client.orders.quote)
    chosen, spent = _choose(rules, level.needed, rules.max_price, quotes=quotes, client=client, store=store)
    return CreditsCheck(
        decision=ORDER,
        need=need.to_xcom(),
        quote=asdict(chosen),
        quotes=[asdict(each) for each in quotes],
        price_limit=rules.price_limit(chosen),
        needs_approval=rules.needs_approval(chosen),
        spent_in_month=spent,
        **figures,
    )


def _choose(
    rules: TopupRules, needed: CreditsNeeded, max_price: float, *, quotes: Quotes, client: OvhSmsClient, store: Store
) -> tuple[Quote, float | None]:
    """Choose the order, and return what the month's orders cost before it, if they have a cap."""
    chosen = quotes.choose(rules.sizes, needed, max_price)
    if rules.max_per_month is None:
        return chosen, None
    month = month_spending(client, store)
    left = month.left(rules.max_per_month)
    if chosen.price_with_tax > left:
        try:
            chosen = quotes.choose(rules.sizes, needed, left)
        except BudgetExceeded:
            month.check(chosen.price_with_tax, chosen.currency, rules.max_per_month)
            raise
    return chosen, month.spent


def _undecided(lost: Deposit, max_price: float) -> dict[str, Any]:
    """The order whose answer was lost. It was allowed, and approved if need be: it is found, or made, at its price."""
    quote = {
        "quantity": lost.quantity,
        "price_with_tax": lost.price_with_tax,
        "price_without_tax": None,
        "currency": lost.currency,
    }
    return {"quote": quote, "price_limit": min(max_price, lost.price_limit or max_price)}


def _deposit(need: Need) -> OpenDeposit | None:
    """The order or transfer of the need that was made. Of any other the order itself makes sure what became of it."""
    it = need.deposit
    if it is None or it.state != SUCCEEDED:
        return None
    return OpenDeposit(
        kind=it.kind,
        order_id=it.order_id,
        status=it.status,
        quantity=it.quantity,
        price_with_tax=it.price_with_tax,
        currency=it.currency,
        waits_for_a_person=it.waits_for_a_person,
    )


def _persons_order(client: OvhSmsClient) -> OpenDeposit | None:
    """An open order of this account that a person has made; the order itself refuses one that names no account."""
    found = next((order for order in client.orders.open() if order.certain), None)
    if found is None:
        return None
    return OpenDeposit(
        kind="order",
        order_id=found.id,
        status=found.status,
        quantity=found.quantity,
        price_with_tax=found.price_with_tax,
        price_without_tax=found.price_without_tax,
        currency=found.currency or None,
        waits_for_a_person=found.status in OPEN_TO_A_PERSON,
    )


def _nothing_reconciles(account: str) -> ConfigurationError:
    return ConfigurationError(
        f"The answer to an order for {account} was lost, and its account file orders no credits any more: no task "
        "reconciles it.",
        action="Nothing was ordered or transferred. Write 'max_price' and 'quantity' into the file again until the "
        "order is reconciled.",
    )
