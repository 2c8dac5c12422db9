"""Payment methods of the customer, and payments of orders."""

from typing import Any

from fastapi import APIRouter, Request

from ..models import Body
from ..sandbox import Box
from ..world import orders, payments

router = APIRouter()
# What a person could pay with by the order's form.
AVAILABLE = {
    **dict.fromkeys(("formSessionId", "merchantId", "organizationId", "paymentSubType")),
    "icon": {"data": None, "name": "credit-card", "url": None},
    "integration": "REDIRECT",
    "oneshot": True,
    "paymentType": "CREDIT_CARD",
    "registerable": True,
    "registerableWithTransaction": True,
}


class Method(Body):
    """A payment method by its id."""

    id: int


class Payment(Body):
    """The payment method for an order."""

    paymentMethod: Method


@router.get("/me/payment/method")
def methods(
    box: Box, default: bool | None = None, paymentType: str | None = None, status: str | None = None
) -> list[int]:
    found = box.state.rows(
        "SELECT id FROM payment_methods WHERE (:preset IS NULL OR is_default = :preset)"
        " AND (:kind IS NULL OR payment_type = :kind) AND (:status IS NULL OR status = :status) ORDER BY id",
        preset=default,
        kind=paymentType,
        status=status,
    )
    return [row["id"] for row in found]


@router.get("/me/payment/method/{paymentMethodId}")
def method(box: Box, paymentMethodId: int) -> dict[str, Any]:
    return payments.method(payments.find_method(box, paymentMethodId))


@router.get("/me/order/{orderId}/paymentMethods")
def of_order(box: Box, orderId: int) -> dict[str, Any]:
    orders.shown(box, orderId)
    found = payments.usable(box)
    return {
        "available": [AVAILABLE],
        "paymentMethods": [payments.method(row) for row in found],
        "registered": [row["id"] for row in found],
    }


@router.post("/me/order/{orderId}/pay")
def pay(box: Box, request: Request, orderId: int, body: Payment) -> None:
    """Pay at once; the order is checked, then delivered. Refused, as OVH often does, if the method cannot pay."""
    fault = request.scope.get("fault")
    payments.pay(box, orderId, body.paymentMethod.id, late=fault and fault.hides())
