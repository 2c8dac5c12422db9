"""The addresses that OVH calls, and the secret in them."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ovh_sms.store.callback_records import RECEIPT, REPLY, STOP

if TYPE_CHECKING:
    from ovh_sms.store.callback_records import CallbackSecret

#: Below Airflow's own address; a proxy in front may let this alone pass.
PREFIX = "/ovh-sms-callbacks"
#: The end of an address, by the kind of callback.
PATHS = {RECEIPT: "receipts", REPLY: "replies", STOP: "opt-outs"}
_KINDS = {path: kind for kind, path in PATHS.items()}
_MARK = "ovhcb_"
_SECRET = re.compile(rf"{_MARK}[A-Za-z0-9_-]{{43}}")
_ANY_SECRET = re.compile(rf"{_MARK}[A-Za-z0-9_-]*", re.IGNORECASE)
MASKED = "***"


def new_secret() -> str:
    """Make a secret: 256 random bits behind a mark by which logs and scanners know it."""
    return _MARK + secrets.token_urlsafe(32)


def address_of(base: str, secret: str, kind: str) -> str:
    """Return the address that OVH calls.

    :param base: address of Airflow's API server as OVH reaches it, with its path.
    """
    return f"{base.rstrip('/')}{PREFIX}/{secret}/{PATHS[kind]}"


def read_path(path: str) -> tuple[str, str | None]:
    """Split the path below the prefix into the secret and the kind; ``None`` for another kind, and for more.

    :param path: without the prefix, as ``/<secret>/replies``.
    """
    secret, _, rest = path.removeprefix("/").partition("/")
    return secret, _KINDS.get(rest)


def secret_in(address: str | None) -> str | None:
    """Return the secret of an address of ours; ``None`` if it is another one."""
    if not address or f"{PREFIX}/" not in address:
        return None
    secret = address.partition(f"{PREFIX}/")[2].partition("/")[0]
    return secret if _SECRET.fullmatch(secret) else None


def digest_of(secret: str, key: bytes) -> str:
    """Return the keyed digest by which the results know a secret.

    :param key: secret of the results, see :meth:`~ovh_sms.store.identity.Identity.secret`.
    """
    return blake2b(secret.encode("utf-8", "replace"), key=key, digest_size=32, person=b"callback").hexdigest()


def account_of(secret: str, known: Iterable[CallbackSecret], key: bytes) -> CallbackSecret | None:
    """Find the secret among those that are known; it takes equally long whether and where it is found."""
    digest, found = digest_of(secret, key).encode(), None
    for each in known:
        if hmac.compare_digest(each.digest.encode(), digest):
            found = each
    return found


def masked(text: str) -> str:
    """Return a text without the secret of an address."""
    return _ANY_SECRET.sub(MASKED, text)


def masked_path(path: str, query: str) -> tuple[str, str] | None:
    """Return path and query as they may be logged; ``None`` if they are not about callbacks.

    :param query: as it stands in the address, still encoded.
    """
    plain = unquote(path)
    at = plain.lower().find(PREFIX)
    if at >= 0:
        kind = plain.rpartition("/")[2]
        end = f"/{MASKED}/{kind}" if kind in _KINDS else f"/{MASKED}"
        return plain[:at] + PREFIX + end, MASKED if query else ""
    if _ANY_SECRET.search(plain) or _ANY_SECRET.search(unquote(query)):
        return masked(plain), MASKED if query else ""  # a call to a mistyped address has its number in the query
    return None
