"""Money on orders: to the cent, with tax and discount."""

from dataclasses import dataclass
from typing import Any

from . import catalogue

VAT_PERCENT = 20


@dataclass(frozen=True)
class Amounts:
    """The money of an order, in cents.

    :param original: without tax and before the discount.
    :param reduction: the discount, of ``percent``.
    """

    original: int
    reduction: int
    percent: int
    tax: int

    @classmethod
    def of(cls, quantity: int, unit: int, percent: int) -> "Amounts":
        """Reckon an order; ``unit`` is the price of a credit in thousandths of a euro."""
        original = _cents(quantity * unit, 10)
        reduction = _cents(original * percent, 100)
        return cls(original, reduction, percent, _cents((original - reduction) * VAT_PERCENT, 100))

    @property
    def without_tax(self) -> int:
        """The price without tax."""
        return self.original - self.reduction

    @property
    def with_tax(self) -> int:
        """The price with tax, which is paid."""
        return self.without_tax + self.tax

    def reductions(self) -> list[dict[str, Any]]:
        """Make the order.Reduction of a detail; none without a discount."""
        if not self.reduction:
            return []
        words = f"{self.percent} % off"
        about = {"context": "promotion", "description": "Sandbox promotion", "reductionDescription": words}
        return [{**about, "type": "percentage", "price": money(self.reduction), "value": money(self.reduction)}]


def _cents(value: int, parts: int) -> int:
    """Divide and round to whole cents, a half upwards."""
    return (2 * value + parts) // (2 * parts)


def money(cents: int) -> dict[str, Any]:
    """A price as OVH writes it on orders: with its hundred-millionths."""
    text = f"{cents / 100:.2f} €"
    return {"currencyCode": "EUR", "text": text, "value": cents / 100, "priceInUcents": cents * 1_000_000}


def unit(thousandths: float) -> dict[str, Any]:
    """The price of one credit on an order."""
    return {**catalogue.price(thousandths), "priceInUcents": round(thousandths * 100_000)}
