"""The preview as a task, and lists of other sources in the preparing task: counts out, no person's data in the log."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import phonenumbers
import pytest

from ovh_sms.errors import ContactsError, SourceUnavailable
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.operators.prepare_contacts import PrepareContactsOperator
from ovh_sms.operators.preview_contacts import PreviewContactsOperator
from support.airflow_task import connection, context
from support.lists import workbook
from support.logs import Log, log
from support.sandbox import SandboxProcess

__all__ = ["log"]

MESSAGE = "Bonjour #prenom#, C’est la fête"


@pytest.fixture
def crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    with sqlite3.connect(tmp_path / "crm.sqlite") as database:
        database.execute("CREATE TABLE customers (mobile TEXT, prenom TEXT, city TEXT)")
        rows = [("0639980000", "Camille", "Lyon"), ("0639980001", "Loïc", "Lyon"), ("12", "Eva", "Lyon")]
        database.executemany("INSERT INTO customers VALUES (?, ?, ?)", [*rows, ("0639980003", "", "Nice")])
    database.close()
    conn = json.dumps({"conn_type": "sqlite", "host": str(tmp_path / "crm.sqlite")})
    monkeypatch.setenv("AIRFLOW_CONN_CRM", conn)
    return {"sql": {"connection": "crm", "query": "SELECT mobile, prenom FROM customers"}}


def preview(contacts: Any, **changes: Any) -> dict[str, Any]:
    given = {"message": MESSAGE, "stop_clause": True, **changes}
    return PreviewContactsOperator(task_id="preview", contacts=contacts, **given).execute(context())


def test_a_preview_logs_everything_but_persons(
    sandbox: SandboxProcess, crm: dict[str, Any], log: Log, tmp_path: Path
) -> None:
    counts = preview(crm)
    assert (counts["rows"], counts["accepted"]) == (4, 2)
    assert counts["rejected"] == {"invalid_number": 1, "not_gsm7": 1}
    assert counts["unicode_text"] == {"’": "'", "ê": "e"}
    assert counts["unicode_values"] == {"ï": 1}
    assert (counts["price_per_credit"] > 0, counts["currency"]) == (True, "EUR")
    assert counts["cost"] == pytest.approx(counts["price_per_credit"] * counts["credits"])
    assert "Bonjour [prenom: 7], C’est la fête" in log.text
    assert "Columns found: mobile, prenom" in log.text
    assert "EUR without tax" in log.text
    for personal in ("Camille", "Loïc", "63998", "+33"):
        assert personal not in log.text
        assert personal not in json.dumps(counts, ensure_ascii=False)
    assert [
        path for path in (tmp_path / "data").iterdir() if not path.name.startswith((".turns", "results.sqlite"))
    ] == []
    assert sandbox.truth(account=sandbox.account_name)["accepted"] == 0


def test_a_price_of_ones_own_and_the_opt_outs(sandbox: SandboxProcess, crm: dict[str, Any]) -> None:
    sandbox.block("+33639980000")
    counts = preview(crm, price_per_credit=0.5, options={"empty": "reject"})
    assert counts["rejected"] == {"empty_value": 1, "invalid_number": 1, "not_gsm7": 1, "suppressed": 1}
    assert (counts["accepted"], counts["cost"]) == (0, 0)


def test_no_right_to_ask_for_prices(
    sandbox: SandboxProcess, crm: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = sandbox.key([("GET", "/sms*"), ("GET", f"/sms/{sandbox.account_name}/blacklists")][1:])
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=key))
    assert preview(crm)["cost"] is None


def foreign_list(folder: Path) -> str:
    kind = phonenumbers.PhoneNumberType.MOBILE
    found = [phonenumbers.example_number_for_type(region, kind) for region in ("DE", "RE")]
    shown = [phonenumbers.format_number(each, phonenumbers.PhoneNumberFormat.E164) for each in found]
    path = folder / "abroad.csv"
    path.write_text("\n".join(["number", "0639980000", *shown]) + "\n")
    return str(path)


def test_foreign_rates_are_read_as_when_preparing(sandbox: SandboxProcess, tmp_path: Path, log: Log) -> None:
    counts = preview(foreign_list(tmp_path), message="C’est la fête " + "x" * 60)
    client = OvhSmsHook().client
    rates = {code: client.rates.destination(region).credits for code, region in (("49", "de"), ("262", "re"))}
    assert counts["foreign_rates"] == pytest.approx(rates)
    assert counts["credits"] == pytest.approx(2 * (1 + sum(rates.values())))
    assert counts["gsm7_credits"] == pytest.approx(1 + sum(rates.values()))
    prepared_there = prepare(foreign_list(tmp_path), message="C’est la fête " + "x" * 60)
    assert prepared_there["credits"] == counts["credits"]
    assert "2 receivers, at OVH's rates" in log.text
    assert "not in this estimate" not in log.text


def test_a_calling_code_without_a_rate_is_named(sandbox: SandboxProcess, tmp_path: Path) -> None:
    satellite = phonenumbers.example_number_for_non_geo_entity(870)
    path = tmp_path / "list.csv"
    path.write_text(f"number\n{phonenumbers.format_number(satellite, phonenumbers.PhoneNumberFormat.E164)}\n")
    with pytest.raises(ContactsError, match=r"calling code \+870, for which OVH has no rate"):
        prepare(str(path), message="Bonjour")
    assert preview(str(path), message="Bonjour")["foreign_rates"] == {}


def test_no_right_to_read_foreign_rates(
    sandbox: SandboxProcess, tmp_path: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = sandbox.key([("GET", f"/sms/{sandbox.account_name}/blacklists")])
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=key))
    counts = preview(foreign_list(tmp_path), message="Bonjour")
    assert (counts["foreign_rates"], counts["credits"]) == ({}, 3)
    assert "2 receivers; OVH's foreign rates are not in this estimate" in log.text


def prepare(contacts: Any, **changes: Any) -> dict[str, Any]:
    given = {"message": "Bonjour #prenom#", "stop_clause": False, **changes}
    task = PrepareContactsOperator(task_id="prepare", campaign="spring", contacts=contacts, **given)
    return task.execute(context(task_id="prepare"))


def test_a_query_is_prepared_and_its_copy_removed(sandbox: SandboxProcess, crm: dict[str, Any], log: Log) -> None:
    given = prepare(crm, options={"transliterate": True, "empty_text": "client"})
    assert (given["accepted"], given["source"]) == (3, "SQL over crm")
    assert given["changes"] == {
        "transliterated": {"ï": {"to": "i", "rows": 1}},
        "filled": {"prenom": 1},
        "repaired": {},
    }
    folder = Path(given["list_path"]).parent
    left = ["prepared.csv", "prepared.json", "rejects.csv"]
    assert sorted(path.name for path in folder.iterdir()) == left
    assert Path(given["list_path"]).read_text(encoding="utf-8").splitlines()[2] == "+33639980001;Loic"
    assert "transliterated 'ï' as 'i' rows=1" in log.text
    assert "63998" not in log.text + json.dumps(given)
    assert "Camille" not in log.text


def test_a_workbook_with_a_suppression_file(sandbox: SandboxProcess, tmp_path: Path, log: Log) -> None:
    book = workbook(tmp_path / "a.xlsx", [["number", "prenom"], [639980000, "A"], [639980001, "B"]], title="Mai")
    stop = tmp_path / "stop.csv"
    stop.write_text("number\n06 39 98 00 01\n")
    given = prepare(str(book), sheet="Mai", suppress=[str(stop)])
    assert (given["accepted"], given["rejected"]) == (1, {"suppressed": 1})
    assert given["suppression"] == {str(stop): 1}
    assert "stop.csv numbers=1" in log.text
    stop.write_text("number\n06 39 98\n")
    with pytest.raises(ContactsError, match=r"stop\.csv, line 2"):
        prepare(str(book), sheet="Mai", suppress=[str(stop)])


def test_the_log_names_the_characters_at_fault_and_what_to_do(
    sandbox: SandboxProcess, tmp_path: Path, log: Log
) -> None:
    names = ["Loïc", "Zoê", "Noê", "Ana", "Lea"]
    path = tmp_path / "a.csv"
    rows = [f"06399800{at:02d};{name}" for at, name in enumerate(names)]
    path.write_text("\n".join(["number;prenom", *rows]) + "\n", encoding="utf-8")
    prepare(str(path))
    says = "characters that OVH refuses in values: ê (U+00EA) in 2 rows, ï (U+00EF) in 1 row; "
    assert f"{says}set 'transliterate: true' in the campaign file, or write the values without them" in log.text
    assert "More than half of the rows were rejected" in log.text
    assert "credits=2 longest_message_segments=1 unicode_messages=0 batches=1 " in log.text
    for personal in (*names, "63998"):
        assert personal not in log.text
    log.clear()
    prepare(str(path), options={"transliterate": True}, batch_size=3)
    assert "refuses" not in log.text
    assert "More than half" not in log.text
    assert "batches=2 " in log.text


def test_what_transliteration_cannot_mend(sandbox: SandboxProcess, tmp_path: Path, log: Log) -> None:
    path = tmp_path / "a.csv"
    rows = [f"06399800{at:02d};{chr(0x1F600 + at)}" for at in range(7)]
    path.write_text("\n".join(["number;prenom", *rows, "0639980010;A"]) + "\n", encoding="utf-8")
    prepare(str(path), options={"transliterate": True})
    assert "(U+1F604) in 1 row, 2 other characters; write the values without them" in log.text
    assert "transliterate: true" not in log.text


def test_progress_is_logged_on_long_lists(
    sandbox: SandboxProcess, tmp_path: Path, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ovh_sms.sending.prepare.PROGRESS_SECONDS", 0.0)
    path = tmp_path / "long.csv"
    path.write_text("number;prenom\n" + "0639980000;A\n" * 60_000)
    prepare(str(path))
    assert "60,000 rows read (" in log.text
    assert "59,999 rejected so far" in log.text


def test_a_source_that_is_away_is_tried_again(
    sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk import RetryAction

    conn = json.dumps({"conn_type": "http", "host": "http://127.0.0.1:9", "extra": {"trust_env": False}})
    monkeypatch.setenv("AIRFLOW_CONN_FILES", conn)
    task = PrepareContactsOperator(
        task_id="prepare",
        campaign="spring",
        contacts={"http": {"connection": "files", "endpoint": "x.csv"}},
        message="x",
        stop_clause=False,
    )
    with pytest.raises(SourceUnavailable) as caught:
        task.execute(context(task_id="prepare"))
    rules = task.retry_policy.rules
    first = next(rule for rule in rules if rule.matches(caught.value))
    assert first.action is RetryAction.RETRY


def test_the_query_and_paths_are_templates(tmp_path: Path) -> None:
    task = PreviewContactsOperator(
        task_id="preview",
        contacts={"sql": {"connection": "crm", "query": "SELECT '{{ ds }}'"}},
        suppress=["{{ ds }}.csv"],
        message="{{ ds }}",
        stop_clause=False,
    )
    task.render_template_fields({"ds": "2026-03-01"})
    assert task.contacts == {"sql": {"connection": "crm", "query": "SELECT '2026-03-01'"}}
    assert task.suppress == ["2026-03-01.csv"]
    assert task.message == "{{ ds }}"
