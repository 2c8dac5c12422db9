"""The size of an order: the cheapest per credit of those that fit the need, at a price that is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovh_sms.errors import BudgetExceeded, ConfigurationError
from ovh_sms.forecast.need import fitting_sizes

if TYPE_CHECKING:
    from ovh_sms.api.models import Order
    from ovh_sms.forecast.need import CreditsNeeded

#: Sizes that are quoted at most: each takes one call.
MOST_QUOTES = 8


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


class Quotes:
    """Quotes of one account, each read once.

    :param read: reads the price of a number of credits.

    Source: GET ``/order/sms/{serviceName}/credits``.
    """

    def __init__(self, read: Callable[[int], Order]) -> None:
        self._read = read
        self._known: dict[int, Quote] = {}

    def __iter__(self) -> Iterator[Quote]:
        """Yield the quotes that were read, the smallest order first."""
        return iter(sorted(self._known.values(), key=lambda each: each.quantity))

    def of(self, size: int) -> Quote:
        """Return the quote of a number of credits."""
        if size not in self._known:
            found = self._read(size)
            self._known[size] = Quote(
                quantity=size,
                price_with_tax=found.price_with_tax,
                price_without_tax=found.price_without_tax,
                currency=found.currency,
            )
        return self._known[size]

    def choose(self, sizes: Sequence[int], needed: CreditsNeeded, max_price: float) -> Quote:
        """Choose the size of an order.

        Of the sizes that fit the need, within the price that is allowed, it is the cheapest per credit; of two equal
        ones the smaller. If none of them is allowed, it is the largest other size that is: some credits are better
        than none.

        :param sizes: credits of the orders that may be made.
        :param max_price: highest price with tax.
        :raises BudgetExceeded: each size costs more than is allowed; names the quotes.
        """
        if not sizes:
            raise ConfigurationError("No size of an order is given.", action="Nothing was ordered. Give at least one.")
        fitting = fitting_sizes(needed, sizes)
        allowed = [each for each in map(self.of, fitting[:MOST_QUOTES]) if each.price_with_tax <= max_price]
        if allowed:
            return min(allowed, key=lambda each: (each.per_credit, each.quantity))
        smaller = sorted({size for size in sizes if size < min(fitting)}, reverse=True)
        for size in smaller[:MOST_QUOTES]:
            if self.of(size).price_with_tax <= max_price:
                return self.of(size)
        quotes = list(self)
        raise BudgetExceeded(
            f"{'; '.join(map(str, quotes))}. The maximum is {max_price:.2f} {quotes[0].currency}.",
            action="Nothing was ordered. Order fewer credits, or raise `max_price`.",
        )
