"""OVH's own recredit of an account: OVH buys credits by itself when few are left."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ovh_sms.credits.needs import current_need
from ovh_sms.errors import OpenOrderExists
from ovh_sms.store.models import ORDER

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.store import Store


@dataclass(frozen=True, kw_only=True)
class RecreditResult:
    """OVH's own recredit of an account, as it is set now.

    :param changed: whether it was set just now.
    :param threshold: credits below which OVH buys; ``None`` if it is off.
    :param quantity: credits that OVH buys; ``None`` if it is off.
    """

    account: str
    changed: bool
    threshold: float | None
    quantity: int | None

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def set_recredit(client: OvhSmsClient, store: Store, threshold: float | None, quantity: int | None) -> RecreditResult:
    """Set OVH's own recredit, if it is not set so already: the same again changes nothing.

    :param threshold: credits below which OVH buys.
    :param quantity: credits that OVH buys; ``None`` switches it off.
    :raises OpenOrderExists: it would be switched on while an order of this package is open, or may be.
    :raises OutcomeUnknown: it may have been set; the next try reads it first.

    Source: GET and PUT ``/sms/{serviceName}``, GET ``/me/order/{orderId}/status`` of an order that is not closed.
    """
    found = client.account.get()
    wanted = (threshold, quantity) if quantity is not None else (None, None)
    known = (found.recredit_threshold, found.recredit_amount) if found.is_recredited else (None, None)
    if quantity is not None and not found.is_recredited:
        _refuse_beside_order(client, store)
    if known != wanted:
        client.account.set_recredit(threshold or 0, quantity)
    return RecreditResult(account=client.account_name, changed=known != wanted, threshold=wanted[0], quantity=wanted[1])


def _refuse_beside_order(client: OvhSmsClient, store: Store) -> None:
    """Refuse to have OVH buy credits while an order can still be paid, or may be made: they would come both ways."""
    order = current_need(client, store, store.clock).deposit
    if order is None or order.kind != ORDER:
        return
    named = f"The order {order.order_id}" if order.order_id else f"An order with the tag {order.tag}"
    state = f"status {order.status}" if order.status else "OVH does not list it yet"
    raise OpenOrderExists(
        f"{named} for {client.account_name} is open ({state}): with OVH's own recredit credits would come both ways.",
        action="The recredit was not switched on. Pay or cancel the order in OVH's manager, then run the task again.",
    )
