"""Objects that OVH holds and answers, under the names of a campaign.

A missing field, or one of another type, makes the answer unreadable. ``null`` counts as missing.
Printing an object, or an error about one, shows no phone number, no message and no signed address.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, AliasPath, BaseModel, ConfigDict, Field, PlainValidator, model_validator

from ovh_sms.api.answer import Answer

Priority = Literal["high", "medium", "low", "veryLow"]
SenderType = Literal["alpha", "numeric", "shortcode", "virtual"]


def words(name: str) -> str:
    """Write one of OVH's status names in words: ``waitingValidation`` becomes ``waiting validation``."""
    known = {"enable": "enabled", "disable": "disabled"}
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return known.get(name, spaced)


def _utc(value: object) -> datetime:
    """Read OVH's ISO 8601 text; a date without offset is in UTC."""
    try:
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type]  # OVH may answer anything
    except (TypeError, ValueError):
        raise ValueError("no date") from None  # without the value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


Moment = Annotated[datetime, PlainValidator(_utc)]
Status = Annotated[str, AfterValidator(words)]


class OvhObject(BaseModel):
    """Base of all objects read from OVH: frozen, and exact about types."""

    model_config = ConfigDict(
        frozen=True, strict=True, hide_input_in_errors=True, allow_inf_nan=False, defer_build=True
    )

    @model_validator(mode="before")
    @classmethod
    def _without_null(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value is not None}
        return data

    @classmethod
    def read(cls, answer: Answer) -> Self:
        """Read one object from an answer.

        :raises ValueError: the body is not such an object.
        """
        return cls.model_validate_json(answer.content)


class Account(OvhObject):
    """One SMS account.

    :param credits_left: credits that can be spent; may be a fraction.
    :param credits_held: credits set aside for the account's users.
    """

    name: str
    description: str = ""
    status: Status
    credits_left: float = Field(alias="creditsLeft")
    credits_held: float = Field(default=0.0, alias="creditsHoldByQuota")


class AccessRule(OvhObject):
    """One access rule of a consumer key; ``*`` in the path matches anything."""

    method: str
    path: str


class Rights(OvhObject):
    """Rights of the consumer key in use.

    :param status: ``validated``, ``pendingValidation``, ``expired``, …
    :param expires: end of the consumer key; ``None`` for never.
    """

    rules: list[AccessRule] = []
    status: str
    expires: Moment | None = Field(default=None, alias="expiration")


class Sender(OvhObject):
    """One sender of the account.

    :param status: ``enabled``, ``disabled``, ``refused`` or ``waiting validation``.
    :param comment: OVH's remark, often the reason of a refusal.
    """

    name: str = Field(alias="sender")
    status: Status
    comment: str = ""

    @property
    def is_enabled(self) -> bool:
        """Whether a campaign may use it now."""
        return self.status == "enabled"


class BlacklistEntry(OvhObject):
    """One person who answered STOP.

    :param outgoing_id: the message that was answered, if OVH knows it.
    """

    number: str = Field(repr=False)
    created: Moment = Field(alias="dateCreation")
    outgoing_id: int | None = Field(default=None, alias="smsOutgoingID")


class ReceiversSlot(OvhObject):
    """One of the account's receivers slots.

    :param number: 1 to 9.
    :param records: number of receivers in it.
    :param created: time of its last load.
    """

    number: int = Field(alias="slotId")
    description: str
    records: int
    created: Moment = Field(alias="datetime")


class Document(OvhObject):
    """One file that OVH keeps for a while.

    :param size: bytes; 0 while it is empty.
    :param get_url: signed address for reading, valid without keys.
    :param put_url: signed address for writing, valid without keys.
    """

    id: str
    name: str
    size: int
    created: Moment = Field(alias="creationDate")
    expires: Moment | None = Field(default=None, alias="expirationDate")
    get_url: str = Field(alias="getUrl", repr=False)
    put_url: str = Field(alias="putUrl", repr=False)


class Estimate(OvhObject):
    """Length of one message as OVH counts it.

    :param encoding: ``7bits`` or ``unicode``.
    :param per_segment: most characters in one segment of a message of this length.
    """

    characters: int
    encoding: str = Field(alias="charactersClass")
    per_segment: int = Field(alias="maxCharactersPerPart")
    segments: int = Field(alias="parts")


