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
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return {"enable": "enabled", "disable": "disabled"}.get(name, spaced)


def _utc(value: object) -> datetime:
    """Read OVH's ISO 8601 text; a date without offset is in UTC."""
    try:
        moment = datetime.fromisoformat(value)  # type: ignore[arg-type]  # OVH may answer anything
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("no date") from None  # without the value


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
        """Read one object from an answer; a ``ValueError`` if the body is no such object."""
        return cls.model_validate_json(answer.json_content)


class Account(OvhObject):
    """One SMS account; its users hold ``credits_held``, and ``credits_left`` can be spent and may be a fraction.

    If ``recredit_amount`` is set, OVH buys so many credits by itself when fewer than ``recredit_threshold`` are left.
    """

    name: str
    description: str = ""
    status: Status
    channel: str = ""
    credits_left: float = Field(alias="creditsLeft")
    credits_held: float = Field(default=0.0, alias="creditsHoldByQuota")
    recredit_amount: int | None = Field(default=None, alias="automaticRecreditAmount")
    recredit_threshold: float = Field(default=0.0, alias="creditThresholdForAutomaticRecredit")

    @property
    def is_recredited(self) -> bool:
        """Whether OVH buys credits by itself when few are left."""
        return bool(self.recredit_amount)


class AccessRule(OvhObject):
    """One access rule of a consumer key; ``*`` in the path matches anything."""

    method: str
    path: str


class Rights(OvhObject):
    """Rights of the consumer key in use, and its end."""

    rules: list[AccessRule] = []
    status: str
    expires: Moment | None = Field(default=None, alias="expiration")


class BlacklistEntry(OvhObject):
    """One person who answered STOP, and the message or OVH's batch that was answered, if OVH knows it."""

    number: str = Field(repr=False)
    created: Moment = Field(alias="dateCreation")
    outgoing_id: int | None = Field(default=None, alias="smsOutgoingID")
    ovh_batch_id: str | None = Field(default=None, alias="batchID")


class ReceiversSlot(OvhObject):
    """One of the account's receivers slots, 1 to 9; ``created`` is the time of its last load."""

    number: int = Field(alias="slotId")
    description: str
    records: int
    created: Moment = Field(alias="datetime")


class Document(OvhObject):
    """One file that OVH keeps for a while. Its signed addresses need no keys; its size is 0 while it is empty."""

    id: str
    name: str
    size: int
    created: Moment = Field(alias="creationDate")
    expires: Moment | None = Field(default=None, alias="expirationDate")
    get_url: str = Field(alias="getUrl", repr=False)
    put_url: str = Field(alias="putUrl", repr=False)


class Estimate(OvhObject):
    """Length of one message as OVH counts it; the encoding is ``7bits`` or ``unicode``."""

    characters: int
    encoding: str = Field(alias="charactersClass")
    per_segment: int = Field(alias="maxCharactersPerPart")
    segments: int = Field(alias="parts")


class SubmissionResult(OvhObject):
    """OVH's answer to one submission; ``ids`` may be empty although OVH accepted the request."""

    ids: list[int] = Field(repr=False)
    accepted: list[str] = Field(default=[], alias="validReceivers", repr=False)
    refused: list[str] = Field(default=[], alias="invalidReceivers", repr=False)
    credits_removed: float = Field(alias="totalCreditsRemoved")
    tag: str = ""


class Message(OvhObject):
    """Common fields of pending and outgoing messages."""

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
    """Meaning of one operator code; its duration is ``permanent``, ``temporary`` or ``indeterminated``."""

    comment: str = ""
    description: str = ""
    duration: str


class Rate(OvhObject):
    """Price of one segment to one country, in credits and in money without tax."""

    country: str
    credits: float = Field(alias="credit")
    price: float = Field(validation_alias=AliasPath("price", "value"))
    currency: str = Field(validation_alias=AliasPath("price", "currencyCode"))


class CreditPack(OvhObject):
    """Price of one credit, without tax, in orders from ``minimum`` credits to less than ``below``, if it is set.

    During a promotional event OVH also gives ``discount_percent`` and the price with it.
    """

    minimum: int = Field(alias="creditQuantityMin")
    below: int | None = Field(default=None, alias="creditQuantityMax")
    credit_price: float = Field(validation_alias=AliasPath("creditPrice", "value"))
    currency: str = Field(validation_alias=AliasPath("creditPrice", "currencyCode"))
    discount_percent: int = Field(default=0, alias="discountPercentage")
    discount_price: float | None = Field(default=None, validation_alias=AliasPath("discountCreditPrice", "value"))

    @property
    def price_now(self) -> float:
        """The price of one credit today, with the discount if there is one."""
        return self.credit_price if self.discount_price is None else self.discount_price


class Contract(OvhObject):
    """Terms that go with an order."""

    name: str = ""
    url: str = ""


class Order(OvhObject):
    """An order of credits, which a person pays at its address; a quote has neither id nor address.

    The discount ``reduction``, without tax, is taken from the prices already. The address carries a password, so
    printing the object shows none.
    """

    order_id: int | None = Field(default=None, alias="orderId")
    url: Annotated[str | None, AfterValidator(lambda url: url or None)] = Field(default=None, repr=False)
    price_with_tax: float = Field(validation_alias=AliasPath("prices", "withTax", "value"))
    price_without_tax: float = Field(validation_alias=AliasPath("prices", "withoutTax", "value"))
    tax: float = Field(validation_alias=AliasPath("prices", "tax", "value"))
    reduction: float = Field(default=0.0, validation_alias=AliasPath("prices", "reduction", "value"))
    currency: str = Field(validation_alias=AliasPath("prices", "withTax", "currencyCode"))
    text: str = Field(validation_alias=AliasPath("prices", "withTax", "text"))
    contracts: list[Contract] = []


class OrderForm(OvhObject):
    """Address, dates and price of an order that was made before; OVH closes it at ``expires`` if nobody has paid it.

    Its address carries a password, so printing the object shows none.
    """

    url: str = Field(default="", repr=False)
    date: Moment | None = None
    expires: Moment | None = Field(default=None, alias="expirationDate")
    price_with_tax: float | None = Field(default=None, validation_alias=AliasPath("priceWithTax", "value"))
    price_without_tax: float | None = Field(default=None, validation_alias=AliasPath("priceWithoutTax", "value"))
    tax: float | None = Field(default=None, validation_alias=AliasPath("tax", "value"))
    currency: str = Field(default="", validation_alias=AliasPath("priceWithTax", "currencyCode"))


class PaymentMethod(OvhObject):
    """One registered payment method of the customer, such as ``SEPA_DIRECT_DEBIT``."""

    id: int = Field(alias="paymentMethodId")
    kind: str = Field(alias="paymentType")
    status: str
    is_default: bool = Field(default=False, alias="default")
    expires: Moment | None = Field(default=None, alias="expirationDate")

    @property
    def is_valid(self) -> bool:
        """Whether OVH has validated it, so that an order can be paid with it."""
        return self.status == "VALID"


class OrderPaymentMethods(OvhObject):
    """Ids of the registered payment methods with which one order can be paid."""

    registered: list[int] = []


class OrderLine(OvhObject):
    """One line of an order, and the service that it names, such as an SMS account; empty if it names none."""

    domain: str = ""
    quantity: str = ""


class ExportStarted(OvhObject):
    """An older form of the answer to a new export."""

    document_id: str = Field(alias="docId")


class Token(OvhObject):
    """An OAuth2 token, and the seconds of its life."""

    access_token: str = Field(repr=False)
    expires_in: float
