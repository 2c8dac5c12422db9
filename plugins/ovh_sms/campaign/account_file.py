"""The account file: when an SMS account gets credits, how many, at which price, and who approves and pays them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from ovh_sms.campaign.account_usage import UsageRules
from ovh_sms.campaign.account_users import AccountUsers
from ovh_sms.campaign.alternatives import CHOSEN, OTHER, chosen_for
from ovh_sms.campaign.dag_ids import NAME, TASK_NAMES
from ovh_sms.campaign.notifiers import NotifierEntry
from ovh_sms.campaign.replies import AccountReplies
from ovh_sms.campaign.yaml_files import NamedFile, Strict

#: Credits that OVH buys by itself at a time.
RECREDIT_QUANTITIES = (100, 200, 250, 500, 1000, 5000, 10000)

Credits = Annotated[float, Field(gt=0, le=10_000_000)]
Quantity = Annotated[int, Field(ge=100, le=1_000_000)]
Price = Annotated[float, Field(gt=0, le=1_000_000)]

#: Fields of orders and transfers: none of them goes with OVH's own recredit.
_OF_NEEDS = (
    "threshold",
    "cover_days",
    "quantity",
    "packs",
    "max_price",
    "max_per_month",
    "approval",
    "pay",
    "transfer",
)
#: Fields that an order needs, or that only an order has.
_OF_ORDERS = ("quantity", "packs", "max_price", "max_per_month", "approval", "pay")


class Approval(Strict):
    """The orders that a person approves in Airflow before they are made.

    :param above: price with tax; a dearer order is made only once a person has approved it.
    :param by: users of Airflow who may answer; everybody who may edit the DAG if there are none.
    :param within_hours: without an answer for so long the order is rejected.
    """

    above: Annotated[float, Field(ge=0, le=1_000_000)]
    by: tuple[Annotated[str, Field(min_length=1, max_length=250)], ...] = ()
    within_hours: Annotated[float, Field(gt=0, le=168)] = 24


class TransferRule(Strict):
    """The account that gives its credits before any are ordered.

    :param source: name of another account file; the field is called ``from``.
    :param keep: credits that the source keeps at least; what its own file asks for if that is more. What its campaigns
        have reserved stays besides.
    """

    source: Annotated[str, Field(alias="from", pattern=f"^{NAME.pattern}$")]
    keep: Annotated[float, Field(ge=0, le=10_000_000)] = 0


class Recredit(Strict):
    """OVH's own recredit: OVH itself buys credits, by direct debit, and asks nobody.

    :param threshold: credits below which OVH buys.
    :param quantity: credits that it buys at a time: 100, 200, 250, 500, 1000, 5000 or 10000.
    """

    threshold: Annotated[int, Field(ge=1, le=10_000_000)]
    quantity: int

    @field_validator("quantity")
    @classmethod
    def _is_sold(cls, quantity: int) -> int:
        if quantity not in RECREDIT_QUANTITIES:
            *first, last = map(str, RECREDIT_QUANTITIES)
            raise ValueError(f"OVH recredits by {', '.join(first)} or {last}")
        return quantity


def _read_off(given: Any) -> Any:
    """Read ``off``, which is false to YAML."""
    if given is False or given == "off":
        return "off"
    raise ValueError("give `threshold` and `quantity` below it, or `recredit: off`")


_Off = Annotated[Literal["off"], BeforeValidator(_read_off, json_schema_input_type=Literal["off", False])]


class AccountFile(NamedFile):
    """When an SMS account gets credits, and how many.

    The account falls short of its credits if it holds fewer than ``threshold``, or fewer than ``cover_days`` of its
    forecast will take. Then credits are transferred to it (``transfer``) or ordered.

    :param name: from the file's name.
    :param connection: Airflow connection to OVH.
    :param account: SMS account; the connection's own if not given.
    :param threshold: credits that the account should hold at least; or
    :param cover_days: days for which its credits should last, by the upper end of the forecast.
    :param quantity: credits of one order; or
    :param packs: sizes of an order; the cheapest per credit of those that fit the need is taken.
    :param max_price: highest price of one order with tax, in the account's currency.
    :param max_per_month: highest price with tax of all orders in a calendar month.
    :param approval: the orders that a person approves.
    :param pay: ``never`` leaves each order to a person; ``default_method`` pays with the customer's default method.
    :param notify: notifiers that report orders, open orders, questions, rejections and payments that were refused.
    :param notify_link: link of a notification: ``page`` of this project, or ``ovh``'s own, which carries a password.
    :param transfer: the account that gives its credits first.
    :param recredit: OVH's own recredit instead of orders; ``off`` switches it off at OVH.
    :param replies: the words of replies that start something, whichever campaign they answer.
    :param ovh_batches_merge: a person has read on a phone that OVH fills ``#column#`` in its batches.
    :param users: the users of the account, with their quotas and settings.
    :param dead_after: runs that could not reach a number for good, from which on the account's campaigns leave it out.
    :param usage: who pays for the account's usage, and at which price.
    """

    name: Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
    connection: str = "ovh_sms_default"
    account: str | None = None
    threshold: Credits | None = None
    cover_days: Annotated[float, Field(gt=0, le=365)] | None = None
    quantity: Quantity | None = None
    packs: Annotated[tuple[Quantity, ...], Field(min_length=1)] | None = None
    max_price: Price | None = None
    max_per_month: Price | None = None
    approval: Approval | None = None
    pay: Literal["never", "default_method"] = "never"
    notify: tuple[NotifierEntry, ...] | None = None
    notify_link: Literal["page", "ovh"] = "page"
    transfer: TransferRule | None = None
    recredit: Annotated[Annotated[Recredit, CHOSEN] | Annotated[_Off, OTHER], chosen_for(dict)] | None = None
    replies: AccountReplies | None = None
    users: AccountUsers | None = None
    dead_after: Annotated[int, Field(ge=1, le=100)] | None = None
    ovh_batches_merge: bool | None = None
    usage: UsageRules | None = None

    @property
    def has_needs(self) -> bool:
        """Whether the account can fall short by this file; OVH recredits any other, or nobody does."""
        return self.threshold is not None or self.cover_days is not None

    @property
    def orders(self) -> bool:
        """Whether credits are ordered for the account."""
        return self.max_price is not None

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes of an order, the smallest first; none if nothing is ordered."""
        return (self.quantity,) if self.quantity is not None else tuple(sorted(set(self.packs or ())))

    def check_arguments(self) -> dict[str, Any]:
        """Return the parameters of :class:`~ovh_sms.operators.check_credits.CheckCreditsOperator`."""
        return {
            "threshold": self.threshold,
            "cover_days": self.cover_days,
            "sizes": list(self.sizes),
            "max_price": self.max_price,
            "max_per_month": self.max_per_month,
            "approve_above": self.approval.above if self.approval else None,
        }

    @field_validator("name")
    @classmethod
    def _name_is_free(cls, name: str) -> str:
        if name in TASK_NAMES:
            raise ValueError(f"'{name}' is taken by a task of the DAG {TASK_NAMES[name]}; rename the file")
        return name

    @field_validator("cover_days")
    @classmethod
    def _one_measure(cls, given: float | None, info: ValidationInfo) -> float | None:
        if given is not None and info.data.get("threshold") is not None:
            raise ValueError("give either `threshold` or `cover_days`, not both")
        return given

    @field_validator("packs")
    @classmethod
    def _one_size(cls, given: tuple[int, ...] | None, info: ValidationInfo) -> tuple[int, ...] | None:
        if given is not None and info.data.get("quantity") is not None:
            raise ValueError("give either `quantity` or `packs`, not both")
        return given

    @field_validator("max_per_month")
    @classmethod
    def _a_month_has_an_order(cls, given: float | None, info: ValidationInfo) -> float | None:
        price = info.data.get("max_price")
        if given is not None and price is not None and given < price:
            raise ValueError(f"it is less than `max_price`, {price:g}: no such order could be made")
        return given

    @field_validator("approval")
    @classmethod
    def _something_to_approve(cls, given: Approval | None, info: ValidationInfo) -> Approval | None:
        price = info.data.get("max_price")
        if given is not None and price is not None and given.above >= price:
            raise ValueError(f"no order is above {given.above:g}, as `max_price` is {price:g}: lower `above`")
        return given

    @field_validator("pay")
    @classmethod
    def _paid_within_a_month(cls, given: str, info: ValidationInfo) -> str:
        if given == "default_method" and "max_per_month" in info.data and info.data["max_per_month"] is None:
            raise ValueError("give `max_per_month` too: nobody sees these payments before they are made")
        return given

    @field_validator("transfer")
    @classmethod
    def _from_another(cls, given: TransferRule | None, info: ValidationInfo) -> TransferRule | None:
        if given is not None and given.source == info.data.get("name"):
            raise ValueError("`from` names this very file; name that of another account")
        return given

    @field_validator("recredit")
    @classmethod
    def _not_both_ways(cls, given: Recredit | str | None, info: ValidationInfo) -> Recredit | str | None:
        if isinstance(given, Recredit):
            both = [f"`{name}`" for name in _OF_NEEDS if info.data.get(name) not in (None, "never")]
            if both:
                raise ValueError(
                    f"credits would come both ways: from OVH itself, and by {', '.join(both)}. Remove one of the two"
                )
        return given

    @model_validator(mode="after")
    def _is_whole(self) -> AccountFile:
        if not self.has_needs:
            others = ("recredit", "replies", "users", "dead_after", "ovh_batches_merge", "usage")
            if all(getattr(self, each) is None for each in others):
                *first, last = (f"`{each}`" for each in ("threshold", "cover_days", *others))
                raise ValueError(f"give {', '.join(first)} or {last}")
            if not isinstance(self.recredit, Recredit) and (written := self._written((*_OF_ORDERS, "transfer"))):
                raise ValueError(f"give `threshold` or `cover_days` with {written}")
            return self
        if self.sizes and self.max_price is None:
            raise ValueError("field `max_price` is required")
        if not self.sizes and (self.transfer is None or self._written(_OF_ORDERS)):
            raise ValueError("give `quantity` or `packs`")
        return self

    def _written(self, names: tuple[str, ...]) -> str:
        """Those of some fields that the file has, for an error."""
        return ", ".join(f"`{name}`" for name in names if name in self.model_fields_set)
