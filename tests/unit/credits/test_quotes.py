"""The size of an order: the cheapest per credit that covers the need, at a price that is allowed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ovh_sms.credits.quotes import Quotes
from ovh_sms.errors import BudgetExceeded, ConfigurationError
from ovh_sms.forecast.need import CreditsNeeded

#: Price with tax by size: the larger the cheaper per credit, but for one.
PRICES = {1000: 60.0, 2500: 140.0, 5000: 300.0, 10000: 520.0}


def needed(missing: int, at_most: int = 100_000) -> CreditsNeeded:
    return CreditsNeeded(credits=missing, at_most=at_most, asked=0, order_below=0, stock=0, planned=0)


class Prices:
    """Quotes, and the sizes that were asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def quotes(self) -> Quotes:
        return Quotes(self._read)

    def _read(self, size: int) -> Any:
        self.asked.append(size)
        price = PRICES[size]
        return SimpleNamespace(price_with_tax=price, price_without_tax=price / 1.2, currency="EUR")


def chosen(missing: int, max_price: float, *, sizes: tuple[int, ...] = tuple(PRICES), at_most: int = 100_000) -> int:
    return Prices().quotes().choose(sizes, needed(missing, at_most), max_price).quantity


def test_the_cheapest_per_credit_of_those_that_cover_the_need_is_chosen() -> None:
    assert chosen(900, 1000) == 10_000
    assert chosen(900, 500) == 2500  # 5.6 cents a credit; 5,000 credits cost 6
    assert chosen(3000, 500) == 5000


def test_an_order_is_not_much_larger_than_the_need() -> None:
    assert chosen(900, 1000, at_most=4000) == 2500
    assert chosen(900, 1000, at_most=950) == 1000


def test_some_credits_are_better_than_none() -> None:
    assert chosen(9000, 400) == 5000
    assert chosen(9000, 200) == 2500
    assert chosen(20_000, 1000) == 10_000


def test_one_size_alone_is_taken() -> None:
    assert chosen(9000, 100, sizes=(1000,)) == 1000


def test_a_price_over_the_maximum_is_refused_with_all_quotes() -> None:
    with pytest.raises(BudgetExceeded) as caught:
        chosen(3000, 50)
    text = str(caught.value)
    assert "1,000 credits for 60.00 EUR with tax" in text
    assert "5,000 credits for 300.00 EUR with tax" in text
    assert "The maximum is 50.00 EUR. Nothing was ordered." in text


def test_each_quote_is_read_once() -> None:
    prices = Prices()
    quotes = prices.quotes()
    quotes.choose(tuple(PRICES), needed(900), 1000)
    quotes.choose(tuple(PRICES), needed(900), 200)
    assert sorted(prices.asked) == sorted(set(prices.asked))
    assert [each.quantity for each in quotes] == sorted(prices.asked)


def test_nothing_is_chosen_without_a_size() -> None:
    with pytest.raises(ConfigurationError):
        Prices().quotes().choose((), needed(900), 1000)
