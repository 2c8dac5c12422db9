"""Orders of credits: quoted, made, shown; :mod:`.payments` pays and delivers them."""

import sqlite3
from typing import Any

from ..clock import iso
from ..errors import missing
from ..sandbox import Sandbox
from .catalogue import unit_price
from .prices import Amounts, money, unit

BASE = 230_000_000
FORM = "https://order.example.org/displayOrder.html"
DAY = 86_400
# An order made by an older version has no terms of its own.
OLD_TERMS = 15 * DAY
FIND = f"""
SELECT o.*, coalesce(t.percent, 0) AS percent, coalesce(t.expires, o.created + {OLD_TERMS}) AS expires,
  coalesce(t.recredit, 0) AS recredit, t.delivered
FROM orders o LEFT JOIN terms t ON t.order_id = o.id
"""
LISTED = "NOT EXISTS (SELECT 1 FROM late_orders l WHERE l.id = o.id AND l.listed > machine())"
CONTRACTS = [
    {
        "content": "Terms of an order that costs no money",
        "name": "Sandbox terms",
        "url": "https://order.example.org/terms.pdf",
    },
    {
        "content": "Terms of credits that reach no phone",
        "name": "Sandbox terms of SMS",
        "url": "https://order.example.org/terms-of-sms.pdf",
    },
]


def amounts(order: sqlite3.Row) -> Amounts:
    """Return the money of an order, as it was when it was made."""
    return Amounts.of(order["quantity"], order["price"], order["percent"])


def quote(box: Sandbox, account: str, quantity: int) -> dict[str, Any]:
    """Make an order.Order with neither number nor link."""
    price = unit_price(quantity)
    return _shown(account, quantity, price, Amounts.of(quantity, price, box.features["discount_percent"]))


def made(order: sqlite3.Row) -> dict[str, Any]:
    """Make the order.Order of an order that was made: with its number and the link to its form."""
    body = _shown(order["account"], order["quantity"], order["price"], amounts(order))
    return {**body, "orderId": order["id"], "url": _form(order)}


def _shown(account: str, quantity: int, price: int, total: Amounts) -> dict[str, Any]:
    return {
        "contracts": CONTRACTS,
        "details": [
            {
                "cartItemID": None,
                "description": f"{quantity} SMS credits",
                "detailType": "QUANTITY",
                "domain": account,
                "originalTotalPrice": money(total.original),
                "quantity": quantity,
                "reductionTotalPrice": money(total.reduction),
                "reductions": total.reductions(),
                "totalPrice": money(total.without_tax),
                "unitPrice": unit(price),
            }
        ],
        "orderId": None,
        "prices": {
            "originalWithoutTax": money(total.original),
            "reduction": money(total.reduction),
            "tax": money(total.tax),
            "withTax": money(total.with_tax),
            "withoutTax": money(total.without_tax),
        },
        "url": None,
    }


def _form(order: sqlite3.Row) -> str:
    return f"{FORM}?orderId={order['id']}&orderPassword=sandbox"


def make(
    box: Sandbox, account: str, quantity: int, *, late: float | None = None, recredit: bool = False
) -> sqlite3.Row:
    """Make a new, unpaid order; every call makes one more.

    :param late: real seconds for which OVH does not show it; None is the feature ``late_orders``.
    :param recredit: OVH makes it by itself.
    """
    price = round(unit_price(quantity) * (1 + box.features["surcharge_percent"] / 100))
    hidden = box.features["late_orders"] if late is None else late
    with box.state.write() as db:
        number = db.execute("SELECT coalesce(max(id), ?) + 1 FROM orders", (BASE,)).fetchone()[0]
        row = (number, account, quantity, price, int(box.now))
        db.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?, 'notPaid', 0)", row)
        terms = (number, box.features["discount_percent"], box.now + box.features["order_days"] * DAY, recredit)
        db.execute("INSERT INTO terms VALUES (?, ?, ?, ?, NULL)", terms)
        if hidden:
            db.execute("INSERT INTO late_orders VALUES (?, ?)", (number, box.clock.machine() + hidden))
    return find(box, number)


def find(box: Sandbox, number: int) -> sqlite3.Row:
    """Find an order; refused with 404 if there is none."""
    return box.find(f"The order {number}", f"{FIND} WHERE o.id = ?", number)


def shown(box: Sandbox, number: int) -> sqlite3.Row:
    """Find an order that OVH shows already; refused with 404 if there is none."""
    return box.find(f"The order {number}", f"{FIND} WHERE o.id = ? AND {LISTED}", number)


def bill(order: sqlite3.Row) -> dict[str, Any]:
    """A billing.Order."""
    total = amounts(order)
    return {
        "date": iso(order["created"]),
        "expirationDate": iso(order["expires"]),
        "orderId": order["id"],
        "password": "sandbox",
        "pdfUrl": f"{FORM}.pdf?orderId={order['id']}",
        "priceWithTax": money(total.with_tax),
        "priceWithoutTax": money(total.without_tax),
        "retractionDate": None,
        "tax": money(total.tax),
        "url": _form(order),
    }


def detail(box: Sandbox, order: sqlite3.Row, number: int) -> dict[str, Any]:
    """Make a billing.OrderDetail; the ``domain`` of the one line of an order of credits is the SMS account."""
    if number not in (ids := detail_ids(box, order)):
        raise missing(f"The order detail {number}")
    return {
        "cancelled": order["status"] == "cancelled",
        "description": f"{order['quantity']} SMS credits",
        "detailType": "QUANTITY",
        "domain": _domains(box, order)[ids.index(number)],
        "orderDetailId": number,
        "quantity": str(order["quantity"]),
        "totalPrice": money(amounts(order).without_tax),
        "unitPrice": unit(order["price"]),
    }


def detail_ids(box: Sandbox, order: sqlite3.Row) -> list[int]:
    """Return the ids of an order's lines: one, unless :func:`name_lines` was called."""
    return [int(order["id"]) * 10 + line for line in range(len(_domains(box, order)))]


def name_lines(box: Sandbox, number: int, domains: list[str | None]) -> None:
    """Give an order one line for each of these domains, as an order of other things has."""
    find(box, number)
    box.state.put(f"order {number}", domains)


def _domains(box: Sandbox, order: sqlite3.Row) -> list[str | None]:
    named: list[str | None] | None = box.state.get(f"order {order['id']}")
    return [order["account"]] if named is None else named
