"""The cost of credits, to the cent: by the orders that paid for them, the oldest first, or by a fixed tariff. Pure.

Credits are whole ten-thousandths and money is whole cents. A sum is rounded once; its parts are rounded so that they
add up to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from typing import Any, Self

from ovh_sms.campaign.account_usage import CENTS, CREDIT_UNITS, Tariff

#: A line of the usage: its kind, user, campaign, tag, sender and country.
Line = tuple[str, ...]

#: The layer of credits that no known order has paid.
NO_ORDER = "no order"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """Credits of one order or transfer that are on an account, and what all of them cost.

    :param source: such as ``order 230000001``.
    :param credits: all that it brought; ``taken`` of them are spent.
    :param without_tax: price of all; ``None`` if nobody knows it.
    """

    source: str
    credits: int
    taken: int = 0
    without_tax: int | None = None
    tax: int | None = None
    currency: str = ""

    @property
    def left(self) -> int:
        """Credits that are not spent."""
        return self.credits - self.taken

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_json` returned."""
        return cls(**value)

    def cost_of(self, taken: int) -> tuple[int, int]:
        """Return the cents without tax, and the tax, of the next ``taken`` credits.

        Over all of its credits they add up to its price, however they are divided into months.
        """
        before, after = self.taken, self.taken + taken

        def part(price: int | None) -> int:
            upto, start = (_rounded(Fraction((price or 0) * at, self.credits)) for at in (after, before))
            return upto - start

        return part(self.without_tax), part(self.tax)


@dataclass
class Spent:
    """The credits that one line has spent.

    :param weights: its share of the cost, exactly: without tax, and tax.
    :param unpriced: credits whose price nobody knows.
    """

    weights: tuple[Fraction, Fraction] = (Fraction(0), Fraction(0))
    unpriced: Fraction = Fraction(0)


@dataclass(frozen=True)
class Costs:
    """The cost of each line.

    :param without_tax: cents by line; so are ``tax`` and ``unpriced``, which are credits.
    :param left: the layers that remain, each with what is taken of it.
    :param by_source: credits that each layer has given.
    """

    without_tax: Mapping[Line, int]
    tax: Mapping[Line, int]
    unpriced: Mapping[Line, int]
    left: tuple[Layer, ...] = ()
    by_source: Mapping[str, int] = field(default_factory=dict)


def cost_by_orders(layers: Sequence[Layer], days: Iterable[Mapping[Line, int]]) -> Costs:
    """Let the lines of each day spend the oldest credits there are.

    On a day on which one order ends and the next one begins, each line pays its share of both.

    :param layers: the oldest first.
    :param days: for each day in its order, the credits that each line has spent; none is negative.
    """
    stock = [each for each in layers if each.left]
    totals, spent, by_source = [0, 0], dict[Line, Spent](), dict[str, int]()
    for day in days:
        wanted = sum(day.values())
        for layer, taken in _take(stock, wanted):
            for at, cents in enumerate(layer.cost_of(taken)):
                totals[at] += cents
            by_source[layer.source] = by_source.get(layer.source, 0) + taken
            for key, amount in day.items():
                _spend(spent.setdefault(key, Spent()), layer, Fraction(amount * taken, wanted))
    keys = list(spent)
    without_tax, tax = (_shares(totals[at], {key: spent[key].weights[at] for key in keys}) for at in (0, 1))
    unpriced = {key: spent[key].unpriced for key in keys}
    whole = _shares(_rounded(sum(unpriced.values(), Fraction(0))), unpriced)
    return Costs(without_tax, tax, whole, tuple(stock), by_source)


def cost_by_tariff(tariff: Tariff, lines: Mapping[Line, int]) -> Costs:
    """Return the cost of each line at a fixed price."""
    price = Fraction(tariff.credit) * CENTS / CREDIT_UNITS
    exact = {key: amount * price for key, amount in lines.items()}
    without_tax = _rounded(sum(exact.values(), Fraction(0)))
    tax = _rounded(without_tax * Fraction(tariff.tax_percent) / 100)
    return Costs(_shares(without_tax, exact), _shares(tax, exact), dict.fromkeys(lines, 0))


def _take(stock: list[Layer], wanted: int) -> Iterable[tuple[Layer, int]]:
    """Take credits from the oldest layers; what is empty leaves the stock. Yields each as it was before."""
    while wanted > 0:
        if not stock:
            yield Layer(source=NO_ORDER, credits=wanted), wanted
            return
        first = stock[0]
        taken = min(first.left, wanted)
        wanted -= taken
        stock[0] = replace(first, taken=first.taken + taken)
        if not stock[0].left:
            del stock[0]
        yield first, taken


def _spend(line: Spent, layer: Layer, amount: Fraction) -> None:
    if layer.without_tax is None:
        line.unpriced += amount
        return
    each = amount / layer.credits
    line.weights = (line.weights[0] + layer.without_tax * each, line.weights[1] + (layer.tax or 0) * each)


def _shares(total: int, weights: Mapping[Line, Fraction]) -> dict[Line, int]:
    """Divide a whole number by weights: each share is rounded down, and the largest remainders get one more.

    Of equal remainders the earlier line gets it.
    """
    whole = sum(weights.values(), Fraction(0))
    if not whole:
        return dict.fromkeys(weights, 0)
    exact = {key: total * weight / whole for key, weight in weights.items()}
    shares = {key: value.numerator // value.denominator for key, value in exact.items()}
    left = total - sum(shares.values())
    order = sorted(exact, key=lambda key: shares[key] - exact[key])
    for key in order[:left]:
        shares[key] += 1
    return shares


def _rounded(value: Fraction) -> int:
    """Round to a whole number, a half upwards."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)
