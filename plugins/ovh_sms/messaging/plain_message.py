"""A message whose own text is written in the GSM alphabet, as one character outside of it makes all of it Unicode."""

from __future__ import annotations

from ovh_sms.messaging.mail_merge import split_message
from ovh_sms.messaging.segments import is_gsm7, not_gsm7
from ovh_sms.messaging.transliterate import to_gsm7


def unicode_characters(message: str) -> dict[str, str]:
    """Return the characters of a message's own text that make it Unicode, in their order.

    :returns: each with its replacement in the GSM alphabet: itself if there is none.
    """
    return {each: to_gsm7(each)[0] for each in not_gsm7("".join(split_message(message)[::2]))}


def plain_message(message: str) -> str:
    """Write a message's own text in the GSM alphabet; what has no replacement there is left out.

    :returns: the message with the names of its columns as they are.
    """
    texts = list(split_message(message))
    texts[::2] = ["".join(filter(is_gsm7, to_gsm7(text)[0])) for text in texts[::2]]
    texts[1::2] = [f"#{name}#" for name in texts[1::2]]
    return "".join(texts)
