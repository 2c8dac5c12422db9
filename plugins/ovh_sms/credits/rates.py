"""What credits cost, asked from OVH."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ovh_sms.contacts.preview import Price
from ovh_sms.errors import ApiError, ContactsError, RequestRefused

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


def rates_abroad(client: OvhSmsClient, codes: Sequence[str], *, missing_ok: bool = False) -> dict[str, float]:
    """Ask what a part costs in each country of a list but France, where it is one credit.

    :param client: asks OVH.
    :param codes: places of the list: calling codes, as 32, with the country where several share one, as 1 CA.
    :param missing_ok: leave out countries whose rate OVH does not tell, as a preview may.
    :returns: credits per part by place.
    :raises ContactsError: OVH has no rate for a code, as for satellite phones, and ``missing_ok`` is false.
    :raises ApiError: OVH does not tell a rate, and ``missing_ok`` is false.

    Rests on GET /sms/rates/destinations.
    """
    from ovh_sms.messaging.places import region_of

    rates = {}
    for code in codes:
        if code == "33":
            continue
        try:
            rates[code] = client.destination_rate(region_of(code).lower()).credits
        except ApiError as error:
            if missing_ok:
                continue
            if isinstance(error, RequestRefused):
                raise ContactsError(
                    f"The list holds numbers of the calling code +{code}, for which OVH has no rate.",
                    action="Take them out of the list, or put them into a suppression file. Nothing was sent.",
                ) from error
            raise
    return rates
