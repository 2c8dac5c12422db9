"""What all parts of the client share: the account and the way out."""

from __future__ import annotations

from collections.abc import Mapping

from ovh_sms.api.calls import Call
from ovh_sms.api.transport import Transport


class ClientPart:
    """Base of the client's parts."""

    _transport: Transport
    _account: str

    def _call(
        self,
        method: str,
        template: str,
        *,
        query: Mapping[str, object] | None = None,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        safe: bool = False,
        **values: object,
    ) -> Call:
        return Call(
            method,
            template,
            values={"account": self._account} | values,
            query=query or {},
            body=body,
            headers=headers or {},
            safe=safe,
        )


def words(name: str) -> str:
    """Turn one of OVH's status names into words: ``waitingValidation`` becomes ``waiting validation``.

    :param name: OVH's name.
    """
    known = {"enable": "enabled", "disable": "disabled"}
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
    return known.get(name, spaced)
