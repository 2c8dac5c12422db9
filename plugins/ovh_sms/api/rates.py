"""Prices of segments and of credits."""

from __future__ import annotations

from ovh_sms.api.answer import Answer, read_json
from ovh_sms.api.calls import SubClient
from ovh_sms.api.models import CreditPack, Rate


class RatesClient(SubClient):
    """Reads prices."""

    def destination(self, country: str) -> Rate:
        """Read the price of one segment to a country. Source: GET ``/sms/rates/destinations``."""
        return self._calls.make("GET", "/sms/rates/destinations", Rate.read, query={"country": country})

    def packs(self, country: str = "fr") -> list[CreditPack]:
        """List the prices of credits by the size of the order. Source: GET ``/sms/rates/packs``."""
        return self._calls.make("GET", "/sms/rates/packs", _packs, query={"country": country})


def _packs(answer: Answer) -> list[CreditPack]:
    return read_json(list[CreditPack], answer)