class SubmissionResult(OvhObject):
    """OVH's answer to one submission.

    :param ids: one id for each accepted message; may be empty although the request was accepted.
    :param accepted: numbers that OVH accepted.
    :param refused: numbers that OVH refused.
    :param credits_removed: credits that it cost.
    """

    ids: list[int] = Field(repr=False)
    accepted: list[str] = Field(default=[], alias="validReceivers", repr=False)
    refused: list[str] = Field(default=[], alias="invalidReceivers", repr=False)
    credits_removed: float = Field(alias="totalCreditsRemoved")
    tag: str = ""


class Message(OvhObject):
    """Common fields of pending and outgoing messages.

    :param delay_minutes: minutes between creation and departure.
    """

    id: int
    receiver: str = Field(repr=False)
    sender: str = ""
    created: Moment = Field(alias="creationDatetime")
    delay_minutes: int = Field(alias="differedDelivery")
    segments: int = Field(alias="numberOfSms")
    credits: float
    delivery_receipt: int = Field(alias="deliveryReceipt")
    operator_code: int = Field(alias="ptt")


class PendingMessage(Message):
    """One message that waits to be sent. OVH keeps no tag on it."""

    message: str = Field(repr=False)


class OutgoingMessage(Message):
    """One message that went out, with its delivery receipt."""

    message: str = Field(default="", repr=False)
    tag: str = ""
    sent_at: Moment | None = Field(default=None, alias="sentAt")
    delivered_at: Moment | None = Field(default=None, alias="deliveredAt")


class OperatorCode(OvhObject):
    """Meaning of one operator code.

    :param duration: ``permanent``, ``temporary`` or ``indeterminated``.
    """

    comment: str = ""
    description: str = ""
    duration: str


class Rate(OvhObject):
    """Price of one segment to one country.

    :param credits: credits for one segment.
    :param price: money for one segment, without tax.
    """

    country: str
    credits: float = Field(alias="credit")
    price: float = Field(validation_alias=AliasPath("price", "value"))
    currency: str = Field(validation_alias=AliasPath("price", "currencyCode"))


class CreditPack(OvhObject):
    """Price of credits in orders of one size.

    :param minimum: fewest credits for this price.
    :param below: the price ends below this many credits; ``None`` for the largest orders.
    :param credit_price: money for one credit, without tax.
    """

    minimum: int = Field(alias="creditQuantityMin")
    below: int | None = Field(default=None, alias="creditQuantityMax")
    credit_price: float = Field(validation_alias=AliasPath("creditPrice", "value"))
    currency: str = Field(validation_alias=AliasPath("creditPrice", "currencyCode"))


class Contract(OvhObject):
    """Terms that go with an order."""

    name: str = ""
    url: str = ""


class Order(OvhObject):
    """An order of credits, or a quote for one.

    :param order_id: ``None`` for a quote.
    :param url: address of the order form, on which a person pays; ``None`` for a quote.
    :param text: price with tax as OVH writes it.
    """

    order_id: int | None = Field(default=None, alias="orderId")
    url: Annotated[str | None, AfterValidator(lambda url: url or None)] = None
    price_with_tax: float = Field(validation_alias=AliasPath("prices", "withTax", "value"))
    price_without_tax: float = Field(validation_alias=AliasPath("prices", "withoutTax", "value"))
    tax: float = Field(validation_alias=AliasPath("prices", "tax", "value"))
    currency: str = Field(validation_alias=AliasPath("prices", "withTax", "currencyCode"))
    text: str = Field(validation_alias=AliasPath("prices", "withTax", "text"))
    contracts: list[Contract] = []


class OrderForm(OvhObject):
    """Address and date of an order that was made before."""

    url: str = ""
    date: Moment | None = None


class OrderLine(OvhObject):
    """One line of an order.

    :param domain: name of the service, such as an SMS account; empty if the line names none.
    """

    domain: str = ""


class ExportStarted(OvhObject):
    """An older form of the answer to a new export."""

    document_id: str = Field(alias="docId")


class Token(OvhObject):
    """An OAuth2 token.

    :param expires_in: seconds.
    """

    access_token: str = Field(repr=False)
    expires_in: float
