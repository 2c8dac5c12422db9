"""Every sentence has its French, with the same placeholders."""

from __future__ import annotations

import pytest

from ovh_sms.messaging.delivery_status import _REST, _SMPP
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.report.language import french_sentences, preferred_language, translator
from ovh_sms.report.page import reason_name
from support.sentences import placeholders, sentences


def test_every_sentence_of_code_and_templates_has_its_french() -> None:
    said = sentences()
    assert len(said) > 10
    french = french_sentences()
    assert [f"{file}: {sentence}" for sentence, file in said.items() if sentence not in french] == []


def test_the_french_of_a_sentence_has_its_placeholders() -> None:
    wrong = {english for english, said in french_sentences().items() if placeholders(english) != placeholders(said)}
    assert wrong == set()


def test_a_sentence_is_said_in_either_language() -> None:
    english, french = translator("en"), translator("fr-CA")
    assert english("{n} estimated", n="12") == "12 estimated"
    assert french("{n} estimated", n="12") == "12 estimés"
    assert translator("de")("{n} estimated", n="12") == "12 estimated"
    assert french("nobody has said this in French") == "nobody has said this in French"


@pytest.mark.parametrize(
    ("language", "number", "shown"),
    [
        ("en", 0, "0 are unaccounted for."),
        ("en", 1, "1 is unaccounted for."),
        ("en", 1234, "1,234 are unaccounted for."),
        ("fr", 0, "0 manque."),
        ("fr", 1, "1 manque."),
        ("fr", 1234, "1\u202f234 manquent."),
    ],
)
def test_a_number_chooses_its_sentence(language: str, number: int, shown: str) -> None:
    assert translator(language).several(number, "{n} is unaccounted for.", "{n} are unaccounted for.") == shown


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("en-GB,fr;q=0.9", "en"),
        ("de,it;q=0.9", "en"),
        ("de, en;q=0.2, fr;q=0.7", "fr"),
        ("fr;q=0, en;q=0.1", "en"),
        ("fr;q=x", "en"),
    ],
)
def test_a_browsers_wish_is_kept(header: str, language: str) -> None:
    assert preferred_language(header) == language


def test_every_cause_and_every_reject_reason_has_its_french() -> None:
    causes = {meaning for table in (_REST, _SMPP) for _, meaning in table.values()}
    reasons = {reason_name(reason.value) for reason in RejectReason} | {reason.meaning for reason in RejectReason}
    assert (causes | reasons) - set(french_sentences()) == set()
