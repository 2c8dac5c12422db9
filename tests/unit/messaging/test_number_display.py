"""Numbers on pages: in groups, and masked so that nobody else can read them."""

from __future__ import annotations

import pytest

from ovh_sms.messaging.number_display import country_of_code, grouped_number, masked_number


@pytest.mark.parametrize(
    ("number", "whole", "masked"),
    [
        ("+33639980012", "+33 6 39 98 00 12", "+33 6 39 ·· ·· 12"),
        ("+41791234567", "+41 79 123 45 67", "+41 79 1·· ·· 67"),
        ("+12015550123", "+1 201-555-0123", "+1 201-···-··23"),
        ("+4740612345", "+47 40 61 23 45", "+47 40 ·· ·· 45"),
        ("36111", "36111", "···11"),
        ("", "", ""),
        ("<b>", "<b>", "·b>"),
    ],
)
def test_a_number_is_shown_in_the_groups_of_its_country(number: str, whole: str, masked: str) -> None:
    assert grouped_number(number) == whole
    assert masked_number(number) == masked


def test_a_masked_number_hides_four_digits_at_least() -> None:
    for number in ("+33639980012", "+12015550123", "+4712345678", "+2902123456", "+6831234567"):
        shown = masked_number(number)
        assert shown.count("·") >= 4, shown
        assert shown[-2:] == number[-2:]


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [(33, "en", "France (+33)"), (49, "fr", "Allemagne (+49)"), (999, "en", "+999"), (0, "en", "+0")],
)
def test_a_calling_code_names_its_country(code: int, language: str, name: str) -> None:
    assert country_of_code(code, language) == name
