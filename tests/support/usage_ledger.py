"""The usage of an account from the sandbox's ledger alone: who has sent what, and which order paid for it.

It shares no code with the package.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
#: User, tag, sender and country of a line.
Key = tuple[str, str, str, str]
Row = Mapping[str, Any]


@dataclass
class Bought:
    """Credits that came by one order or transfer, with their price in cents: without tax, and tax."""

    at: datetime
    credits: Fraction
    cents: tuple[int, int]
    spent: Fraction = Fraction(0)


def moment_of(message: Row) -> datetime:
    return datetime.fromisoformat(message["created"]).astimezone(PARIS)


def key_of(message: Row) -> Key:
    country = "FR" if message["receiver"].startswith("+33") else "BE"
    return message.get("user") or "", message["tag"], message["sender"], country


def billed(message: Row) -> Decimal:
    """The credits that it costs in the end: OVH gives those of the receipt 16 back."""
    return Decimal(0) if message["final_receipt"] == 16 else Decimal(str(message["credits"]))


def lines(messages: Sequence[Row]) -> dict[str, dict[Key, tuple[int, int, Decimal]]]:
    """Messages, segments and credits of each line, by month."""
    found: dict[str, dict[Key, list[Any]]] = defaultdict(lambda: defaultdict(lambda: [0, 0, Decimal(0)]))
    for each in messages:
        line = found[f"{moment_of(each):%Y-%m}"][key_of(each)]
        for place, amount in enumerate((1, each["parts"], billed(each))):
            line[place] += amount
    return {month: {key: tuple(values) for key, values in of.items()} for month, of in found.items()}


def bought(orders: Sequence[Row], transfers: Sequence[Row] = (), source: Sequence[Row] = ()) -> list[Bought]:
    """The credits that came to the account, the oldest first.

    :param transfers: to the account, at the price of the newest order of ``source``, from which they came.
    """
    found = [
        Bought(datetime.fromisoformat(each["delivered"]), Fraction(each["quantity"]), cents_of(each)) for each in orders
    ]
    for each in transfers:
        at = datetime.fromisoformat(each["at"])
        paid = max(
            (order for order in source if datetime.fromisoformat(order["created"]) <= at), key=lambda it: it["created"]
        )
        share = Fraction(str(each["credits"])) / paid["quantity"]
        net, gross = (Fraction(str(paid[f"price_{name}_tax"])) * share * 100 for name in ("without", "with"))
        found.append(Bought(at, Fraction(str(each["credits"])), (half_up(net), half_up(gross) - half_up(net))))
    return sorted(found, key=lambda each: each.at)


def cents_of(order: Row) -> tuple[int, int]:
    net, gross = (int(Decimal(str(order[f"price_{name}_tax"])) * 100) for name in ("without", "with"))
    return net, gross - net


def costs(messages: Sequence[Row], stock: Sequence[Bought]) -> dict[str, dict[Key, tuple[int, int]]]:
    """The cents of each line, by month: without tax, and tax.

    Day by day the oldest credits are spent; the lines of a day share what it spent. A month pays whole cents of each
    order, and its lines divide them: each gets its whole cents, and those with the largest rests one more;
    of equal rests the line of the earlier day, then the one whose user, tag, sender and country come first.
    """
    days: dict[str, dict[Key, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for each in messages:
        days[f"{moment_of(each):%Y-%m-%d}"][key_of(each)] += Fraction(billed(each))
    found: dict[str, dict[Key, tuple[int, int]]] = {}
    for month in sorted({day[:7] for day in days}):
        exact: dict[Key, list[Fraction]] = defaultdict(lambda: [Fraction(0), Fraction(0)])
        before = [each.spent for each in stock]
        for day in sorted(each for each in days if each.startswith(month)):
            wanted = whole = sum(days[day].values(), Fraction(0))
            for layer in stock:
                taken = min(layer.credits - layer.spent, wanted)
                layer.spent, wanted = layer.spent + taken, wanted - taken
                for key, amount in sorted(days[day].items()):
                    for place in (0, 1):
                        price = layer.cents[place] / layer.credits
                        exact[key][place] += taken * price * amount / whole if whole else 0
            assert not wanted, "more is sent than bought"
        totals = [
            sum(
                half_up(each.cents[place] * each.spent / each.credits)
                - half_up(each.cents[place] * start / each.credits)
                for each, start in zip(stock, before, strict=True)
            )
            for place in (0, 1)
        ]
        net, tax = (divided(totals[place], {key: of[place] for key, of in exact.items()}) for place in (0, 1))
        found[month] = {key: (net[key], tax[key]) for key in exact}
    return found


def divided(total: int, exact: Mapping[Key, Fraction]) -> dict[Key, int]:
    """Whole cents that add up to a total."""
    whole = sum(exact.values(), Fraction(0))
    scaled = {key: amount * total / whole for key, amount in exact.items()}
    cents = {key: amount.__floor__() for key, amount in scaled.items()}
    missing = total - sum(cents.values())
    for key in sorted(scaled, key=lambda each: cents[each] - scaled[each])[:missing]:
        cents[key] += 1
    return cents


def half_up(amount: Fraction) -> int:
    return (amount + Fraction(1, 2)).__floor__()
