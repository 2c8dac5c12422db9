"""Values that a message puts into a web address, as in ``https://ex.fr/?n=#nom#``: they must fit into one."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

from ovh_sms.messaging.mail_merge import split_message

#: An address so far, behind any sign: with its scheme, with www, or a domain with a path.
_ADDRESS = re.compile(
    r"(?:https?://|(?<!\w)www\.|(?<![\w.@-])[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}(?::\d+)?[/?])\S*\Z", re.IGNORECASE
)
_FITS = re.compile(r"(?:[A-Za-z0-9._~@:,-]|%[0-9A-Fa-f]{2})*")
_FITS_PATH = re.compile(r"(?:[A-Za-z0-9._~/-]|%[0-9A-Fa-f]{2})*")


class AddressColumns(NamedTuple):
    """The columns that a message puts into web addresses.

    :param inside: for each of them, whether it may hold ``/``, as it stands before any ``?``.
    :param outside: the columns that stand in the message's text, too or alone.
    """

    inside: dict[str, bool]
    outside: frozenset[str]


def address_columns(message: str) -> AddressColumns:
    """Find the columns that a message puts into a web address.

    A value that is an address as a whole, as ``#lien#``, counts as text.
    """
    divided = split_message(message)
    inside: dict[str, bool] = {}
    outside: set[str] = set()
    before = divided[0]
    for name, text in zip(divided[1::2], divided[2::2], strict=True):
        address = _ADDRESS.search(before)
        if address:
            inside[name] = inside.get(name, True) and "?" not in address[0]
        else:
            outside.add(name)
        before += "x" + text
    return AddressColumns(inside, frozenset(outside))


def fits_address(value: str, *, path: bool) -> bool:
    """Return whether a value can stand in a web address as it is; one that is encoded already can.

    :param path: whether ``/`` may stand in it.
    """
    return (_FITS_PATH if path else _FITS).fullmatch(value) is not None


def encode_for_address(value: str, *, path: bool) -> str:
    """Write a value as a web address needs it: ``Le Goff`` as ``Le%20Goff``.

    :param path: whether a ``/`` in it divides the address's path, and stays.
    """
    return quote(value, safe="/" if path else "")
