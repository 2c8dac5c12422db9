"""Orders of credits: quoted, made, paid by a person, delivered."""

import sqlite3
from typing import Any

from ..clock import iso
from ..errors import missing
from ..sandbox import Sandbox
from . import catalogue
from .catalogue import unit_price

BASE = 230_000_000
FORM = "https://order.example.org/displayOrder.html"
VAT_PERCENT = 20
DAYS_OPEN = 15
LISTED = "NOT EXISTS (SELECT 1 FROM late_orders l WHERE l.id = o.id AND l.listed > machine())"
CONTRACT = {
    "content": "Terms of an order that nobody can pay",
    "name": "Sandbox terms",
    "url": "https://order.example.org/terms.pdf",
}


def price(thousandths: float) -> dict[str, Any]:
    """A price as OVH writes it on orders: with its hundred-millionths."""
    return {**catalogue.price(thousandths), "priceInUcents": round(thousandths * 100_000)}


def _sum(unit: int, quantity: int) -> tuple[int, float]:
    return unit * quantity, unit * quantity * VAT_PERCENT / 100


def quoted(account: str, quantity: int, order: sqlite3.Row | None = None) -> dict[str, Any]:
    """Make an order.Order: a quote, or an order with its number and the link to its form."""
    unit = unit_price(quantity) if order is None else order["price"]
    total, tax = _sum(unit, quantity)
    return {
        "contracts": [CONTRACT],
        "details": [
            {
                "cartItemID": None,
                "description": f"{quantity} SMS credits",
                "detailType": "QUANTITY",
                "domain": account,
                "originalTotalPrice": price(total),
                "quantity": quantity,
                "reductionTotalPrice": price(0),
                "reductions": [],
                "totalPrice": price(total),
                "unitPrice": price(unit),
            }
        ],
        "orderId": None if order is None else order["id"],
        "prices": {
            "originalWithoutTax": price(total),
            "reduction": price(0),
            "tax": price(tax),
            "withTax": price(total + tax),
            "withoutTax": price(total),
        },
        "url": None if order is None else _form(order),
    }


def _form(order: sqlite3.Row) -> str:
    return f"{FORM}?orderId={order['id']}&orderPassword=sandbox"


def make(box: Sandbox, account: str, quantity: int) -> sqlite3.Row:
    """Make a new, unpaid order; every call makes one more."""
    unit = unit_price(quantity)
    with box.state.write() as db:
        last = db.execute("SELECT coalesce(max(id), ?) FROM orders", (BASE,)).fetchone()[0]
        row = (last + 1, account, quantity, unit, int(box.now))
        db.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?, 'notPaid', 0)", row)
        if box.features["late_orders"]:
            db.execute(
                "INSERT INTO late_orders VALUES (?, ?)", (last + 1, box.clock.machine() + box.features["late_orders"])
            )
    return find(box, last + 1)


def find(box: Sandbox, number: int) -> sqlite3.Row:
    """Find an order; refused with 404 if there is none."""
    return box.find(f"The order {number}", "SELECT * FROM orders WHERE id = ?", number)


def shown(box: Sandbox, number: int) -> sqlite3.Row:
    """Find an order that OVH shows already; refused with 404 if there is none."""
    sql = f"SELECT * FROM orders o WHERE id = ? AND {LISTED}"
    return box.find(f"The order {number}", sql, number)


def bill(order: sqlite3.Row) -> dict[str, Any]:
    """A billing.Order."""
    total, tax = _sum(order["price"], order["quantity"])
    return {
        "date": iso(order["created"]),
        "expirationDate": iso(order["created"] + DAYS_OPEN * 86_400),
        "orderId": order["id"],
        "password": "sandbox",
        "pdfUrl": f"{FORM}.pdf?orderId={order['id']}",
        "priceWithTax": price(total + tax),
        "priceWithoutTax": price(total),
        "retractionDate": None,
        "tax": price(tax),
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
        "totalPrice": price(order["price"] * order["quantity"]),
        "unitPrice": price(order["price"]),
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


def settle(box: Sandbox, number: int, status: str) -> None:
    """Set an order's status; the first time it is delivered, its credits are added."""
    with box.state.write() as db:
        order = find(box, number)
        db.execute("UPDATE orders SET status = ? WHERE id = ?", (status, number))
        if status == "delivered" and not order["credited"]:
            db.execute("UPDATE orders SET credited = 1 WHERE id = ?", (number,))
            bought = (order["quantity"], order["account"])
            db.execute("UPDATE accounts SET credits = credits + ? WHERE name = ?", bought)
