"""Needs of credits: each time that an account falls short is one need, covered by one order or one transfer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Deposit:
    """The one order or transfer that covers a need, or may.

    :param kind: ``order`` or ``transfer``.
    :param state: of its attempt: ``pending``, ``succeeded`` or ``unknown``.
    :param status: of an order, as OVH names it; empty if it is not known.
    """

    kind: str
    state: str
    tag: str
    order_id: int | None = None
    status: str = ""
    quantity: float | None = None
    price_with_tax: float | None = None
    currency: str | None = None

    @property
    def is_open_unpaid(self) -> bool:
        """Whether it is an order that waits for its payment."""
        return self.kind == "order" and self.status == "not paid"


@dataclass(frozen=True, kw_only=True)
class Need:
    """One time that an account falls short.

    :param key: the same for every run until its order or transfer is over.
    :param number: orders and transfers of the account that are over.
    :param deposit: its order or transfer; ``None`` if there is none yet.
    """

    key: str
    account: str
    number: int
    deposit: Deposit | None = None

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def from_xcom(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_xcom` made."""
        found = values["deposit"]
        return cls(**{**values, "deposit": Deposit(**found) if found else None})


def current_need(client: OvhSmsClient, store: Store, clock: Clock) -> Need:
    """Return the need of an account as it stands."""
    raise NotImplementedError
