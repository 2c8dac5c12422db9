from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import phonenumbers
import pytest

from ovh_sms.contacts import prepare as engine
from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.contacts.read import csv_blocks
from ovh_sms.errors import ContactsError
from unit.contacts.small_lists import FICTION, GUIDE, GUIDE_MESSAGE, rejects, run


def test_the_guide_s_own_list(tmp_path: Path) -> None:
    prepared = run(tmp_path, GUIDE, GUIDE_MESSAGE, stop=True)
    assert prepared.list_path.read_bytes().decode() == (
        "number;prenom;nom;adresse\n"
        "+33639980000;Pierre;Durant;xx rue montaigne Paris\n"
        "+33639980001;Jean;Dupont;xx rue montaigne Paris\n"
    )
    assert prepared.columns == ("Numero", "nom", "prenom", "adresse")
    assert (prepared.rows, prepared.accepted, prepared.rejected) == (2, 2, {})
    assert prepared.segments == {2: 2}  # ê and ’ make it Unicode
    assert (prepared.credits, prepared.worst_segments, prepared.worst_line, prepared.unicode_rows) == (4, 2, 2, 2)
    assert prepared.digest == hashlib.sha256(prepared.list_path.read_bytes()).hexdigest()
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "prepared.csv",
        "prepared.json",
        "rejects.csv",
    ]


def test_manifest_reads_back_and_holds_no_number(tmp_path: Path) -> None:
    prepared = run(tmp_path, GUIDE, "Bonjour #prenom#")
    assert PreparedList.load(tmp_path / "out") == prepared
    assert PreparedList.from_xcom(json.loads(json.dumps(prepared.to_xcom()))) == prepared
    shown = (tmp_path / "out" / "prepared.json").read_text()
    assert "63998" not in shown
    assert "Durant" not in shown
    with pytest.raises(ContactsError, match=r"lacks rows\. Prepare"):
        PreparedList.from_xcom({k: v for k, v in prepared.to_xcom().items() if k != "rows"})
    with pytest.raises(ContactsError, match="cannot be read"):
        PreparedList.load(tmp_path)


def test_a_manifest_of_an_earlier_version_reads_back(tmp_path: Path) -> None:
    shown = run(tmp_path, GUIDE, "Bonjour #prenom#").to_xcom()
    del shown["source_digest"]
    assert PreparedList.from_xcom(shown).source_digest is None


def test_every_preparation_of_a_contact_list_has_its_digest(tmp_path: Path) -> None:
    first = run(tmp_path, GUIDE, "Bonjour #prenom#")
    stopped = run(tmp_path, GUIDE, "Bonjour #prenom#", suppressed=("+33639980000",))
    assert first.digest != stopped.digest
    assert first.source_digest == stopped.source_digest == hashlib.sha256(GUIDE.encode()).hexdigest()
    assert {batch["source_digest"] for batch in first.to_xcom()["batches"]} == {first.source_digest}
    assert run(tmp_path, GUIDE + "\n", "Bonjour #prenom#").source_digest != first.source_digest


def test_every_reason_with_line_column_and_value(tmp_path: Path) -> None:
    landline = phonenumbers.example_number_for_type("FR", phonenumbers.PhoneNumberType.FIXED_LINE)
    text = f"""number;prenom;note
0639980000;Anna;x
06 39 98 00 00;Again;x
0639980001;François;x
+33 (0)6 39 98 00 02;Stop;x

;Nobody;x
6,3998E+08;Excel;x
06 39;Short;x
0{landline.national_number};Landline;x
0639980003;Few
0639980004;Many;x;y
0639980005;"Two
lines";x
0639980006;Béa;ç and
0639980007;"Ok";"two
lines in an unused column"
"""
    prepared = run(tmp_path, text, "Bonjour #prenom#", suppressed=("0033639980002",))
    assert rejects(prepared) == [
        ("3", "number", "06 39 98 00 00", "duplicate"),
        ("4", "prenom", "François", "not_gsm7"),
        ("5", "number", "+33 (0)6 39 98 00 02", "suppressed"),
        ("7", "number", "", "no_number"),
        ("8", "number", "6,3998E+08", "spreadsheet_damage"),
        ("9", "number", "06 39", "invalid_number"),
        ("10", "number", f"0{landline.national_number}", "not_mobile"),
        ("12", "", "0639980004 | Many | x | y", "broken_row"),
        ("13", "prenom", "Two\nlines", "line_break"),
    ]
    assert prepared.list_path.read_text(encoding="utf-8") == (
        "number;prenom\n+33639980000;Anna\n+33639980003;Few\n+33639980006;Béa\n+33639980007;Ok\n"
    )
    assert prepared.rows == 13 == prepared.accepted + sum(prepared.rejected.values())
    assert prepared.rejected == {
        "broken_row": 1, "duplicate": 1, "invalid_number": 1, "line_break": 1, "no_number": 1, "not_gsm7": 1,
        "not_mobile": 1, "spreadsheet_damage": 1, "suppressed": 1,
    }  # fmt: skip


