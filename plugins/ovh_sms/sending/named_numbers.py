"""The numbers of people who get test messages: read as those of a contact list, each of them or none."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.phone_numbers import normalise
from ovh_sms.messaging.reject_reasons import RejectReason


def named_numbers(
    given: Sequence[str], *, region: str, also_accept: Collection[str] = (), allow_fiction: bool = False
) -> list[str]:
    """Return some numbers in E.164, each once.

    :param given: as a person wrote them.
    :param region: country of those without a country code.
    :param also_accept: types of numbers beside mobile ones.
    :param allow_fiction: take numbers of the range of fiction, as the sandbox does.
    :raises ConfigurationError: one cannot be used; the text says which one by its place, not the number.
    """
    found: list[str] = []
    for place, text in enumerate(given, 1):
        read = normalise(text, region=region, allow_fiction=allow_fiction, also_accept=also_accept)
        if read.e164 is None:
            reason = (read.reason or RejectReason.INVALID_NUMBER).meaning
            raise ConfigurationError(
                f"Number {place} of {len(given)} for test messages cannot be used: {reason}",
                action="Nothing was sent. Correct it.",
            )
        found.append(read.e164)
    return list(dict.fromkeys(found))
