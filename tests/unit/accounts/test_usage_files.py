"""The files of a month: the same figures give the same bytes, and each line adds up to the month."""

from __future__ import annotations

import csv
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from ovh_sms.accounts.usage_files import COLUMNS, csv_text, page_name, write_files
from support.usage_sample import usage_month


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_SMS_DATA", str(tmp_path))


def test_the_same_month_gives_the_same_bytes_and_lost_payers_lose_their_page(tmp_path: Path) -> None:
    files = write_files(usage_month())
    assert set(files.pages) == {"", "Marketing", "Support", "warehouse"}
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    write_files(usage_month())
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()} == before
    month = usage_month()
    lines = tuple(each for each in month.lines if each.payer != "Support")
    assert "Support" not in write_files(replace(month, lines=lines)).pages
    assert not files.pages["Support"].exists()


def test_the_lines_of_both_tables_add_up_to_the_month() -> None:
    month = usage_month()
    files, record = write_files(month), month.record
    with files.csv.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    table = pq.read_table(files.parquet)
    assert table.column_names == list(COLUMNS)
    for name, whole in (
        ("credits", Decimal(record.credits).scaleb(-4)),
        ("cost_without_tax", Decimal(record.cost_without_tax).scaleb(-2)),
        ("cost_with_tax", Decimal(record.cost_with_tax).scaleb(-2)),
    ):
        assert sum(Decimal(row[name]) for row in rows) == whole
        assert sum(table.column(name).to_pylist()) == whole
    assert rows[-1]["kind"] == "not explained"
    assert rows[-1]["payer"] == ""


def test_a_tag_is_no_formula_in_a_spreadsheet() -> None:
    month = usage_month()
    first, *others = month.lines
    text = csv_text(replace(month, lines=(replace(first, tag="=1+1"), *others)))
    assert ";'=1+1;" in text


def test_the_page_of_an_account_names_payers_orders_and_the_difference() -> None:
    files = write_files(usage_month())
    page, annex = files.pages[""].read_text(), files.pages["Marketing"].read_text()
    for words in ("Marketing", page_name("Marketing"), "order 230000001", "Not explained"):
        assert words in page
    assert "spring1" in annex
    assert "tickets" not in annex


def test_pages_of_payers_have_names_of_their_own() -> None:
    names = [page_name(payer) for payer in ("", "Équipe A", "équipe-a", "../x", "a" * 200)]
    assert len(set(names)) == 5
    assert all("/" not in name and len(name) < 70 for name in names)
