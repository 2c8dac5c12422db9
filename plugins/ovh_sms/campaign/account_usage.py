"""The part of an account file that says who pays for the usage of the account, and at which price."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ovh_sms.campaign.yaml_files import Strict

#: Credits and money are counted in these: whole numbers, whose sums are exact.
CREDIT_UNITS, CENTS = 10_000, 100

Name = Annotated[str, Field(min_length=1, max_length=250)]


class Tariff(Strict):
    """A fixed price, instead of the prices of the orders that paid for the credits.

    :param credit: price of one credit without tax.
    :param tax_percent: tax on top of it.
    :param currency: such as EUR.
    """

    credit: Annotated[Decimal, Field(gt=0, le=1000, decimal_places=6)]
    tax_percent: Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)] = Decimal(20)
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "EUR"


class PayerRule(Strict):
    """Messages that one payer pays for: those of any of these users, campaigns or tags.

    :param payer: name on the invoice annex.
    :param users: logins of users whose messages it pays for.
    :param campaigns: names of campaigns whose messages it pays for.
    :param tags: tags of submissions whose messages it pays for.
    """

    payer: Name
    users: tuple[Name, ...] = ()
    campaigns: tuple[Name, ...] = ()
    tags: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _names_something(self) -> PayerRule:
        if not (self.users or self.campaigns or self.tags):
            raise ValueError("give `users`, `campaigns` or `tags`")
        return self

    def pays_for(self, user: str, campaign: str, tag: str) -> bool:
        """Return whether messages are paid by this rule's payer."""
        return user in self.users or campaign in self.campaigns or tag in self.tags


class UsageRules(Strict):
    """The payers of the usage of an account, and its price.

    :param tariff: a fixed price; without it, usage costs what the orders cost that paid for its credits.
    :param payers: the first rule that fits names the payer; without one it is the user, or else the account.
    :param language: of the pages: ``en`` or ``fr``.
    """

    tariff: Tariff | None = None
    payers: tuple[PayerRule, ...] = ()
    language: Literal["en", "fr"] = "en"

    def payer_of(self, account: str, user: str, campaign: str, tag: str) -> str:
        """Return the payer of some messages; ``user`` is empty for those that the account itself has sent."""
        found = (rule.payer for rule in self.payers if rule.pays_for(user, campaign, tag))
        return next(found, user or account)
