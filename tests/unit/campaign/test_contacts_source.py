"""The contact list of a campaign file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.campaign.contacts_source import Contacts
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.errors import CampaignFileError
from support.campaign_text import GOOD, load

DATA = Path("/data")


def contacts(folder: Path, text: str) -> Contacts:
    return load(folder, GOOD.replace("{file: a.csv}", text)).contacts


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("{file: b.csv}", "/data/b.csv"),
        ("{file: 's3://c@bucket/a.csv'}", "s3://c@bucket/a.csv"),
        ("{sql: {connection: crm, query: Q}}", {"sql": {"connection": "crm", "query": "Q"}}),
        ("{http: {connection: c, endpoint: l/a.csv}}", {"http": {"connection": "c", "endpoint": "l/a.csv"}}),
    ],
)
def test_the_list_is_a_path_an_address_a_query_or_a_server(tmp_path: Path, text: str, location: object) -> None:
    assert contacts(tmp_path, text).location(DATA) == location


def test_suppression_files_are_one_or_several(tmp_path: Path) -> None:
    several = contacts(tmp_path, "{file: b.xlsx, sheet: Clients, suppress: [stop.csv, 's3://c@bucket/stop.csv']}")
    assert several.sheet == "Clients"
    assert several.suppression_files(DATA) == ["/data/stop.csv", "s3://c@bucket/stop.csv"]
    one = contacts(tmp_path, "{file: b.csv, suppress: stop.csv}")
    assert one.suppression_files(DATA) == ["/data/stop.csv"]


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", ContactOptions()),
        (
            ", empty: text, default_text: client, transliterate: true",
            ContactOptions(empty_text="client", transliterate=True),
        ),
        (", empty: reject", ContactOptions(empty="reject")),
        (", also_accept: [fixed_line, voip]", ContactOptions(also_accept=("fixed_line", "voip"))),
    ],
)
def test_the_options_are_those_of_the_engine(tmp_path: Path, text: str, options: ContactOptions) -> None:
    assert ContactOptions(**contacts(tmp_path, f"{{file: a.csv{text}}}").options()) == options


@pytest.mark.parametrize("wrong", ["[landline]", "[premium_rate]", "fixed_line"])
def test_types_of_numbers_that_no_campaign_may_accept_are_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(CampaignFileError, match=r"field `contacts\.also_accept.*` is wrong"):
        contacts(tmp_path, f"{{file: a.csv, also_accept: {wrong}}}")
