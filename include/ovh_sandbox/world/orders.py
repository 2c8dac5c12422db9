"""Orders of credits: quoted, made, paid by someone else, delivered."""

from __future__ import annotations

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
CONTRACT = {
    "content": "Terms of an order that nobody can pay",
    "name": "Sandbox terms",
    "url": "https://order.example.org/terms.pdf",
}


def price(thousandths: float) -> dict[str, Any]:
    """A price as OVH writes it on orders: with its hundred-millionths."""
    return {**catalogue.price(thousandths), "priceInUcents": round(thousandths * 100_000)}


def quoted(account: str, quantity: int, order: sqlite3.Row | None = None) -> dict[str, Any]:
    """An order.Order: a quote, or with ``order`` what was ordered, with its number and the link to its form."""
    unit = unit_price(quantity) if order is None else order["price"]
    total = unit * quantity
    tax = total * VAT_PERCENT / 100
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
    return find(box, last + 1)


def find(box: Sandbox, number: int) -> sqlite3.Row:
    """An order.

    :raises Refusal: 404.
    """
    found = box.state.row("SELECT * FROM orders WHERE id = ?", number)
    if found is None:
        raise missing(f"The order {number}")
    return found


def bill(order: sqlite3.Row) -> dict[str, Any]:
    """A billing.Order."""
    total = order["price"] * order["quantity"]
    tax = total * VAT_PERCENT / 100
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


def detail(order: sqlite3.Row) -> dict[str, Any]:
    """The one billing.OrderDetail of an order of credits; its ``domain`` is the SMS account."""
    return {
        "cancelled": order["status"] == "cancelled",
        "description": f"{order['quantity']} SMS credits",
        "detailType": "QUANTITY",
        "domain": order["account"],
        "orderDetailId": detail_id(order),
        "quantity": str(order["quantity"]),
        "totalPrice": price(order["price"] * order["quantity"]),
        "unitPrice": price(order["price"]),
    }


def detail_id(order: sqlite3.Row) -> int:
    """The id of an order's only line."""
    return int(order["id"]) * 2 + 1


def settle(box: Sandbox, number: int, status: str) -> None:
    """Set an order's status; the first time it is delivered, its credits are added."""
    with box.state.write() as db:
        order = find(box, number)
        db.execute("UPDATE orders SET status = ? WHERE id = ?", (status, number))
        if status == "delivered" and not order["credited"]:
            db.execute("UPDATE orders SET credited = 1 WHERE id = ?", (number,))
            db.execute(
                "UPDATE accounts SET credits = credits + ? WHERE name = ?",
                (order["quantity"], order["account"]),
            )
