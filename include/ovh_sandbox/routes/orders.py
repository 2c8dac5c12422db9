"""Orders of credits."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from ..models import Body
from ..sandbox import Box
from ..world import orders, payments
from .outgoing import moment

router = APIRouter()


class NewOrder(Body):
    """Credits to be ordered."""

    quantity: int


@router.get("/order/sms")
def orderable(box: Box) -> list[str]:
    found = box.state.rows("SELECT name FROM accounts WHERE NOT expired ORDER BY name")
    return [row["name"] for row in found]


@router.get("/order/sms/{serviceName}")
def options(box: Box, serviceName: str) -> list[str]:
    return ["credits"]


@router.get("/order/sms/{serviceName}/credits")
def quote(box: Box, serviceName: str, quantity: int) -> dict[str, Any]:
    return orders.quote(box, serviceName, quantity)


@router.post("/order/sms/{serviceName}/credits")
def make(box: Box, request: Request, serviceName: str, new: NewOrder) -> dict[str, Any]:
    """Order; the answer carries the link to the order's form, where a person pays."""
    fault = request.scope.get("fault")
    return orders.made(orders.make(box, serviceName, new.quantity, late=fault and fault.hides()))


@router.get("/me/order")
def every(
    box: Box,
    since: Annotated[str | None, Query(alias="date.from")] = None,
    until: Annotated[str | None, Query(alias="date.to")] = None,
) -> list[int]:
    found = box.state.rows(
        f"SELECT id FROM orders o WHERE created >= ? AND created <= ? AND {orders.LISTED} ORDER BY id",
        moment("date.from", since) or 0,
        moment("date.to", until) or 1e12,
    )
    return [row["id"] for row in found]


@router.get("/me/order/{orderId}")
def one(box: Box, orderId: int) -> dict[str, Any]:
    return orders.bill(orders.shown(box, orderId))


@router.get("/me/order/{orderId}/status")
def status(box: Box, orderId: int) -> str:
    return payments.status(box, orders.shown(box, orderId))


@router.get("/me/order/{orderId}/details")
def details(box: Box, orderId: int) -> list[int]:
    return orders.detail_ids(box, orders.shown(box, orderId))


@router.get("/me/order/{orderId}/details/{orderDetailId}")
def detail(box: Box, orderId: int, orderDetailId: int) -> dict[str, Any]:
    return orders.detail(box, orders.shown(box, orderId), orderDetailId)
