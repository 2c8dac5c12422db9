"""The size of an order: the cheapest per credit of those that cover the need, at a price that is allowed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovh_sms.errors import BudgetExceeded, ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.api.models import Order

#: Sizes that are quoted at most: each takes one call.
MOST_QUOTES = 6


@dataclass(frozen=True, kw_only=True)
class Quote:
    """The price of one order, as OVH quotes it.

    :param quantity: credits.
    """

    quantity: int
    price_with_tax: float
    price_without_tax: float
    currency: str

    @property
    def per_credit(self) -> float:
        """Price of one credit with tax."""
        return self.price_with_tax / self.quantity

    def __str__(self) -> str:
        return f"{self.quantity:,} credits for {self.price_with_tax:.2f} {self.currency} with tax"


def choose_size(
    sizes: Sequence[int], needed: float, max_price: float, *, quote: Callable[[int], Order]
) -> tuple[Quote, list[Quote]]:
    """Choose the size of an order.

    Of the sizes that cover the need, within the price that is allowed, it is the cheapest per credit; of two equal ones
    the smaller. If none of them is allowed, it is the largest smaller size that is: some credits are better than none.

    :param sizes: credits of an order; one alone is taken whether it covers the need or not.
    :param needed: credits that are missing.
    :param max_price: highest price with tax.
    :param quote: reads the price of a number of credits.
    :returns: the choice, and all quotes that were read, by size.
    :raises BudgetExceeded: each size costs more than is allowed; names the quotes.
    :raises ConfigurationError: there is no size.

    Source: GET ``/order/sms/{serviceName}/credits`` for each size that may be chosen.
    """
    ordered = sorted(set(sizes))
    if not ordered:
        raise ConfigurationError("No size of an order is given.", action="Nothing was ordered. Give at least one.")
    covering = [size for size in ordered if size >= needed] if len(ordered) > 1 else ordered
    quotes = [_read(size, quote) for size in covering[:MOST_QUOTES]]
    allowed = [each for each in quotes if each.price_with_tax <= max_price]
    if allowed:
        return min(allowed, key=lambda each: (each.per_credit, each.quantity)), quotes
    for size in reversed([size for size in ordered if size not in covering][-MOST_QUOTES:]):
        quotes.insert(0, _read(size, quote))
        if quotes[0].price_with_tax <= max_price:
            return quotes[0], quotes
    raise BudgetExceeded(
        f"{'; '.join(map(str, quotes))}. The maximum is {max_price:.2f} {quotes[0].currency}.",
        action="Nothing was ordered. Order fewer credits, or raise `max_price` in the account file.",
    )


def _read(size: int, quote: Callable[[int], Order]) -> Quote:
    found = quote(size)
    return Quote(
        quantity=size,
        price_with_tax=found.price_with_tax,
        price_without_tax=found.price_without_tax,
        currency=found.currency,
    )
