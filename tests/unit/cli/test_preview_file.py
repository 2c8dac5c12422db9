"""``ovh-sms preview --file``: a list without a campaign file; the files and the line that it may be asked for."""

from __future__ import annotations

import csv
import json
import os
import stat
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from support.cli import Command, process, write_campaign
from support.lists import workbook

TEXT = "Bonjour #prenom#"
ROWS = "number;prenom\n0639980012;Zoé\n12;Ana\n0639980013;Loïc\n"


@pytest.fixture
def contacts(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def test_a_list_needs_no_campaign_file_and_no_airflow(contacts: Path) -> None:
    missing = "import sys; sys.modules['airflow'] = None; from ovh_sms.cli import main; sys.exit(main(sys.argv[1:]))"
    done = process("preview", "--file", contacts, "--message", TEXT, script=missing, cwd=contacts.parent)
    assert (done.code, done.err) == (0, "")
    assert f"Contact list: {contacts}" in done.out
    assert "Rows: 3, accepted 1, rejected 2" in done.out
    assert "+*********12: 22 characters (11 + STOP clause of 11), 1 segment" in done.out
    assert "budget" not in done.out


def test_a_path_is_relative_to_where_the_command_runs(contacts: Path) -> None:
    done = process("preview", "--file", "list.csv", "--message", TEXT, cwd=contacts.parent)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("options", "characters"), [((), 22), (("--sender", "MYSHOP"), 22), (("--kind", "transactional"), 11)]
)
def test_the_stop_clause_counts_for_marketing(
    ovh_sms: Command, contacts: Path, options: tuple[str, ...], characters: int
) -> None:
    done = ovh_sms("preview", "--file", contacts, "--message", TEXT, "--json", *options)
    shown = json.loads(done.out)
    assert (done.code, shown["campaign"], shown["budget"]) == (0, None, None)
    assert [each["characters"] for each in shown["messages"]] == [characters]


def test_the_fields_of_a_campaigns_contacts_are_options(ovh_sms: Command, tmp_path: Path) -> None:
    rows = [["Note", "mobile", "prenom"], ["x", "0470 12 34 56", "Loïc"], ["x", "0471 12 34 56", "Eva"]]
    path = workbook(tmp_path / "a.xlsx", rows, title="Mai")
    (tmp_path / "stop.txt").write_text("+32471123456\n")
    given = ["--sheet", "Mai", "--region", "BE", "--number-column", "mobile", "--transliterate"]
    done = ovh_sms("preview", "--file", path, "--message", TEXT, *given, "--suppress", tmp_path / "stop.txt", "--json")
    shown = json.loads(done.out)
    assert (done.code, done.err, shown["kind"]) == (0, "", "xlsx")
    assert [each["text"] for each in shown["messages"]] == ["Bonjour Loic"]
    assert shown["rejected"] == {"suppressed": 1}


