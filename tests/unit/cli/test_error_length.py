"""An error fits a log and a dialog, also if a list, its name or an option is huge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from support.cli import Command, write_campaign

LONGEST = 600
LONG, PERSON = "z" * 5000, "0639980012"
NAMES = [f"une colonne au nom plutot long {at}" for at in range(500)]


def lines(*rows: list[str]) -> str:
    return "".join(";".join(row) + "\n" for row in rows)


LISTS = {
    "no column is the number's": (lines(NAMES, [PERSON] * 500), "x"),
    "the message uses no column of 500": (lines(["number", *NAMES], [PERSON] * 501), "#ville#"),
    "the message uses 500 unknown columns": (lines(["number"], [PERSON]), " ".join(f"#{name}#" for name in NAMES)),
    "500 columns may be the number's": (lines([f"tel{at % 10}" for at in range(500)], [PERSON] * 500), "x"),
    "500 columns of one name": (lines(["number", *["a"] * 500], [PERSON] * 501), "#a#"),
    "a huge cell in the header": (lines(["prenom", "y" * 900_000], ["Zoé", PERSON]), "x"),
    "a huge cell": (lines(["number", "prenom"], [PERSON, "y" * 2_000_000]), "#prenom#"),
    "a huge cell that was misread": (lines(["number", "prenom"], [PERSON, "Ã©" * 100_000]), "#prenom#"),
    "a huge cell of a person": (lines(["06 39 98 00 12" + "y" * 100_000, "x"], ["Zoé", PERSON]), "x"),
    "no list": (LONG + "\n", "x"),
}


@pytest.mark.parametrize("name", LISTS)
def test_of_a_list(ovh_sms: Command, tmp_path: Path, name: str) -> None:
    text, message = LISTS[name]
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    check(ovh_sms, "--file", tmp_path / "a.csv", "--message", message)


def test_of_words_in_an_unclear_encoding(ovh_sms: Command, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("number;prenom\n0639980012;Łódźżółć\n".encode("cp1250") + b"\xa3" * 5000)
    check(ovh_sms, "--file", tmp_path / "a.csv", "--message", "#prenom#")


def test_of_a_workbook_with_many_sheets_and_hidden_columns(ovh_sms: Command, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["number", *NAMES])
    book.active.append([PERSON] * 501)
    for at in range(2, 502):
        book.active.column_dimensions[openpyxl.utils.get_column_letter(at)].hidden = True
    for at in range(100):
        book.create_sheet(f"une feuille au nom long {at}")
    book.save(tmp_path / "a.xlsx")
    check(ovh_sms, "--file", tmp_path / "a.xlsx", "--message", "#ville#")
    check(ovh_sms, "--file", tmp_path / "a.xlsx", "--message", "x", "--sheet", "Mai")
    check(ovh_sms, "--file", tmp_path / "a.xlsx", "--message", "x", "--sheet", LONG)


@pytest.mark.parametrize(
    "options",
    [
        ("--file", LONG),
        ("--file", f"file:///{LONG}"),
        ("--file", f"no_such_scheme://{LONG}"),
        ("--rejects", LONG),
        ("--rejects", "z/" * 2500 + "z"),
        ("--suppress", LONG),
        ("--number-column", LONG),
        ("--encoding", LONG),
        ("--region", LONG),
        ("--date-format", LONG),
        ("--separator", LONG),
        ("--sender", LONG),
        ("--empty", LONG),
        ("--also-accept", LONG),
        ("--sheet", LONG),
        ("--connection", LONG),
        ("--price-per-credit", LONG),
        ("--empty", "text", "--default-text", "ê" * 5000),
    ],
    ids=lambda options: " ".join(each[:20] for each in options),
)
def test_of_an_option(ovh_sms: Command, tmp_path: Path, options: tuple[str, ...]) -> None:
    (tmp_path / "a.csv").write_text(lines(["number"], [PERSON]), encoding="utf-8")
    given = () if "--file" in options else ("--file", tmp_path / "a.csv")
    check(ovh_sms, *given, "--message", "x", *options)


def test_of_a_list_in_a_deep_folder(ovh_sms: Command, tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*["d" * 200] * 15)
    folder.mkdir(parents=True)
    (folder / "last.csv").write_text("number\n")
    error = check(ovh_sms, "--file", folder / "last.csv", "--message", "x")
    assert "last.csv has a header but no contact. Check the export that wrote it;" in error


def campaigns(include: Path) -> tuple[object, ...]:
    for at in range(300):
        (include / "campaigns" / f"campagne_{at}.yaml").write_text("kind: marketing\n")
    return "nope", "--include", include


def fields(include: Path) -> tuple[object, ...]:
    (include / "campaigns" / "bad.yaml").write_text("".join(f"field_{at}: 1\n" for at in range(300)))
    return "bad", "--include", include


@pytest.mark.parametrize(
    "given",
    [campaigns, fields, lambda _: (LONG,), lambda _: (f"{LONG}.yaml",), lambda _: (f"{'z' * 200}.yaml",)],
    ids=["many campaigns", "many fields", "a long name", "a long path", "a missing path"],
)
def test_of_a_campaign(ovh_sms: Command, tmp_path: Path, given: Callable[[Path], tuple[object, ...]]) -> None:
    write_campaign(tmp_path)
    check(ovh_sms, *given(tmp_path))


def check(ovh_sms: Command, *arguments: object) -> str:
    done = ovh_sms("preview", *arguments)
    assert done.code in (2, 3)
    assert len(done.err) <= LONGEST
    assert "63998" not in done.err
    return done.err
