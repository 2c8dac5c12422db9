"""The prices of credits and messages, as OVH quotes them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ovh_sms.contacts.preview.list_preview import Price
from ovh_sms.errors import ApiError, RequestRefused
from ovh_sms.messaging.country_rules import FRANCE, WITHOUT_RATE

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)


def credit_price(client: OvhSmsClient, credits_needed: float) -> Price | None:
    """Return the price of one credit in an order of a campaign's size.

    :param credits_needed: credits that the campaign costs; a larger order costs less a credit.
    :returns: the price without tax; ``None`` if OVH does not quote it to these keys.

    Source: GET ``/sms/rates/packs``, else ``/sms/rates/destinations``.
    """
    try:
        packs = sorted(client.rates.packs(), key=lambda pack: pack.minimum)
        fitting = [pack for pack in packs if pack.minimum <= credits_needed] or packs[:1]
        if fitting:
            return Price(per_credit=fitting[-1].price_now, currency=fitting[-1].currency)
        rate = client.rates.destination("fr")
    except ApiError:
        return None  # a preview without a price is still one
    return Price(per_credit=rate.price / rate.credits, currency=rate.currency) if rate.credits else None


def paid_price(client: OvhSmsClient, store: Store, credits_spent: float) -> Price | None:
    """Return what the credits of a submission cost: as in the account's newest order, or else as OVH quotes them.

    :param credits_spent: credits that it took.
    :returns: the price without tax; ``None`` if nobody knows it.

    Source: the journal of orders, else GET ``/sms/rates/packs`` or ``/sms/rates/destinations``.
    """
    ordered = store.attempts.newest_order_price(client.account_name)
    if ordered:
        return Price(per_credit=ordered[0], currency=ordered[1])
    return credit_price(client, credits_spent)


def foreign_rates(client: OvhSmsClient, codes: Sequence[str], *, missing_ok: bool = False) -> dict[str, float]:
    """Return the rate of each destination of a list but France, where a segment is one credit.

    :param codes: destinations of the list: calling codes, as 32, with the country if several share one, as 1 CA.
    :param missing_ok: leave out the rates that OVH does not quote now, as a preview may.
    :returns: credits per segment by destination, without those for which OVH has no rate.
    :raises ApiError: OVH gives no answer, and ``missing_ok`` is false.

    Source: GET ``/sms/rates/destinations``.
    """
    from ovh_sms.messaging.destinations import country_of

    rates = {}
    for code in codes:
        if code == str(FRANCE):
            continue
        country = country_of(code)
        try:
            if country not in WITHOUT_RATE:
                rates[code] = client.rates.destination(country.lower()).credits
                continue
        except ApiError as error:
            if not (missing_ok or isinstance(error, RequestRefused)):
                raise
        log.warning("rate unknown country=%s: its messages are counted at the rate of France", country)
    return rates
