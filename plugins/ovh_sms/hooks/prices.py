"""What credits cost, asked from OVH."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovh_sms.contacts.preview import Price
from ovh_sms.errors import ApiError

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient


def credit_price(client: OvhSmsClient, credits_needed: float) -> Price | None:
    """Ask what one credit costs in an order of a campaign's size.

    :param client: asks OVH.
    :param credits_needed: credits the campaign costs; larger orders cost less a credit.
    :returns: the price without tax; None where OVH does not tell it to these keys.

    Rests on GET /sms/rates/packs, else /sms/rates/destinations.
    """
    try:
        packs = sorted(client.packs(), key=lambda pack: pack.minimum)
        fitting = [pack for pack in packs if pack.minimum <= credits_needed] or packs[:1]
        if fitting:
            return Price(per_credit=fitting[-1].credit_price, currency=fitting[-1].currency)
        rate = client.destination_rate("fr")
    except ApiError:
        return None  # a preview without a price is still one
    return Price(per_credit=rate.price / rate.credits, currency=rate.currency) if rate.credits else None
