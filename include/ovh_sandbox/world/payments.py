"""Payments of orders, and the statuses that follow: checked, delivered, expired. Simulated time moves them on."""

import sqlite3
from typing import Any

from ..clock import iso
from ..errors import Refusal
from ..sandbox import Sandbox
from . import orders

# Statuses of an order that has been paid for.
PAID = frozenset({"checking", "delivering", "delivered", "documentsRequested"})
#: No status of OVH's: the moment at which the credits of a delivered order are on the account.
_CREDITED = "credited"
# How older refusals of OVH name the types of payment methods.
OLD_NAMES = {
    "SEPA_DIRECT_DEBIT": "bankAccount",
    "BANK_ACCOUNT": "bankAccount",
    "CREDIT_CARD": "creditCard",
    "PAYPAL": "paypal",
}
_LIVE = "accepted AND NOT returned"


def _icon(payment_type: str) -> dict[str, Any]:
    return {"data": None, "name": payment_type.lower().replace("_", "-"), "url": None}


def method(row: sqlite3.Row) -> dict[str, Any]:
    """A me.payment.PaymentMethod."""
    nothing = dict.fromkeys(("billingContactId", "description", "expirationDate", "formSessionId", "merchantId"))
    return {
        **nothing,
        "creationDate": iso(row["created"]),
        "default": bool(row["is_default"]),
        "icon": _icon(row["payment_type"]),
        "integration": "NONE",
        "label": f"Sandbox {row['payment_type']}",
        "lastUpdate": iso(row["created"]),
        "oneclick": False,
        "paymentMeanId": None,
        "paymentMethodId": row["id"],
        "paymentSubType": None,
        "paymentType": row["payment_type"],
        "status": row["status"],
    }


