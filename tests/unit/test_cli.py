"""The command ``ovh-sms``, called directly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ovh_sms.cli import main
from ovh_sms.hooks.sms import OvhSmsHook
from support.lists import workbook
from support.sandbox import SandboxProcess
from support.worlds import sandbox, world

__all__ = ["sandbox", "world"]

ROOT = Path(__file__).resolve().parents[2]
CAMPAIGN = "sender: MYSHOP\nkind: transactional\nmessage: '{message}'\ncontacts: {contacts}\nbudget: 5\n"


@pytest.fixture
def include(tmp_path: Path) -> Path:
    (tmp_path / "campaigns").mkdir()
    return tmp_path


def campaign(include: Path, contacts: str = "{file: a.csv}", message: str = "Bonjour #prenom#") -> None:
    text = CAMPAIGN.format(message=message, contacts=contacts)
    (include / "campaigns" / "spring.yaml").write_text(text, encoding="utf-8")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["preview", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_previews_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "guide", "--include", str(ROOT / "include"))
    assert (code, err) == (0, "")
    assert "Columns found: Numero, nom, prenom, adresse" in out
    assert "+*********00, 105 characters, 2 segments" in out
    assert "ê (U+00EA)" in out
    assert "Numbers of fiction (06 39 98 xx xx): 2" in out
    assert "63998" not in out
    _, out, _ = run(
        capsys, str(ROOT / "include/campaigns/guide.yaml"), "--show-numbers", "--price-per-credit", "0.07"
    )
    assert "+33639980000, 105 characters" in out
    assert "Price: 0.28 without tax, at 0.07 a credit" in out


def test_json(capsys: pytest.CaptureFixture[str], include: Path) -> None:
    campaign(include)
    (include / "a.csv").write_text("number;prenom\n0639980012;Zoé\n12;x\n0639980013;Loïc\n", encoding="utf-8")
    code, out, _ = run(capsys, "spring", "--include", str(include), "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["campaign"], told["rows"], told["accepted"]) == ("spring", 3, 1)
    assert told["rejected"] == {"invalid_number": 1, "not_gsm7": 1}
    assert told["unicode_values"] == {"ï": 1}
    (message,) = told["messages"]
    assert message == {
        "number": "+*********12",
        "text": "Bonjour Zoé",
        "segments": 1,
        "characters": 11,
        "stop_clause": 0,
    }


def test_budget_and_sendings_of_the_campaign(capsys: pytest.CaptureFixture[str], include: Path) -> None:
    campaign(include, message="Bonjour")
    path = include / "campaigns" / "spring.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "batch_size: 3\n", encoding="utf-8")
    (include / "a.csv").write_text("number\n" + "".join(f"06399800{at:02d}\n" for at in range(7)))
    code, out, _ = run(capsys, "spring", "--include", str(include))
    assert code == 0
    assert "Credits: 7, more than the budget of 5: the run would stop" in out
    assert "Sent in 3 batches of at most 3 receivers" in out
    told = json.loads(run(capsys, "spring", "--include", str(include), "--json")[1])
    assert (told["budget"], told["over_budget"], told["batch_count"]) == (5, True, 3)


def test_a_workbook_and_a_suppression_file(capsys: pytest.CaptureFixture[str], include: Path) -> None:
    campaign(include, "{file: a.xlsx, sheet: Mai, suppress: [stop.txt]}")
    workbook(include / "a.xlsx", [["number", "prenom"], [639980012, "Zoé"], [639980013, "Eva"]], title="Mai")
    (include / "stop.txt").write_text("0639980013\n")
    code, out, _ = run(capsys, "spring", "--include", str(include))
    assert code == 0
    assert "Rows: 2, accepted 1, rejected 1" in out
    assert "stop.txt: 1 number" in out


@pytest.mark.parametrize(
    ("contacts", "message", "says"),
    [
        ("{file: gone.csv}", "Bonjour", "gone.csv does not exist"),
        ("{file: a.csv}", "Bonjour #ville#", "#ville#, not a column"),
        ("{file: a.csv, suppress: [bad.txt]}", "Bonjour", "bad.txt, line 2"),
        ("{file: a.csv, empty: text}", "Bonjour", "spring.yaml: field 'contacts' is wrong"),
        ("{file: a.csv, empty: text, default_text: ê}", "Bonjour", "in place of empty values"),
        ("{file: a.csv, region: XX}", "Bonjour", "not a country code"),
        ("{file: 'a{{ x }}.csv'}", "Bonjour", "hold a template"),
        ("{sql: {connection: missing, query: SELECT 1}}", "Bonjour", "connection missing"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], include: Path, contacts: str, message: str, says: str
) -> None:
    campaign(include, contacts, message)
    (include / "a.csv").write_text("number;prenom\n0639980012;Zoé\n", encoding="utf-8")
    (include / "bad.txt").write_text("0639980012\n0639\n")
    code, out, err = run(capsys, "spring", "--include", str(include))
    assert (code, out) == (2, "")
    assert says in err
    assert err.startswith("ovh-sms: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_campaign_that_is_not_there(capsys: pytest.CaptureFixture[str], include: Path) -> None:
    campaign(include)
    code, _, err = run(capsys, "sprin", "--include", str(include))
    assert code == 2
    assert "found: spring" in err
    code, _, err = run(capsys, str(include / "gone.yaml"))
    assert (code, "gone.yaml does not exist. Check the path" in err) == (2, True)
    (include / "folder.yaml").mkdir()
    assert "folder.yaml is not a file" in run(capsys, str(include / "folder.yaml"))[2]
    with pytest.raises(SystemExit) as caught:
        main(["preview"])
    assert caught.value.code == 2


def test_a_price_with_a_comma(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "guide", "--include", str(ROOT / "include"), "--price-per-credit", "0,065")
    assert "Price: 0.26 without tax, at 0.065 a credit" in out


@pytest.mark.parametrize("price", ["-1", "nan", "inf", "x", "1.000,5"])
def test_a_price_that_is_none(capsys: pytest.CaptureFixture[str], price: str) -> None:
    with pytest.raises(SystemExit):
        main(["preview", "guide", f"--price-per-credit={price}"])
    assert f"{price} is no price; write it as 0.065" in capsys.readouterr().err


def test_ovh_is_asked_for_blacklist_and_price_with_a_connection(
    capsys: pytest.CaptureFixture[str], include: Path, sandbox: SandboxProcess
) -> None:
    campaign(include)
    (include / "a.csv").write_text("number;prenom\n0639980012;Zoé\n0639980013;Eva\n", encoding="utf-8")
    sandbox.block("+33639980013")
    code, out, err = run(capsys, "spring", "--include", str(include), "--connection")
    assert (code, err) == (0, "")
    assert "Rows: 2, accepted 1, rejected 1" in out
    assert "EUR without tax" in out
    code, _, err = run(capsys, "spring", "--include", str(include), "--connection", "no_such_connection")
    assert code == 2
    assert "no_such_connection" in err
    assert sandbox.truth(account=sandbox.account_name)["accepted"] == 0


def test_ovh_is_asked_for_its_rates_abroad_with_a_connection(
    capsys: pytest.CaptureFixture[str], include: Path, sandbox: SandboxProcess
) -> None:
    campaign(include, message="Bonjour")
    (include / "a.csv").write_text("number\n0639980012\n+4915123456789\n")
    _, out, _ = run(capsys, "spring", "--include", str(include))
    assert "OVH's rates abroad are not in this estimate" in out
    given = ("--include", str(include), "--connection", "--price-per-credit", "0.5", "--json")
    code, out, err = run(capsys, "spring", *given)
    told = json.loads(out)
    rate = OvhSmsHook().client.rates.destination("de").credits
    assert (code, err, told["rates_abroad"]) == (0, "", {"49": rate})
    assert (told["credits"], told["cost"]) == pytest.approx((1 + rate, (1 + rate) / 2))


@pytest.mark.parametrize(
    ("tag", "code", "says"), [("c7nef py24", "0a1b2c", "no tag"), ("c7nefpy24byvmi7czq6w", "zz", "no tag")]
)
def test_a_decision_needs_a_tag_and_its_code(
    capsys: pytest.CaptureFixture[str], tag: str, code: str, says: str
) -> None:
    assert main(["resolve", tag, code, "sent"]) == 2
    assert says in capsys.readouterr().err
