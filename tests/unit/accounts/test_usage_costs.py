"""Credits cost what their orders cost, to the cent, shared among months and lines."""

from __future__ import annotations

import random
from decimal import Decimal

from ovh_sms.accounts.usage_costs import NO_ORDER, Layer, Line, cost_by_orders, cost_by_tariff
from ovh_sms.campaign.account_usage import CREDIT_UNITS, Tariff


def line(name: str) -> Line:
    return ("sent", "", "", name, "", "")


def order(number: int, quantity: int, without_tax: int | None, tax: int = 0) -> Layer:
    return Layer(
        source=f"order {number}",
        credits=quantity * CREDIT_UNITS,
        without_tax=without_tax,
        tax=None if without_tax is None else tax,
        currency="EUR",
    )


A, B = line("a"), line("b")


def test_the_oldest_order_pays_first() -> None:
    found = cost_by_orders([order(1, 100, 750), order(2, 100, 700)], [{A: 90 * CREDIT_UNITS}, {B: 20 * CREDIT_UNITS}])
    assert found.without_tax == {A: 675, B: 145}, "10 credits of b cost 0.075, the others 0.07"
    assert [(each.source, each.left) for each in found.left] == [("order 2", 90 * CREDIT_UNITS)]
    assert found.by_source == {"order 1": 100 * CREDIT_UNITS, "order 2": 10 * CREDIT_UNITS}


def test_lines_of_a_day_share_the_orders_of_that_day() -> None:
    found = cost_by_orders([order(1, 10, 100), order(2, 100, 100)], [{A: 10 * CREDIT_UNITS, B: 10 * CREDIT_UNITS}])
    assert found.without_tax == {A: 55, B: 55}


def test_lines_add_up_to_their_month_and_months_to_the_order() -> None:
    chance = random.Random(1)
    layers: tuple[Layer, ...] = (order(1, 997, 6661, 1332), order(2, 313, 2003, 401))
    whole = 997 + 313
    total = [0, 0]
    while whole:
        month = {line(str(at)): 0 for at in range(7)}
        for each in month:
            month[each] = min(whole, chance.randrange(40))
            whole -= month[each]
        found = cost_by_orders(layers, [{key: value * CREDIT_UNITS for key, value in month.items()}])
        assert all(value >= 0 for value in found.without_tax.values())
        total[0] += sum(found.without_tax.values())
        total[1] += sum(found.tax.values())
        layers = tuple(found.left)
    assert total == [6661 + 2003, 1332 + 401]
    assert layers == ()


def test_credits_without_a_known_price_cost_nothing_and_are_counted() -> None:
    found = cost_by_orders([order(1, 4, None), order(2, 2, 20)], [{A: 5 * CREDIT_UNITS, B: 5 * CREDIT_UNITS}])
    assert (found.without_tax, found.unpriced) == ({A: 10, B: 10}, {A: 4 * CREDIT_UNITS, B: 4 * CREDIT_UNITS})
    assert found.by_source[NO_ORDER] == 4 * CREDIT_UNITS


def test_a_tariff_is_rounded_once_and_divided_without_a_loss() -> None:
    tariff = Tariff(credit=Decimal("0.0333"), tax_percent=Decimal(20))
    lines = {line(str(at)): CREDIT_UNITS for at in range(100)}
    found = cost_by_tariff(tariff, lines)
    assert sum(found.without_tax.values()) == 333
    assert sum(found.tax.values()) == 67
    assert set(found.without_tax.values()) == {3, 4}
    assert cost_by_tariff(tariff, lines) == found
