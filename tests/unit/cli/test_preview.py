"""``ovh-sms preview``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovh_sms.hooks.sms import OvhSmsHook
from support.cli import ROOT, Command, write_campaign
from support.lists import workbook
from support.sandbox import SandboxProcess

INCLUDE = ROOT / "include"


def test_the_guide(ovh_sms: Command) -> None:
    done = ovh_sms("preview", "guide", "--include", INCLUDE)
    assert (done.code, done.err) == (0, "")
    assert "Columns found: Numero, nom, prenom, adresse" in done.out
    assert "+*********00: 105 characters, 2 segments; 35 fewer fit 1 segment" in done.out
    assert "ê (U+00EA)" in done.out
    assert "Numbers of fiction (06 39 98 xx xx): 2" in done.out
    assert "63998" not in done.out


@pytest.mark.parametrize("price", ["0.07", "0,07"])
def test_numbers_and_a_price_are_shown_if_asked_for(ovh_sms: Command, price: str) -> None:
    path = INCLUDE / "campaigns" / "guide.yaml"
    done = ovh_sms("preview", path, "--show-numbers", "--price-per-credit", price)
    assert "+33639980000: 105 characters" in done.out
    assert "Price: 0.28 without tax, at 0.07 a credit" in done.out


@pytest.mark.parametrize("price", ["-1", "nan", "inf", "x", "1.000,5"])
def test_a_wrong_price_is_refused(ovh_sms: Command, price: str) -> None:
    done = ovh_sms("preview", "guide", f"--price-per-credit={price}")
    assert (done.code, done.out) == (2, "")
    assert f"{price} is not a price; write it as 0.065" in done.err


def test_json(ovh_sms: Command, tmp_path: Path) -> None:
    write_campaign(tmp_path, rows="number;prenom\n0639980012;Zoé\n12;x\n0639980013;Loïc\n")
    done = ovh_sms("preview", "spring", "--include", tmp_path, "--json")
    shown = json.loads(done.out)
    assert done.code == 0
    assert (shown["campaign"], shown["rows"], shown["accepted"]) == ("spring", 3, 1)
    assert shown["rejected"] == {"invalid_number": 1, "not_gsm7": 1}
    assert shown["unicode_values"] == {"ï": 1}
    assert shown["messages"] == [
        {
            "line": 2,
            "kinds": ["first"],
            "number": "+*********12",
            "text": "Bonjour Zoé",
            "segments": 1,
            "characters": 11,
            "stop_clause": 0,
            "surplus": 0,
        }
    ]
    assert shown["first_rejects"] == {
        "invalid_number": [{"line": 3, "column": "number", "value": "12", "reason": "invalid_number"}],
        "not_gsm7": [{"line": 4, "column": "prenom", "value": "Loïc", "reason": "not_gsm7"}],
    }
    form = ("kind", "encoding", "encoding_certainty", "header_line", "separator")
    assert [shown[name] for name in form] == ["csv", "utf-8", 1.0, 1, ";"]


def test_budget_and_batches_of_the_campaign(ovh_sms: Command, tmp_path: Path) -> None:
    rows = "".join(f"06399800{at:02d}\n" for at in range(7))
    write_campaign(tmp_path, message="Bonjour", rows="number\n" + rows)
    path = tmp_path / "campaigns" / "spring.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "batch_size: 3\n", encoding="utf-8")
    done = ovh_sms("preview", "spring", "--include", tmp_path)
    assert done.code == 0
    assert "Credits: 7, more than the budget of 5: the run would stop" in done.out
    assert "Sent in 3 batches of at most 3 receivers" in done.out
    shown = json.loads(ovh_sms("preview", "spring", "--include", tmp_path, "--json").out)
    assert (shown["budget"], shown["over_budget"], shown["batch_count"]) == (5, True, 3)


def test_a_workbook_and_a_suppression_file(ovh_sms: Command, tmp_path: Path) -> None:
    write_campaign(tmp_path, "{file: a.xlsx, sheet: Mai, suppress: [stop.txt]}")
    workbook(tmp_path / "a.xlsx", [["number", "prenom"], [639980012, "Zoé"], [639980013, "Eva"]], title="Mai")
    (tmp_path / "stop.txt").write_text("0639980013\n")
    done = ovh_sms("preview", "spring", "--include", tmp_path)
    assert done.code == 0
    assert "Rows: 2, accepted 1, rejected 1" in done.out
    assert "stop.txt: 1 number" in done.out


@pytest.mark.parametrize(
    ("contacts", "message", "says"),
    [
        ("{file: gone.csv}", "Bonjour", "gone.csv does not exist"),
        ("{file: a.csv}", "Bonjour #ville#", "#ville#, not a column"),
        ("{file: a.csv, suppress: [bad.txt]}", "Bonjour", "bad.txt, line 2"),
        ("{file: a.csv, empty: text}", "Bonjour", "spring.yaml, line 5: field `contacts` is wrong"),
        ("{file: a.csv, empty: text, default_text: ê}", "Bonjour", "in place of empty values"),
        ("{file: a.csv, region: XX}", "Bonjour", "not a country code"),
        ("{file: 'a{{ x }}.csv'}", "Bonjour", "hold a template"),
        ("{sql: {connection: missing, query: SELECT 1}}", "Bonjour", "connection missing"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_code_2(
    ovh_sms: Command, tmp_path: Path, contacts: str, message: str, says: str
) -> None:
    write_campaign(tmp_path, contacts, message)
    (tmp_path / "bad.txt").write_text("0639980012\n0639\n")
    done = ovh_sms("preview", "spring", "--include", tmp_path)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert done.err.startswith("ovh-sms: ")
    assert done.err.count("\n") == 1
    assert "Traceback" not in done.err


def test_a_server_out_of_reach_is_exit_code_3(
    ovh_sms: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_campaign(tmp_path, "{http: {connection: crm, endpoint: a.csv}}")
    monkeypatch.setenv("AIRFLOW_CONN_CRM", "http://127.0.0.1:1")
    done = ovh_sms("preview", "spring", "--include", tmp_path)
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("sprin", "found: spring"),
        ("{include}/gone.yaml", "gone.yaml does not exist. Check the path"),
        ("{include}/folder.yaml", "folder.yaml is not a file"),
    ],
)
def test_a_missing_campaign_is_refused(ovh_sms: Command, tmp_path: Path, name: str, says: str) -> None:
    write_campaign(tmp_path)
    (tmp_path / "folder.yaml").mkdir()
    done = ovh_sms("preview", name.format(include=tmp_path), "--include", tmp_path)
    assert done.code == 2
    assert says in done.err


def test_a_missing_argument_is_refused(ovh_sms: Command) -> None:
    done = ovh_sms("preview")
    assert (done.code, done.out) == (2, "")
    assert "CAMPAIGN" in done.err


def test_opt_outs_and_price_are_asked_for_over_a_connection(
    ovh_sms: Command, tmp_path: Path, sandbox: SandboxProcess
) -> None:
    write_campaign(tmp_path, rows="number;prenom\n0639980012;Zoé\n0639980013;Eva\n")
    sandbox.block("+33639980013")
    done = ovh_sms("preview", "spring", "--include", tmp_path, "--ask-ovh")
    assert (done.code, done.err) == (0, "")
    assert "Rows: 2, accepted 1, rejected 1" in done.out
    assert "EUR without tax" in done.out
    done = ovh_sms("preview", "spring", "--include", tmp_path, "--connection", "no_such_connection")
    assert done.code == 2
    assert "no_such_connection" in done.err
    assert sandbox.truth(account=sandbox.account_name)["accepted"] == 0


def test_rates_of_destinations_are_asked_for_over_a_connection(
    ovh_sms: Command, tmp_path: Path, sandbox: SandboxProcess
) -> None:
    write_campaign(tmp_path, message="Bonjour", rows="number\n0639980012\n+4915123456789\n")
    command = ["preview", "spring", "--include", tmp_path]
    assert "OVH's foreign rates are not in this estimate" in ovh_sms(*command).out
    done = ovh_sms(*command, "--connection", "ovh_sms_default", "--price-per-credit", "0.5", "--json")
    shown = json.loads(done.out)
    rate = OvhSmsHook().client.rates.destination("de").credits
    assert (done.code, done.err, shown["foreign_rates"]) == (0, "", {"49": rate})
    assert (shown["credits"], shown["cost"]) == pytest.approx((1 + rate, (1 + rate) / 2))


def test_the_people_who_would_get_a_test_are_shown_masked(ovh_sms: Command, tmp_path: Path) -> None:
    write_campaign(tmp_path)
    path = tmp_path / "campaigns" / "spring.yaml"
    path.write_text(path.read_text() + 'test_receivers: ["06 39 98 00 01", "+33639980002"]\n')
    shown = ovh_sms("preview", "spring", "--include", tmp_path)
    assert "Test messages before the upload: to +*********01, +*********02\n" in shown.out
    whole = ovh_sms("preview", "spring", "--include", tmp_path, "--show-numbers", "--json")
    assert json.loads(whole.out)["test_receivers"] == ["+33639980001", "+33639980002"]


def test_it_says_as_whom_and_by_which_way_a_campaign_sends(ovh_sms: Command, tmp_path: Path) -> None:
    write_campaign(tmp_path)
    file = tmp_path / "campaigns" / "spring.yaml"
    plain = file.read_text(encoding="utf-8")
    ways = {
        "user: shop1": "Sends as the user shop1 of the account, whose quota pays if there is one",
        "via: ovh_batches": "Sends by OVH batches (via: ovh_batches)",
    }
    for line, says in ways.items():
        file.write_text(f"{plain}{line}\n", encoding="utf-8")
        assert f"\n{says}\n" in ovh_sms("preview", "spring", "--include", tmp_path).out
        shown = json.loads(ovh_sms("preview", "spring", "--include", tmp_path, "--json").out)
        assert f"{shown['user'] or shown['via']}" == line.split()[1]
    file.write_text(plain, encoding="utf-8")
    assert "Sends " not in ovh_sms("preview", "spring", "--include", tmp_path).out
