"""docs/contact-lists.md: its connection is one that Airflow reads, and its campaign reads a database."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.preparation import PreparationRequest, prepare_contacts
from ovh_sms.hooks.contact_lists import fetch
from support.pages import marked


def shown_connection() -> dict[str, Any]:
    (code,) = marked("contact-lists.md", "database")
    found = re.search("AIRFLOW_CONN_CRM='(.+)'", code)
    assert found
    shown: dict[str, Any] = json.loads(found[1])
    return shown


def test_the_connection_to_the_database_is_one_that_airflow_reads() -> None:
    from airflow.models import Connection

    read = Connection.from_json(json.dumps(shown_connection()), conn_id="crm")
    assert (read.conn_type, read.schema, read.port) == ("postgres", "crm", 5432)
    assert read.extra_dejson == {"sslmode": "require"}


def test_the_campaign_reads_its_list_from_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as database, database:
        database.execute("CREATE TABLE appointments (id INTEGER, mobile TEXT, prenom TEXT, jour TEXT, heure TEXT)")
        rows = [(2, "0639980013", "Tom", "lundi", "11h"), (1, "0639980012", "Ana", "mardi", "10h")]
        database.executemany("INSERT INTO appointments VALUES (?, ?, ?, ?, ?)", [*rows, (3, None, "Eva", "", "")])
    here = {"conn_type": "sqlite", "host": str(tmp_path / "crm.sqlite")}
    monkeypatch.setenv("AIRFLOW_CONN_CRM", json.dumps(here))
    (code,) = marked("contact-lists.md", "campaign")
    (tmp_path / "shown.yaml").write_text(code, encoding="utf-8")
    campaign = load_file(tmp_path / "shown.yaml", Campaign)
    options = ContactOptions(**campaign.list_options(), allow_fiction=True)
    request = PreparationRequest(
        contacts=campaign.contacts.location(tmp_path), message=campaign.message, stop_clause=False, options=options
    )
    prepared = prepare_contacts(request, out=tmp_path / "out", fetch=fetch).prepared
    assert prepared.list_path.read_text(encoding="utf-8").splitlines() == [
        "number;prenom;jour;heure",
        "+33639980012;Ana;mardi;10h",
        "+33639980013;Tom;lundi;11h",
    ]
