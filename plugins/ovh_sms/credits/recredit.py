"""OVH's own recredit of an account: OVH buys credits by itself when few are left."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient


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


def set_recredit(client: OvhSmsClient, threshold: float | None, quantity: int | None) -> RecreditResult:
    """Set OVH's own recredit, if it is not set so already: the same again changes nothing.

    :param threshold: credits below which OVH buys.
    :param quantity: credits that OVH buys; ``None`` switches it off.
    :raises OutcomeUnknown: it may have been set; the next try reads it first.

    Source: GET and PUT ``/sms/{serviceName}``.
    """
    found = client.account.get()
    wanted = (threshold, quantity) if quantity is not None else (None, None)
    known = (found.recredit_threshold, found.recredit_amount) if found.is_recredited else (None, None)
    if known != wanted:
        client.account.set_recredit(threshold or 0, quantity)
    return RecreditResult(account=client.account_name, changed=known != wanted, threshold=wanted[0], quantity=wanted[1])