def test_fiction_is_refused_by_default_and_zero_accepted_is_no_error(tmp_path: Path) -> None:
    prepared = run(tmp_path, GUIDE, options=ContactOptions())
    assert (prepared.rows, prepared.accepted, prepared.rejected) == (2, 0, {"fiction_number": 2})
    assert prepared.list_path.read_text() == "number\n"
    assert (prepared.segments, prepared.credits, prepared.worst_segments, prepared.worst_line) == ({}, 0, 0, None)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_form_of_a_list_gives_the_same_prepared_list(
    tmp_path: Path, encoding: str, separator: str, end: str
) -> None:
    rows = [["Numéro ", "prénom"], ["0639980000", "Zoé"], ["0639980001", "Hélène "], [], []]
    text = end.join(separator.join(row) for row in rows)
    prepared = run(tmp_path, text.encode(encoding), "Bonjour #prénom#")
    assert prepared.list_path.read_text(encoding="utf-8") == ("number;prénom\n+33639980000;Zoé\n+33639980001;Hélène\n")
    assert (prepared.rows, prepared.separator, prepared.encoding) == (2, separator, encoding)


def test_one_column_file_as_ovh_takes_it(tmp_path: Path) -> None:
    prepared = run(tmp_path, "number\r\n0639980000\r\n639980001\r\n06 39 98 00 0\r\n\r\n")
    assert prepared.list_path.read_text() == "number\n+33639980000\n+33639980001\n"
    assert prepared.rejected == {"invalid_number": 1}
    assert rejects(prepared) == [("4", "number", "06 39 98 00 0", "invalid_number")]


def test_same_input_same_files(tmp_path: Path) -> None:
    first = run(tmp_path, GUIDE, "#nom#")
    files = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    again = run(tmp_path, GUIDE, "#nom#")
    assert again == first
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == files
    assert run(tmp_path, GUIDE, "#prenom#").digest != first.digest


def test_only_used_columns_leave_the_house(tmp_path: Path) -> None:
    prepared = run(tmp_path, GUIDE, "Hello #prenom#, #prenom#")
    assert prepared.used_columns == ("number", "prenom")
    assert "montaigne" not in prepared.list_path.read_text()


def test_number_in_the_message(tmp_path: Path) -> None:
    prepared = run(tmp_path, "number;nom\n0639980000;x\n", "x" * 148 + "#number#")
    assert prepared.used_columns == ("number",)
    assert prepared.segments == {1: 1}  # 148 + the twelve characters of the E.164 form
    as_typed = run(tmp_path, "Numero\n06 39 98 00 00\n", "You are #Numero#")
    assert as_typed.list_path.read_text() == "number;Numero\n+33639980000;06 39 98 00 00\n"
    options = ContactOptions(allow_fiction=True, number_column="mobile")
    with pytest.raises(ContactsError, match="uses #number#, but the contact list's number is in mobile"):
        run(tmp_path, "mobile;number\n0639980000;7\n", "#number#", options=options)


def test_special_characters_in_values(tmp_path: Path) -> None:
    text = 'number,a\n0639980000,"x;y"\n0639980001,"say ""hi"""\n0639980002,#b#\n'
    prepared = run(tmp_path, text, "#a#")
    assert prepared.list_path.read_text() == (
        'number;a\n+33639980000;"x;y"\n+33639980001;"say ""hi"""\n+33639980002;#b#\n'
    )


