from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.messaging.spreadsheet_cells import safe_cell
from ovh_sms.sending.receiver_files import write_numbers


@pytest.mark.parametrize(
    "text",
    [
        "=1", "+1+1", "-1-1", "@x", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "+\u0663\u0663", "+cmd|x", "+", "-",
        "+1+cmd|' /C calc'!A0", "-2+3+HYPERLINK(0)", "+33/6", "+33-6", "+ 33", "-1E5", "\uff1d1+1",
    ],
)  # fmt: skip
def test_formulas_get_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "MYSHOP",
        "+33639980001",
        "36000",
        "a=b",
        "a;b",
        "+33 6 39 98 00 01",
        "+33 (0)6.39.98.00.01",
        "-12,50",
        "-1",
        "Zo\u00e9",
    ],
)
def test_other_texts_and_numbers_stay(text: str) -> None:
    assert safe_cell(text) == text


def test_rejects_run_no_formula_in_values_and_headers(tmp_path: Path) -> None:
    rows = ["+1+cmd|' /C calc'!A0;Bob", "-2+3+HYPERLINK(0);Ana", "=1;x", "+33 6 39;x", "+1-2;x", "0639980001;\u00ea=2"]
    path = tmp_path / "list.csv"
    path.write_text("\n".join(["numero;=HYPERLINK(9)", *rows]), encoding="utf-8")
    options = ContactOptions(allow_fiction=True)
    prepare(path, out=tmp_path, message="#=HYPERLINK(9)#", stop_clause=False, options=options)
    values = [line.split(";")[1:3] for line in (tmp_path / "rejects.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert values == [
        ["numero", "'+1+cmd|' /C calc'!A0"],
        ["numero", "'-2+3+HYPERLINK(0)"],
        ["numero", "'=1"],
        ["numero", "+33 6 39"],
        ["numero", "'+1-2"],
        ["'=HYPERLINK(9)", "\u00ea=2"],
    ]


def test_refused_numbers_run_no_formula(tmp_path: Path) -> None:
    path = write_numbers(tmp_path / "refused.csv", ["+33639980001", "=1+1", "0033639980002"])
    assert path is not None
    assert path.read_text(encoding="utf-8") == "number\n+33639980001\n'=1+1\n0033639980002\n"