def add_method(box: Sandbox, given: dict[str, Any]) -> int:
    """Register a payment method; returns its id."""
    names = ("payment_type", "status", "is_default", "pays", "listed")
    with box.state.write() as db:
        if given["is_default"]:
            db.execute("UPDATE payment_methods SET is_default = 0")
        number: int = db.execute("SELECT coalesce(max(id), 7000) + 1 FROM payment_methods").fetchone()[0]
        row = (number, *(given[name] for name in names), box.now)
        db.execute("INSERT INTO payment_methods VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    return number


def change_method(box: Sandbox, number: int, changes: dict[str, Any]) -> None:
    """Change a registered method; a new default takes the place of the former one."""
    with box.state.write() as db:
        find_method(box, number)
        if changes.get("is_default"):
            db.execute("UPDATE payment_methods SET is_default = 0")
        for name, value in changes.items():
            db.execute(f"UPDATE payment_methods SET {name} = ? WHERE id = ?", (value, number))


def find_method(box: Sandbox, number: int) -> sqlite3.Row:
    """Find a payment method; refused with 404 if there is none."""
    return box.find(f"The payment method {number}", "SELECT * FROM payment_methods WHERE id = ?", number)


def usable(box: Sandbox) -> list[sqlite3.Row]:
    """List the registered methods that OVH names as usable on an order."""
    return box.state.rows("SELECT * FROM payment_methods WHERE listed AND status = 'VALID' ORDER BY id")


def pay(box: Sandbox, number: int, method_id: int, *, late: float | None) -> None:
    """Pay by the API. A payment of a paid order counts as a second one, also if it is refused.

    :param late: real seconds for which OVH shows the order as unpaid all the same.
    :raises Refusal: OVH refuses, as it often does.
    """
    with box.state.write():
        order = orders.shown(box, number)
        second = order["status"] in PAID or _paid(box, number)
        found = box.state.row("SELECT * FROM payment_methods WHERE id = ?", method_id)
        refusal = _refusal_of_second(box) if second else _refusal(order, found)
        _record(box, number, "api", method_id, accepted=refusal is None, second=second, late=late)
        if refusal is None and not second:
            _move_on(box, number, returned=found is not None and found["pays"] == "returned")
    if refusal is not None:  # outside of the transaction, which keeps the record
        raise refusal


def _refusal_of_second(box: Sandbox) -> Refusal | None:
    refuses = box.features["second_payment"] == "refused"
    return Refusal(403, "This order is already paid") if refuses else None


def _refusal(order: sqlite3.Row, found: sqlite3.Row | None) -> Refusal | None:
    """Return OVH's refusal of a first payment, by the order's status or by the method."""
    if order["status"] != "notPaid":
        return Refusal(403, "This order can't be paid any more")
    if found is not None and found["status"] == "VALID" and found["listed"] and found["pays"] != "refused":
        return None
    named = "bankAccount" if found is None else OLD_NAMES.get(found["payment_type"], found["payment_type"])
    return Refusal(403, f"This order can't be paid with '{named}'")


def pay_by_person(box: Sandbox, number: int) -> None:
    """Pay by the order's form, as a person does; the form takes no second payment."""
    with box.state.write():
        order = orders.find(box, number)
        if order["status"] != "notPaid" or _paid(box, number):
            raise Refusal(409, f"The order {number} is {order['status']}")
        _record(box, number, "person", None)
        _move_on(box, number)


def pay_at_once(box: Sandbox, number: int, seconds: float) -> None:
    """Pay as OVH's own recredit does; delivered after these simulated seconds."""
    with box.state.write():
        _record(box, number, "recredit", None)
        _move_on(box, number, seconds=seconds)
        catch_up(box)


def _record(
    box: Sandbox,
    number: int,
    payer: str,
    method_id: int | None,
    *,
    accepted: bool = True,
    second: bool = False,
    late: float | None = None,
) -> None:
    until = box.clock.machine() + late if accepted and late is not None else None
    box.state.change(
        "INSERT INTO payments (order_id, payer, method, at, accepted, second, shown) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(number, payer, method_id, box.now, accepted, second, until),
    )


def _move_on(box: Sandbox, number: int, *, returned: bool = False, seconds: float | None = None) -> None:
    """Let an order that was just paid be checked and delivered, or unpaid again when the bank takes the money back."""
    takes = box.features["delivery_seconds"] if seconds is None else seconds
    after = [("notPaid", takes)] if returned else [("delivering", takes / 2), ("delivered", takes)]
    with box.state.write() as db:
        db.execute("UPDATE orders SET status = 'checking' WHERE id = ?", (number,))
        rows = [(number, status, box.now + later) for status, later in after]
        db.executemany("INSERT INTO due (order_id, status, at) VALUES (?, ?, ?)", rows)


def _paid(box: Sandbox, number: int) -> bool:
    return box.state.row(f"SELECT 1 FROM payments WHERE order_id = ? AND {_LIVE}", number) is not None


def status(box: Sandbox, order: sqlite3.Row) -> str:
    """Return the status that OVH shows: for a while still ``notPaid`` where a fault hides the payment."""
    hidden = box.state.row("SELECT 1 FROM payments WHERE order_id = ? AND shown > machine()", order["id"])
    return "notPaid" if hidden else str(order["status"])


def settle(box: Sandbox, number: int, status: str) -> None:
    """Set an order's status, as the control side does, and nothing follows from it by itself."""
    with box.state.write() as db:
        orders.find(box, number)
        db.execute("DELETE FROM due WHERE order_id = ?", (number,))
        if status in PAID and not _paid(box, number):
            _record(box, number, "person", None)
        _set(box, number, status, box.now)


def _set(box: Sandbox, number: int, status: str, at: float) -> None:
    """Set an order's status; the first time it is delivered, its credits follow, after ``credit_seconds``."""
    with box.state.write() as db:
        order = orders.find(box, number)
        db.execute("UPDATE orders SET status = ? WHERE id = ?", (status, number))
        if status == "notPaid":
            db.execute("UPDATE payments SET returned = 1 WHERE order_id = ? AND accepted", (number,))
        if status == "delivered" and not order["credited"]:
            db.execute("UPDATE terms SET delivered = ? WHERE order_id = ?", (at, number))
            late = box.features["credit_seconds"]
            if late and at + late > box.now:
                row = (number, _CREDITED, at + late)
                db.execute("INSERT INTO due (order_id, status, at) VALUES (?, ?, ?)", row)
            else:
                _credit(box, number)


def _credit(box: Sandbox, number: int) -> None:
    """Add the credits of a delivered order to its account, once."""
    with box.state.write() as db:
        order = orders.find(box, number)
        if not order["credited"]:
            db.execute("UPDATE orders SET credited = 1 WHERE id = ?", (number,))
            box.add_credits(order["account"], order["quantity"])


def expire(box: Sandbox, number: int, seconds: float) -> None:
    """Let an order end in so many simulated seconds if nobody pays it."""
    orders.find(box, number)
    box.state.change("UPDATE terms SET expires = ? WHERE order_id = ?", box.now + seconds, number)


_UNPAID_TOO_LONG = f"SELECT id FROM ({orders.FIND}) WHERE status = 'notPaid' AND expires <= ?"


def is_behind(box: Sandbox) -> bool:
    """Whether simulated time has reached a moment at which an order changes."""
    return (
        box.state.row("SELECT 1 FROM due WHERE at <= ? LIMIT 1", box.now) is not None
        or box.state.row(f"{_UNPAID_TOO_LONG} LIMIT 1", box.now) is not None
    )


def catch_up(box: Sandbox) -> None:
    """Give every order the status that simulated time has brought it."""
    with box.state.write() as db:
        for row in box.state.rows("SELECT * FROM due WHERE at <= ? ORDER BY at, id", box.now):
            db.execute("DELETE FROM due WHERE id = ?", (row["id"],))
            if row["status"] == _CREDITED:
                _credit(box, row["order_id"])
            else:
                _set(box, row["order_id"], row["status"], row["at"])
        for row in box.state.rows(_UNPAID_TOO_LONG, box.now):
            _set(box, row["id"], "cancelled", box.now)


def of_order(box: Sandbox, number: int) -> list[sqlite3.Row]:
    """List every call to pay an order and every payment of it."""
    return box.state.rows("SELECT * FROM payments WHERE order_id = ? ORDER BY id", number)
