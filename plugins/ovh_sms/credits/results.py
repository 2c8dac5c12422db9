"""Results of orders, payments and transfers of credits, as tasks pass them on: ids, credits and prices, no link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

#: The ends of a payment. After ``refused``, ``no method`` and ``too dear`` a person pays.
PAID, REFUSED, NO_METHOD, ALREADY_PAID, CLOSED = "paid", "refused", "no method", "already paid", "closed"
TOO_DEAR, DOCUMENTS = "too dear", "documents requested"


class Result:
    """A result that tasks pass on as plain JSON values."""

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_xcom(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_xcom` made."""
        return cls(**{each.name: values[each.name] for each in fields(cls)})  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class OrderResult(Result):
    """The order of a need.

    :param ordered: whether this run ordered, by this try or an earlier one.
    :param need: key of the need.
    :param credits_left: credits before the order; ``None`` if they were not read.
    :param order_id: OVH's id of the order; ``None`` if nothing is ordered.
    :param status: the order's, as OVH names it; empty without an order.
    :param covered_by: ``order`` or ``transfer`` if one of another run covers the need; else empty.
    """

    ordered: bool
    account: str
    need: str
    credits_left: float | None = None
    order_id: int | None = None
    status: str = ""
    quantity: int | None = None
    price_with_tax: float | None = None
    price_without_tax: float | None = None
    currency: str | None = None
    covered_by: str = ""


@dataclass(frozen=True, kw_only=True)
class PayResult(Result):
    """The payment of an order.

    :param result: ``paid`` (accepted, OVH may still check it), ``refused``, ``no method``, ``too dear`` (it costs more
        than was allowed), ``documents requested`` (OVH wants to see some first), ``already paid`` or ``closed``.
    :param status: the order's, as OVH names it.
    :param method: kind of the default payment method, such as ``SEPA_DIRECT_DEBIT``; empty if none was used.
    :param reason: OVH's words if it refused; the prices if it is too dear.
    """

    result: str
    order_id: int
    account: str
    status: str = ""
    method: str = ""
    reason: str = ""

    @property
    def to_be_paid(self) -> bool:
        """Whether a person must pay the order."""
        return self.result in {REFUSED, NO_METHOD, TOO_DEAR}


@dataclass(frozen=True, kw_only=True)
class TransferResult(Result):
    """The transfer of a need.

    :param transferred: whether this run transferred, by this try or an earlier one.
    :param need: key of the target's need.
    :param source_before: credits of the source right before the transfer; ``None`` if they were not read.
    :param target_after: credits of the target right after it.
    :param covered_by: ``order`` or ``transfer`` if one of another run covers the need; else empty.
    """

    transferred: bool
    source: str
    target: str
    need: str
    credits: float = 0.0
    source_before: float | None = None
    source_after: float | None = None
    target_before: float | None = None
    target_after: float | None = None
    covered_by: str = ""
