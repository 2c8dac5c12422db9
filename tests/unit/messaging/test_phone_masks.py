"""Numbers are masked; what only looks like one stays as it is."""

from __future__ import annotations

import time

import pytest

from ovh_sms.messaging.phone_masks import PhoneMask, mask_all, mask_numbers


@pytest.mark.parametrize(
    "text",
    [
        "le 01/12/2026",
        "01/12/2026 10:30",
        "2026-12-01",
        "20261201",
        "saison 2025-2026",
        "code 1234567890",
        "123456789",
        "639980012",  # 9 digits may be a code
        "EAN 3760123456789",
        "REF-2026-0001234",
        "00123456",
        "1 234 567,50 €",
        "75001 Paris",
        "FR76 3000 6000 0112 3456 7890 189",
    ],
)
def test_dates_amounts_and_codes_stay_as_they_are(text: str) -> None:
    assert mask_numbers(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("+33639980012", "+*********12"),
        ("06 39 98 00 12", "************12"),
        ("06.39.98.00.12", "************12"),
        ("06\u00a039 98 00 12", "************12"),
        ("0033 6 39 98 00 12", "****************12"),
        ("33639980012", "*********12"),
        ("+33 (0)6 39 98 00 12", "+*****************12"),
        ("tel 0639980012 / 06 39 98 00 13", "tel ********12 / ************13"),
        ("le 01/12/2026 06 39 98 00 12", "le 01/12/2026 ************12"),
        ("Dupont0639980012", "Dupont********12"),
        ("+49 1512 3456789", "+*************89"),
        ("12 rue, 75001 0639980012", "12 rue, 75001 ********12"),
    ],
)
def test_numbers_are_masked_in_any_form_beside_anything(text: str, shown: str) -> None:
    assert mask_numbers(text) == shown


def test_the_receivers_own_number_is_masked_without_its_zero_too() -> None:
    assert mask_numbers("vous: 639980012", PhoneMask(own="+33639980012")) == "vous: *******12"


@pytest.mark.parametrize(
    "between",
    [
        ",",
        "_",
        "·",
        "–",
        " – ",
        "\u2009",
        "\u200b",
        "\t",
        "\n",
        " : ",
        "*",
        "'",
        "/",
        " / ",
        "\ufe0f\u20e3",
        "\ufe0f\u20e3 ",
    ],
)
def test_a_number_in_a_reply_is_masked_with_any_characters_between_its_digits(between: str) -> None:
    mask = PhoneMask(own="+33639980001", incomplete=True, free_text=True)
    for digits in ("06 39 98 00 12", "0 6 3 9 9 8 0 0 1 2", "+33 6 39 98 00 12", "6 39 98 00 12"):
        shown = mask_numbers(f"appelez le {digits.replace(' ', between)} svp", mask)
        assert (shown[:11], shown[-4:]) == ("appelez le ", " svp")
        assert sum(each.isdigit() for each in shown) <= 2


@pytest.mark.parametrize(
    "text", ["le 01/12/2026 à 10:30", "rdv 12, 13 ou 14", "75001 Paris, 2e étage", "10:30 - 11:45", "12,50 €; 3 x 4"]
)
def test_what_people_write_beside_numbers_stays(text: str) -> None:
    assert mask_numbers(text, PhoneMask(incomplete=True, free_text=True)) == text


def test_a_number_without_its_zero_is_masked_if_asked_for() -> None:
    assert mask_numbers("639980012 | Ana", PhoneMask(incomplete=True)) == "*******12 | Ana"


def test_numbers_of_another_country_are_read_there() -> None:
    assert mask_numbers("0470 12 34 56", PhoneMask(region="BE")) == "***********56"


@pytest.mark.parametrize("region", ["FR", "BE", "DE", "NO"])
@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01.",
        "2026-12-01/2026-12-05",
        "01/12/2026-05/12/2026",
        "du 01.12.2026/05.12.2026.",
        "-2026-12-01",
        "01 12 2026",
        "01 12 2026 10:30",
        "2026 12 01 10h30",
        "2026-12-01T10:30:00",
        "31/12/2026 - 01/01/2027",
    ],
)
def test_a_date_stays_readable_beside_anything(text: str, region: str) -> None:
    assert mask_numbers(text, PhoneMask(region=region, incomplete=True)) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("06.12.26.30.12", "************12"),
        ("06 12 20 26 10", "************10"),
        ("06/12/20/26/10", "************10"),
        ("06-12-2026-10", "***********10"),
        ("06 12 2026 10", "***********10"),
        ("+33 6 12 20 26 10", "+**************10"),
    ],
)
def test_a_number_that_begins_like_a_date_is_masked(text: str, shown: str) -> None:
    assert mask_numbers(text) == shown


@pytest.mark.parametrize("date", ["2026-12-01", "01/12/2026", "1.12.2026", "2026-12-01 00:00:00", "01/12/2026 10:30"])
def test_a_date_in_the_place_of_a_number_stays_readable(date: str) -> None:
    assert mask_all(date) == date
    assert mask_all(f" {date} ") == f" {date} "


@pytest.mark.parametrize("text", ["20261201", "06.12.26", "06 12 2026", "06/12/2026 10 11", "06-12-2026-10"])
def test_digits_that_may_belong_to_a_number_are_masked_in_its_place(text: str) -> None:
    assert mask_all(text) != text


def test_a_damaged_number_keeps_its_form() -> None:
    assert mask_all("6,3998E+08") == "*,****E+08"
    assert mask_all("12") == "12"
    assert mask_all("voir fiche") == "voir fiche"


def test_a_text_of_many_digits_takes_no_time() -> None:
    started = time.process_time()
    assert mask_numbers("1 " * 1000) == "1 " * 1000
    assert time.process_time() - started < 5