def test_a_text_file_is_read_as_the_options_say(ovh_sms: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('titre\nmobile|prenom\n0639980012|"\u0141ukasz\nA"\n0639980013|\n'.encode("cp1250"))
    given = ["--encoding", "cp1250", "--separator", "|", "--header-line", 2, "--line-breaks", "blank"]
    given += ["--transliterate", "--empty", "text", "--default-text", "client"]
    done = ovh_sms("preview", "--file", path, "--message", TEXT, *given, "--json")
    shown = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert [each["text"] for each in shown["messages"]] == ["Bonjour Lukasz A", "Bonjour client"]


ASKED = "number,prenom,Pays,Opt-in\n0791234567,L&#39;Ana,Suisse,Non\n0639980013,nobody,France,Oui\n"


def test_a_list_that_says_who_agrees_can_be_previewed(ovh_sms: Command, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(ASKED, encoding="utf-8")
    given = ["preview", "--file", path, "--message", "https://ex.fr/#prenom#", "--json", "--missing", "nobody"]
    given += ["--escaped-text", "decode", "--encode-addresses"]
    assert "column 'Opt-in'" in ovh_sms(*given).err
    every = json.loads(ovh_sms(*given, "--consent", "ignore").out)
    assert (every["rows"], every["accepted"], every["empty_values"]) == (2, 2, {"prenom": 1})
    assert [each["text"] for each in every["messages"]] == ["https://ex.fr/L%27Ana", "https://ex.fr/"]
    assert every["countries"] == {"33": 1, "41": 1}
    french = json.loads(ovh_sms(*given, "--consent", "ignore", "--country-column", "false").out)
    assert french["countries"] == {"33": 2}
    some = json.loads(ovh_sms(*given, "--consent", "{column: Opt-in, accept: [Oui]}").out)
    assert some["rejected"] == {"no_consent": 1}
    shown = ovh_sms(*(each for each in given if each != "--json"), "--consent", "{column: Opt-in, accept: [Oui]}").out
    assert "Read for each row: country from Pays\nRead for each row: consent from Opt-in\n" in shown
    (first,) = some["first_rejects"]["no_consent"]
    assert (first["column"], first["value"]) == ("Opt-in", "Non")


@pytest.mark.parametrize(("zone", "accepted"), [("Pacific/Kiritimati", 1), ("Etc/GMT+12", 0)])
def test_the_age_of_a_consent_counts_in_the_campaigns_zone(
    ovh_sms: Command, tmp_path: Path, zone: str, accepted: int
) -> None:
    """The two zones never have the same day."""
    today = datetime.now(ZoneInfo("Pacific/Kiritimati"))
    rule = "{file: a.csv, consent: {column: Date opt-in, max_age_months: 36}}"
    write_campaign(tmp_path, contacts=rule, rows=f"number;prenom;Date opt-in\n0639980012;Ana;{today:%d/%m/%Y}\n")
    campaign = tmp_path / "campaigns" / "spring.yaml"
    campaign.write_text(f"{campaign.read_text(encoding='utf-8')}timezone: {zone}\n", encoding="utf-8")
    done = ovh_sms("preview", "spring", "--include", tmp_path, "--json")
    assert (done.code, done.err, json.loads(done.out)["accepted"]) == (0, "", accepted)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "Nothing to preview is named. Give a CAMPAIGN; or --file LIST with --message TEXT."),
        (("--message", "x"), "Nothing to preview is named."),
        (("--file", "list.csv"), "Nothing to preview is named."),
        (("spring", "--file", "list.csv", "--message", "x"), "--message, --file: not with the campaign spring"),
        (("spring", "--transliterate"), "--transliterate: not with the campaign spring"),
        (("--file", "list.csv", "--message", "x", "--sender", "A" * 12), "--sender is wrong"),
        (("--file", "list.csv", "--message", "x", "--kind", "both"), "--kind is wrong"),
        (("--file", "list.csv", "--message", "x", "--region", "fr"), "--region is wrong: give two capital letters"),
        (("--file", "list.csv", "--message", "x", "--date-format", "x"), "--date-format is wrong: write it as"),
        (("--file", "list.csv", "--message", "x", "--empty", "text"), "`default_text` go together"),
        (("--file", "list.csv", "--message", "x", "--consent", "yes"), "--consent is wrong"),
        (("--file", "list.csv", "--message", "x", "--consent", "{column"), "--consent cannot be read"),
        (("--file", "https://a/b.csv", "--message", "x"), "--file is wrong: a web address"),
    ],
)
def test_wrong_options_are_one_sentence_and_exit_code_2(ovh_sms: Command, options: tuple[str, ...], says: str) -> None:
    done = ovh_sms("preview", *options)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith("ovh-sms: ")
    assert says in done.err


def test_rejects_and_the_prepared_list_are_written_as_a_run_writes_them(
    ovh_sms: Command, contacts: Path, tmp_path: Path
) -> None:
    rejects, prepared = tmp_path / "out.csv", tmp_path / "ovh.csv"
    old = os.umask(0)
    try:
        done = ovh_sms("preview", "--file", contacts, "--message", TEXT, "--rejects", rejects, "--prepared", prepared)
    finally:
        os.umask(old)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f"Rejected rows: written to {rejects}\nList for OVH: written to {prepared}\n")
    assert prepared.read_text(encoding="utf-8") == "number;prenom\n+33639980012;Zoé\n"
    with rejects.open(encoding="utf-8", newline="") as file:
        found = list(csv.reader(file, delimiter=";"))
    assert found == [
        ["line", "column", "value", "reason"],
        ["3", "number", "12", "invalid_number"],
        ["4", "prenom", "Loïc", "not_gsm7"],
    ]
    assert {stat.S_IMODE(each.stat().st_mode) for each in (rejects, prepared)} == {0o600}


def test_further_texts_of_a_number_are_written_to_files_of_their_own(
    ovh_sms: Command, contacts: Path, tmp_path: Path
) -> None:
    contacts.write_text("number;prenom\n0639980012;Ana\n0639980012;Tom\n", encoding="utf-8")
    both = ("preview", "--file", contacts, "--message", TEXT, "--duplicates", "number_and_text")
    done = ovh_sms(*both, "--prepared", tmp_path / "ovh.csv")
    assert done.code == 0
    assert done.out.endswith(
        f"List for OVH: written to {tmp_path}/ovh.csv\nIts next batch: written to {tmp_path}/ovh_2.csv\n"
    )
    assert "More than one message: to 1 number, at most 2, each in another of 2 batches" in done.out
    texts = [(tmp_path / name).read_text(encoding="utf-8") for name in ("ovh.csv", "ovh_2.csv")]
    assert texts == ["number;prenom\n+33639980012;Ana\n", "number;prenom\n+33639980012;Tom\n"]
    done = ovh_sms(*both, "--prepared", tmp_path / "new.csv", "--rejects", tmp_path / "out.csv")
    assert done.code == 0
    (tmp_path / "new.csv").unlink()
    done = ovh_sms(*both, "--prepared", tmp_path / "new.csv")
    assert (done.code, "no file is overwritten" in done.err) == (2, True)


