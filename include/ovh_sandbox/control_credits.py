"""The control side of credits: payment methods, and the acts of a person or of time on orders."""

from typing import Any, Literal

from fastapi import APIRouter, HTTPException

from .errors import Refusal
from .models import Strict
from .sandbox import Box
from .world import payments

router = APIRouter()
MethodStatus = Literal[
    "CANCELED",
    "CANCELING",
    "CREATED",
    "CREATING",
    "ERROR",
    "EXPIRED",
    "FAILED",
    "MAINTENANCE",
    "PAUSED",
    "REJECTED",
    "REPLACED",
    "VALID",
    "VALIDATING",
]


class NewMethod(Strict):
    """A payment method to register.

    ``pays`` is the answer to a payment with it: accepted, refused at once, or accepted and returned by the bank after
    the time of a delivery. OVH does not name it as usable on orders unless it is ``listed``, and then refuses it.
    """

    payment_type: str = "SEPA_DIRECT_DEBIT"
    status: MethodStatus = "VALID"
    is_default: bool = True
    pays: Literal["accepted", "refused", "returned"] = "accepted"
    listed: bool = True


class MethodChanges(Strict):
    """Changes of a payment method; fields left out stay as they are."""

    payment_type: str | None = None
    status: MethodStatus | None = None
    is_default: bool | None = None
    pays: Literal["accepted", "refused", "returned"] | None = None
    listed: bool | None = None


def _plain(refusal: Refusal) -> HTTPException:
    return HTTPException(refusal.status, refusal.message)


@router.get("/payment_methods")
def methods(box: Box) -> list[dict[str, Any]]:
    found = box.state.rows("SELECT * FROM payment_methods ORDER BY id")
    return [{**dict(row), **{name: bool(row[name]) for name in ("is_default", "listed")}} for row in found]


@router.post("/payment_methods")
def add_method(box: Box, new: NewMethod) -> dict[str, int]:
    return {"id": payments.add_method(box, new.model_dump())}


@router.patch("/payment_methods/{number}")
def change_method(box: Box, number: int, changes: MethodChanges) -> None:
    try:
        payments.change_method(box, number, changes.model_dump(exclude_none=True))
    except Refusal as refusal:
        raise _plain(refusal) from None


@router.delete("/payment_methods/{number}")
def delete_method(box: Box, number: int) -> None:
    box.state.change("DELETE FROM payment_methods WHERE id = ?", number)


@router.post("/orders/{order}/pay")
def pay(box: Box, order: int) -> None:
    """Pay an order by its form, as a person does; refused with 409 if it is not open."""
    try:
        payments.pay_by_person(box, order)
    except Refusal as refusal:
        raise _plain(refusal) from None
