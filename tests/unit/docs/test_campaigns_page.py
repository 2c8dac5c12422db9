"""The pages about campaigns against the files' models, the reject reasons, the counting and the reading of numbers."""

from __future__ import annotations

import re

import pytest

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.contacts_source import Contacts
from ovh_sms.campaign.limits import Limits
from ovh_sms.messaging.reject_reasons import RejectReason
from ovh_sms.messaging.segments import is_gsm7
from support.pages import chapter, rows, table, text


@pytest.mark.parametrize(
    ("model", "heading"),
    [
        (Campaign, "The campaign file"),
        (Contacts, "The campaign file"),
        (Limits, "The campaign file"),
        (AccountFile, "The account file"),
    ],
)
def test_every_field_of_a_file_is_described_with_its_default(model: type, heading: str) -> None:
    page = "credits.md" if model is AccountFile else "campaigns.md"
    described = table(chapter(text(page), heading))
    for name, about in model.model_fields.items():  # type: ignore[attr-defined]
        if name == "name":
            continue
        assert name in described, f"{model.__name__}.{name}"
        default = "required" if about.is_required() else yaml_value(about.default)
        assert described[name][1] == default, f"{model.__name__}.{name}"


def yaml_value(value: object) -> str:
    known = {None: "`null`", False: "`false`", "": '`""`'}
    return known.get(value, f"`{value}`") if isinstance(value, str | bool | None) else f"`{value:g}`"


def test_no_field_is_described_that_does_not_exist() -> None:
    known = {*Campaign.model_fields, *Contacts.model_fields, *Limits.model_fields}
    assert set(table(chapter(text("campaigns.md"), "The campaign file"))) <= known | {"Field"}
    described = set(table(chapter(text("credits.md"), "The account file")))
    assert described <= {*AccountFile.model_fields, "Field"}


def test_every_reject_reason_is_described_with_meaning_and_remedy() -> None:
    described = table(chapter(text("who-gets-it.md"), "Rejected rows"))
    described.pop("Reason")
    assert set(described) == {reason.value for reason in RejectReason}
    assert all(len(cells) == 2 and all(cells) for cells in described.values())


def test_the_reasons_that_do_not_count_against_the_limit_are_those_of_the_page() -> None:
    described = chapter(text("who-gets-it.md"), "The limit of rejects")
    listed = next(line for line in described.splitlines() if line.startswith("These do not count"))
    named = set(re.findall(r"`([a-z_0-9]+)`", listed))
    assert named == {reason.value for reason in RejectReason if not reason.is_fault}


def test_the_characters_are_counted_as_described() -> None:
    part = chapter(text("what-they-read.md"), "Length and credits")
    stay, twice, unicode = [], [], []
    for row in rows(part[part.index("| Stay in GSM") :])[1:]:
        for cell, into in zip(row, (stay, twice, unicode), strict=True):
            if "emoji counts" not in cell:
                into += re.findall(r"`([^`]+)`", cell)
    from ovh_sms.messaging.segments import measure

    assert len(stay) > 15
    assert len(unicode) > 15
    assert all(is_gsm7(each) and measure(each).characters == len(each) for each in stay)
    assert all(is_gsm7(each) and measure(each).characters == 2 for each in twice)
    assert not any(is_gsm7(each) for each in unicode)


def test_the_numbers_become_what_the_page_says() -> None:
    from ovh_sms.messaging.phone_numbers import normalise

    described = rows(chapter(text("who-gets-it.md"), "Numbers"))[1:]
    for forms, becomes in described:
        for form in re.findall(r"`([^`]+)`", forms):
            number = normalise(form, allow_fiction=True).e164
            assert becomes.startswith("rejected") if number is None else becomes == f"`{number}`", form
