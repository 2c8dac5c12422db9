"""The prices of credits and messages, as OVH quotes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ovh_sms.contacts.preview.list_preview import Price
from ovh_sms.errors import ApiError, ContactsError, RequestRefused
from ovh_sms.messaging.country_rules import FRANCE

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient


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
            return Price(per_credit=fitting[-1].credit_price, currency=fitting[-1].currency)
        rate = client.rates.destination("fr")
    except ApiError:
        return None  # a preview without a price is still one
    return Price(per_credit=rate.price / rate.credits, currency=rate.currency) if rate.credits else None


def foreign_rates(client: OvhSmsClient, codes: Sequence[str], *, missing_ok: bool = False) -> dict[str, float]:
    """Return the rate of each destination of a list but France, where a segment is one credit.

    :param codes: destinations of the list: calling codes, as 32, with the country if several share one, as 1 CA.
    :param missing_ok: leave out the rates that OVH does not quote, as a preview may.
    :returns: credits per segment by destination.
    :raises ContactsError: OVH has no rate for a calling code, as for satellite phones, and ``missing_ok`` is false.
    :raises ApiError: OVH does not quote a rate, and ``missing_ok`` is false.

    Source: GET ``/sms/rates/destinations``.
    """
    from ovh_sms.messaging.destinations import country_of

    rates = {}
    for code in codes:
        if code == str(FRANCE):
            continue
        try:
            rates[code] = client.rates.destination(country_of(code).lower()).credits
        except ApiError as error:
            if missing_ok:
                continue
            if isinstance(error, RequestRefused):
                raise ContactsError(
                    f"The list holds numbers of the calling code +{code}, for which OVH has no rate.",
                    action="Nothing was sent. Remove them from the list, or put them into a suppression file.",
                ) from error
            raise
    return rates