def test_another_choice_of_duplicates_is_refused(ovh_sms: Command, contacts: Path) -> None:
    done = ovh_sms("preview", "--file", contacts, "--message", TEXT, "--duplicates", "text")
    assert done.code == 2
    assert "--duplicates is wrong" in done.err


def test_a_campaign_writes_its_files_too(ovh_sms: Command, tmp_path: Path) -> None:
    write_campaign(tmp_path, rows=ROWS)
    done = ovh_sms("preview", "spring", "--include", tmp_path, "--rejects", tmp_path / "out.csv", "--json")
    assert json.loads(done.out)["rejects_file"] == str(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").count("\n") == 3


@pytest.mark.parametrize("option", ["--rejects", "--prepared"])
def test_no_file_is_overwritten(ovh_sms: Command, contacts: Path, tmp_path: Path, option: str) -> None:
    done = ovh_sms("preview", "--file", contacts, "--message", TEXT, option, contacts)
    assert (done.code, done.out) == (2, "")
    assert "list.csv exists, and no file is overwritten. Nothing was written." in done.err
    assert contacts.read_text(encoding="utf-8") == ROWS
    (tmp_path / "link.csv").symlink_to(tmp_path / "nowhere.csv")
    assert ovh_sms("preview", "--file", contacts, "--message", TEXT, option, tmp_path / "link.csv").code == 2
    assert not (tmp_path / "nowhere.csv").exists()


def test_a_file_that_cannot_be_made_is_refused_before_the_list_is_read(ovh_sms: Command, tmp_path: Path) -> None:
    gone = ["preview", "--file", tmp_path / "gone.csv", "--message", TEXT]
    done = ovh_sms(*gone, "--rejects", tmp_path / "no" / "out.csv")
    assert (done.code, "out.csv does not exist. Nothing was written. Make the folder" in done.err) == (2, True)
    done = ovh_sms(*gone, "--rejects", tmp_path / "out.csv", "--prepared", tmp_path / "out.csv")
    assert (done.code, "out.csv exists" in done.err) == (2, True)


def test_an_error_leaves_no_file(ovh_sms: Command, contacts: Path, tmp_path: Path) -> None:
    done = ovh_sms("preview", "--file", contacts, "--message", "#ville#", "--rejects", tmp_path / "out.csv")
    assert done.code == 2
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize(
    ("line", "says", "state"),
    [
        (1, "Line 1 is no row. This is the header.", "header"),
        (2, "Line 2: accepted", "accepted"),
        (3, "Line 3: rejected as invalid_number: no such phone number can exist", "rejected"),
        (9, "Line 9 is no row. There is no such line: the file has 4 lines.", "missing"),
    ],
)
def test_one_line_is_shown_alone(ovh_sms: Command, contacts: Path, line: int, says: str, state: str) -> None:
    command = ["preview", "--file", contacts, "--message", TEXT, "--line", line]
    done = ovh_sms(*command)
    assert (done.code, done.err) == (0, "")
    assert says in done.out.splitlines()
    assert "Credits" not in done.out
    shown = json.loads(ovh_sms(*command, "--json").out)["line"]
    assert (shown["line"], shown["state"]) == (line, state)
    text = "Bonjour Zoé" if state == "accepted" else None
    assert (shown["message"] and shown["message"]["text"]) == text


def test_a_hidden_line_is_shown_as_hidden(ovh_sms: Command, tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["number", "prenom"], [639980012, "Zoé"], [639980013, "Eva"]])
    book = openpyxl.load_workbook(path)
    book.active.row_dimensions[3].hidden = True
    book.save(path)
    done = ovh_sms("preview", "--file", path, "--message", TEXT, "--line", 3)
    assert "Line 3: rejected as hidden: the sheet hides the row, by a filter or by hand" in done.out
    assert "639980013" not in done.out


def test_line_0_is_refused(ovh_sms: Command, contacts: Path) -> None:
    done = ovh_sms("preview", "--file", contacts, "--message", TEXT, "--line", 0)
    assert (done.code, done.out) == (2, "")
