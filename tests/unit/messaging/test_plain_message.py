"""A message in the GSM alphabet."""

from __future__ import annotations

import pytest

from ovh_sms.messaging.plain_message import plain_message, unicode_characters
from ovh_sms.messaging.segments import is_gsm7


@pytest.mark.parametrize(
    ("message", "plain", "characters"),
    [
        ("À bientôt, #prénom#", "A bientot, #prénom#", {"À": "A", "ô": "o"}),
        ("C’est la fête #fête# ‼", "C'est la fete #fête# !!", {"’": "'", "ê": "e", "‼": "!!"}),
        ("Merci \U0001f389 !", "Merci  !", {"\U0001f389": "\U0001f389"}),
        ("cafe\u0301", "café", {"\u0301": "\u0301"}),
        ("Bonjour #prenom#, à demain €", "Bonjour #prenom#, à demain €", {}),
    ],
)
def test_only_the_own_text_is_written_plainly(message: str, plain: str, characters: dict[str, str]) -> None:
    assert plain_message(message) == plain
    assert unicode_characters(message) == characters
    assert is_gsm7(plain_message("".join(characters)))
