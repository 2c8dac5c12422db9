"""What OVH holds and answers, in the words of a campaign.

Printing an object shows no phone number, no message and no signed address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Account:
    """One SMS account: what it is called and what is left on it.

    :param credits_left: credits that can be spent; may be a fraction.
    :param credits_held: credits set aside for the account's users.
    """

    name: str
    description: str
    status: str
    credits_left: float
    credits_held: float


@dataclass(frozen=True)
class Sender:
    """One sender name of the account.

    :param status: ``enabled``, ``disabled``, ``refused`` or ``waiting validation``.
    :param comment: what OVH says about it, often why it was refused.
    """

    name: str
    status: str
    comment: str

    @property
    def is_enabled(self) -> bool:
        """Whether a campaign may use it now."""
        return self.status == "enabled"


@dataclass(frozen=True)
class Estimate:
    """Length of one message as OVH counts it.

    :param encoding: ``7bits`` or ``unicode``.
    :param per_part: most characters in one part, for a message of this length.
    """

    characters: int
    encoding: str
    per_part: int
    parts: int


@dataclass(frozen=True)
class Slot:
    """One of the account's receivers lists.

    :param number: 1 to 9.
    :param records: receivers in it.
    :param created: when the list was last loaded.
    """

    number: int
    description: str
    records: int
    created: datetime


@dataclass(frozen=True)
class Document:
    """One file kept at OVH for a while.

    :param size: bytes; 0 as long as nothing is in it.
    :param get_url: signed address to read from, good without keys.
    :param put_url: signed address to write to, good without keys.
    """

    id: str
    name: str
    size: int
    created: datetime
    expires: datetime | None
    get_url: str = field(repr=False)
    put_url: str = field(repr=False)


@dataclass(frozen=True)
class JobAnswer:
    """What OVH made of one sending.

    :param ids: one id per message accepted; may be empty although the request was accepted.
    :param valid: numbers accepted.
    :param invalid: numbers refused.
    :param credits_removed: credits taken for it.
    """

    ids: list[int] = field(repr=False)
    valid: list[str] = field(repr=False)
    invalid: list[str] = field(repr=False)
    credits_removed: float
    tag: str


@dataclass(frozen=True)
class Job:
    """One message that waits to be sent. OVH keeps no tag on it.

    :param delay_minutes: minutes between creation and sending.
    """

    id: int
    receiver: str = field(repr=False)
    message: str = field(repr=False)
    sender: str
    created: datetime
    delay_minutes: int
    parts: int
    credits: float
    delivery_receipt: int
    operator_code: int


@dataclass(frozen=True)
class Outgoing:
    """One message as it went out, and what became of it."""

    id: int
    receiver: str = field(repr=False)
    message: str = field(repr=False)
    sender: str
    tag: str
    created: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    delay_minutes: int
    parts: int
    credits: float
    delivery_receipt: int
    operator_code: int


@dataclass(frozen=True)
class BlacklistEntry:
    """One person who answered STOP.

    :param outgoing_id: the message that was answered, where OVH knows it.
    """

    number: str = field(repr=False)
    created: datetime
    outgoing_id: int | None


@dataclass(frozen=True)
class OperatorCode:
    """Meaning of one operator code.

    :param duration: ``permanent``, ``temporary`` or ``indeterminated``.
    """

    code: int
    comment: str
    description: str
    duration: str


@dataclass(frozen=True)
class Rate:
    """Price of one part to one country.

    :param credits: credits per part.
    :param price: money per part, without tax.
    """

    country: str
    credits: float
    price: float
    currency: str


@dataclass(frozen=True)
class Pack:
    """Price of credits by the size of the order.

    :param minimum: fewest credits for this price.
    :param below: the price ends below this many credits; ``None`` at the top.
    :param credit_price: money per credit, without tax.
    """

    minimum: int
    below: int | None
    credit_price: float
    currency: str


@dataclass(frozen=True)
class Order:
    """An order of credits, or a quote for one.

    :param order_id: ``None`` for a quote.
    :param url: address of the order form, where a person pays; ``None`` for a quote.
    :param text: price with tax as OVH writes it.
    :param contracts: names and addresses of the terms that go with it.
    """

    order_id: int | None
    url: str | None
    price_with_tax: float
    price_without_tax: float
    tax: float
    currency: str
    text: str
    contracts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class OpenOrder:
    """An order that is neither delivered nor cancelled.

    :param status: ``not paid``, ``checking``, ``delivering``, ``documents requested`` or ``unknown``.
    :param certain: whether a line names this account; otherwise it only cannot be told whose order it is.
    """

    id: int
    status: str
    url: str
    created: datetime | None
    certain: bool


@dataclass(frozen=True)
class Rights:
    """What the keys in use may do.

    :param rules: pairs of method and path, ``*`` standing for anything.
    :param status: ``validated``, ``pendingValidation``, ``expired``, …
    :param expires: when the consumer key ends; ``None`` for never.
    """

    rules: tuple[tuple[str, str], ...]
    status: str
    expires: datetime | None


Priority = Literal["high", "medium", "low", "veryLow"]
SenderType = Literal["alpha", "numeric", "shortcode", "virtual"]