def test_a_rejected_row_does_not_make_a_later_good_one_a_duplicate(tmp_path: Path) -> None:
    prepared = run(tmp_path, "number;a\n0639980000;ç\n0639980000;c\n+33639980000;c\n", "#a#")
    assert prepared.list_path.read_text() == "number;a\n+33639980000;c\n"
    assert prepared.rejected == {"duplicate": 1, "not_gsm7": 1}


def test_cost_is_counted_on_the_merged_message(tmp_path: Path) -> None:
    reunion = phonenumbers.example_number_for_type("RE", phonenumbers.PhoneNumberType.MOBILE)
    rows = [("0639980000", 49), ("0639980001", 50), (f"0{reunion.national_number}", 50), ("0639980002", 0)]
    text = "number;a\n" + "".join(f"{number};{'x' * length}\n" for number, length in rows)
    marketing = run(tmp_path, text, "y" * 100 + "#a#", stop=True)
    assert marketing.segments == {1: 3, 2: 1}  # overseas numbers get no STOP clause
    assert (marketing.credits, marketing.worst_segments, marketing.worst_line) == (5, 2, 3)
    assert (marketing.foreign_rows, marketing.unicode_rows, marketing.empty_values) == (1, 0, {"a": 1})
    assert run(tmp_path, text, "y" * 100 + "#a#").segments == {1: 4}
    assert run(tmp_path, text, "ç#a#").unicode_rows == 4


@pytest.mark.parametrize("entry", ["+33639980000", "0033639980000", "06 39 98 00 00", "33639980000"])
def test_suppression_takes_any_form(tmp_path: Path, entry: str) -> None:
    assert run(tmp_path, GUIDE, suppressed=(entry, "no number")).rejected == {"suppressed": 1}


def test_progress_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_blocks, "BLOCK_BYTES", 8_000)
    source = tmp_path / "list.csv"
    source.write_text("number\n" + "".join(f"063998{n:04d}\n" for n in range(4_500)) + "x\n")
    says: list[tuple[int, int]] = []
    prepare(
        source,
        out=tmp_path,
        message="x",
        stop_clause=False,
        options=FICTION,
        progress=lambda rows, refused: says.append((rows, refused)),
    )
    assert says[-1] == (4_501, 1)
    assert len(says) >= 3
    assert says == sorted(says)


def test_import_is_light() -> None:
    code = (
        "import sys, ovh_sms.contacts.prepare, ovh_sms.messaging.sending_window, ovh_sms.messaging.delivery_status\n"
        "heavy = {'phonenumbers', 'pandas', 'pyarrow', 'holidays', 'airflow', 'ovh'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    plugins = Path(engine.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=plugins, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_error_of_a_spreadsheet_is_sent_to_nobody(tmp_path: Path) -> None:
    text = "number;prenom\n0639980000;#N/A\n0639980001; #VALEUR! \n0639980002;#1\n"
    prepared = run(tmp_path, text, "Bonjour #prenom#")
    assert prepared.list_path.read_text() == "number;prenom\n+33639980002;#1\n"
    assert prepared.rejected == {"spreadsheet_damage": 2}


def test_a_reject_with_a_line_break_stays_one_row(tmp_path: Path) -> None:
    prepared = run(tmp_path, 'number;prenom\n"06\r39";A\n0639980011;B\n')
    with prepared.rejects_path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows == [["line", "column", "value", "reason"], ["2", "number", "06\n39", "invalid_number"]]


def test_pandas_is_not_loaded(tmp_path: Path) -> None:
    source = tmp_path / "list.csv"
    source.write_text(
        'numero;prenom\n0639980000;Zoé\n06;"a;b"\n0639980000;c\n0639980001;ç\n06 ab;c\n0639980002 / 0639980003;c\n'
    )
    code = (
        "import sys\nfrom pathlib import Path\nfrom ovh_sms.contacts.prepare import prepare\n"
        f"prepare(Path({str(source)!r}), out=Path({str(tmp_path)!r}), message='#prenom#', stop_clause=True)\n"
        "sys.exit('pandas' in sys.modules)"
    )
    plugins = Path(csv_blocks.__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", code], cwd=plugins, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
