"""How a contact list is to be read, where looking at it is not enough."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.numbers import check_region

#: What separates columns where no separator is given.
SEPARATORS = (";", "\t", "|", ",")


@dataclass(frozen=True, kw_only=True)
class ContactOptions:
    """How a contact list is to be read; every default means: find it by looking.

    :param number_column: name of the column with the phone number, as in the header.
    :param region: ISO 3166 code of the country whose national form is meant by numbers without a country code.
    :param allow_fiction: accept +33 6 39 98 xx xx, which reaches nobody (sandbox only).
    :param separator: one character between columns.
    :param encoding: Python's name of the encoding, as cp1252.
    """

    number_column: str | None = None
    region: str = "FR"
    allow_fiction: bool = False
    separator: str | None = None
    encoding: str | None = None

    def check(self) -> None:
        """Refuse options no list could be read with.

        :raises ConfigurationError: region, separator or encoding cannot be meant.
        """
        check_region(self.region)
        if self.separator is not None and (len(self.separator) != 1 or self.separator in '"\r\n'):
            raise ConfigurationError(
                f"Separator {self.separator!r} of the contact list is not one character between columns.",
                action="Give one of ; , | or a tab, or leave it out to have it found.",
            )
        if self.encoding is not None and not _is_text_encoding(self.encoding):
            raise ConfigurationError(
                f"Encoding {self.encoding!r} of the contact list is unknown.",
                action="Give utf-8 or cp1252, or leave it out to have it found.",
            )


def _is_text_encoding(name: str) -> bool:
    """Tell text encodings from unknown names and from Python's byte transforms (base64 …)."""
    try:
        codecs.lookup(name)
        return isinstance("".encode(name), bytes) and isinstance(b"".decode(name), str)
    except (LookupError, ValueError, TypeError, UnicodeError):
        return False
