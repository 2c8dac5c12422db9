"""The cost of a prepared list by country, in credits and in money: as OVH quotes it, and nothing guessed."""

from __future__ import annotations

import logging
import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import MissingRight, RequestRefused
from ovh_sms.messaging.country_rules import WITHOUT_RATE
from ovh_sms.messaging.destinations import country_of

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import Rate
    from ovh_sms.contacts.prepared_list import PreparedList

log = logging.getLogger(__name__)

#: OVH shows it to other keys, or does not sell it.
_NOT_QUOTED = (MissingRight, RequestRefused)


@dataclass(frozen=True, kw_only=True)
class CountryCost:
    """The messages to one destination and what they cost.

    :param country: two letters.
    :param destination: calling code, with the country if several share it: ``1 CA``.
    :param segments: ``None`` if the list was prepared by an earlier version, which did not count them by country.
    :param credits_per_segment: ``None`` if OVH names no rate, as for all that follows from it.
    :param price_per_segment: without tax, at the price of the smallest order.
    """

    country: str
    destination: str
    rows: int
    segments: int | None
    credits_per_segment: float | None = None
    credits: float | None = None
    price_per_segment: float | None = None
    price: float | None = None
    currency: str | None = None


@dataclass(frozen=True, kw_only=True)
class CreditPrice:
    """The price of one credit, without tax, in an order of some size; with the discount, if there is one."""

    price: float
    price_before_discount: float
    discount_percent: int
    currency: str


@dataclass(frozen=True, kw_only=True)
class CreditOrder:
    """OVH's quote for an order of as many credits as the list costs.

    :param reduction: OVH's discount, without tax; the prices are those after it.
    """

    quantity: int
    price_without_tax: float
    tax: float
    price_with_tax: float
    reduction: float
    currency: str


@dataclass(frozen=True, kw_only=True)
class CostEstimate:
    """The cost of a list.

    :param countries: those with the most messages first.
    :param credit_price: ``None`` if OVH does not quote it to these keys.
    :param order: ``None`` if OVH does not quote it to these keys, or sells no such quantity.
    """

    countries: tuple[CountryCost, ...]
    segments: int
    credit_price: CreditPrice | None
    order: CreditOrder | None

    @property
    def unknown_rates(self) -> list[str]:
        """Countries for which no cost is known."""
        return sorted({each.country for each in self.countries if each.credits is None})

    @property
    def credits_known(self) -> float:
        """Credits of the messages whose cost is known."""
        return math.fsum(each.credits for each in self.countries if each.credits is not None)

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values; ``credits`` is ``None`` if those of a country are not known."""
        unknown = self.unknown_rates
        return {
            "rows": sum(each.rows for each in self.countries),
            "segments": self.segments,
            "credits": None if unknown else self.credits_known,
            "credits_known": self.credits_known,
            "unknown_rates": unknown,
            "countries": [asdict(each) for each in self.countries],
            "credit_price": self.credit_price and asdict(self.credit_price),
            "order": self.order and asdict(self.order),
        }


def estimate_cost(client: OvhSmsClient, prepared: PreparedList) -> CostEstimate:
    """Estimate what a prepared list costs. Sends and orders nothing.

    Source: GET ``/sms/rates/destinations``, ``/sms/rates/packs`` and ``/order/sms/{serviceName}/credits``.
    """
    segments = _segments_by_destination(prepared)
    countries = [_country(client, name, rows, segments.get(name)) for name, rows in prepared.countries.items()]
    countries.sort(key=lambda each: (-each.rows, each.destination))
    credits_known = math.fsum(each.credits for each in countries if each.credits is not None)
    found = CostEstimate(
        countries=tuple(countries),
        segments=sum(size * rows for size, rows in prepared.segments.items()),
        credit_price=_credit_price(client, credits_known),
        order=_order(client, math.ceil(round(credits_known, 6))),
    )
    _log(found)
    return found


def _segments_by_destination(prepared: PreparedList) -> dict[str, int]:
    """Segments by destination; of a list to one destination they are all of it."""
    if prepared.country_segments or len(prepared.countries) != 1:
        return prepared.country_segments
    return dict.fromkeys(prepared.countries, sum(size * rows for size, rows in prepared.segments.items()))


def _country(client: OvhSmsClient, destination: str, rows: int, segments: int | None) -> CountryCost:
    country = country_of(destination)
    rate = _rate(client, country)
    cost = CountryCost(country=country, destination=destination, rows=rows, segments=segments)
    if rate is None:
        return cost
    cost = replace(cost, credits_per_segment=rate.credits, price_per_segment=rate.price, currency=rate.currency)
    if segments is None:
        return cost
    return replace(cost, credits=segments * rate.credits, price=round(segments * rate.price, 2))


def _rate(client: OvhSmsClient, country: str) -> Rate | None:
    """The rate of a country; ``None`` if OVH names none."""
    if country in WITHOUT_RATE:
        return None
    try:
        return client.rates.destination(country.lower())
    except RequestRefused:
        return None


def _credit_price(client: OvhSmsClient, quantity: float) -> CreditPrice | None:
    """The price of a credit in an order of this size, or in the smallest one."""
    try:
        packs = sorted(client.rates.packs(), key=lambda pack: pack.minimum)
    except _NOT_QUOTED:
        return None
    fitting = [pack for pack in packs if pack.minimum <= quantity] or packs[:1]
    if not fitting:
        return None
    pack = fitting[-1]
    return CreditPrice(
        price=pack.price_now,
        price_before_discount=pack.credit_price,
        discount_percent=pack.discount_percent,
        currency=pack.currency,
    )


def _order(client: OvhSmsClient, quantity: int) -> CreditOrder | None:
    if not quantity:
        return None
    try:
        quote = client.orders.quote(quantity)
    except _NOT_QUOTED:
        return None
    return CreditOrder(
        quantity=quantity,
        price_without_tax=quote.price_without_tax,
        tax=quote.tax,
        price_with_tax=quote.price_with_tax,
        reduction=quote.reduction,
        currency=quote.currency,
    )


def _log(estimate: CostEstimate) -> None:
    for each in estimate.countries:
        counts = each.country, each.rows, each.segments
        if each.credits is None:
            why = "OVH names no rate" if each.credits_per_segment is None else "its segments were not counted"
            log.warning("cost unknown country=%s rows=%d segments=%s: %s", *counts, why)
        else:
            money = each.credits, each.price, each.currency
            log.info("country=%s rows=%d segments=%s credits=%g price=%.2f %s without tax", *counts, *money)
    unknown = estimate.unknown_rates
    without = f", without {', '.join(unknown)}" if unknown else ""
    log.info("credits=%g segments=%d%s", estimate.credits_known, estimate.segments, without)
    if (order := estimate.order) is None:
        log.info("OVH quotes no order of as many credits to these keys")
        return
    amounts = order.price_without_tax, order.tax, order.price_with_tax, order.currency, order.reduction
    log.info("an order of %d credits costs %.2f, tax %.2f, together %.2f %s; discount %.2f", order.quantity, *amounts)
