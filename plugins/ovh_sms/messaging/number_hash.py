"""The keyed hash of a number: it stands for the number where no number is kept, and is the same in any program."""

from __future__ import annotations

import hashlib
import hmac


def number_hash(number: str, key: bytes) -> str:
    """Return the HMAC-SHA256 of a number.

    :param number: E.164, with its plus.
    :param key: secret, shared with the programs that must find the number again.
    :returns: 64 hexadecimal digits.
    """
    return hmac.new(key, number.encode("ascii", "replace"), hashlib.sha256).hexdigest()
