"""Contact lists of any size, made at run time; nothing of them is committed or sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

FIRST = ["Anna", "Bruno", "Chloé", "David", "Élise", "Farid", "Gwen", "Hugo", "Inès", "Jules"]
TOWNS = ["Paris", "Lyon", "Lille", "Nantes", "Brest", "Orléans", "Dijon", "Tours", "Pau", "Metz"]
#: Mobile numbers of metropolitan France: those of overseas need more than the obvious way knows.
PREFIXES = np.array([61, 62, 66, 67, 68, 76, 77, 78])
BATCH = 100_000
#: What people write where a number should stand; with the row's number and its last six digits.
JUNK = (
    "contact{1}@example.fr",
    "à rappeler",
    "{0} bureau",
    "{0} / {0}",
    "{0}, {0}",
    "{0} ou {0}",
    "06 {1}",
    "{0}9",
    "6,{1}E+08",
    "{1} Orléans",
    "Tél. {1}",
    "06 12 XX {1}",
    "n° {1}",
    "{0} (maman)",
    "?",
    "#N/A",
)
Maker = Callable[[np.random.Generator, int], Iterator[tuple[str, str]]]
HEADER = "numero;prenom;ville;points\n"


@dataclass(frozen=True)
class BenchList:
    """A list and what is to be left out of it.

    :param path: CSV with ``;``, four columns.
    :param suppressed: file with one opted-out number a line, E.164.
    :param rows: rows below the header.
    """

    path: Path
    suppressed: Path
    rows: int


def write_list(folder: Path, rows: int, *, seed: int = 1) -> BenchList:
    """Write a list of French mobile numbers: 5 % duplicates, 2 % invalid, 1 % opted out.

    :param folder: receives both files.
    :param rows: rows below the header.
    :param seed: the same seed writes the same list.
    """
    return _write(folder / f"list_{rows}", rows, np.random.default_rng(seed), _french)


def write_workbook(folder: Path, rows: int) -> BenchList:
    """Write the same list as a workbook; points are numbers, all else text."""
    from openpyxl import Workbook

    made = write_list(folder, rows)
    book = Workbook(write_only=True)
    page = book.create_sheet("Contacts")
    for row in _rows_of(made.path):
        page.append([*row[:3], int(row[3]) if row[3].isdigit() else row[3]])
    book.save(made.path.with_suffix(".xlsx"))
    return replace(made, path=made.path.with_suffix(".xlsx"))


def write_parquet(folder: Path, rows: int) -> BenchList:
    """Write the same list as a Parquet file; points are integers, all else text."""
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet as pq

    made = write_list(folder, rows)
    kinds = {"numero": pa.string(), "prenom": pa.string(), "ville": pa.string(), "points": pa.int64()}
    form = pa.csv.ParseOptions(delimiter=";"), pa.csv.ConvertOptions(column_types=kinds)
    read = pa.csv.open_csv(made.path, parse_options=form[0], convert_options=form[1])
    with read, pq.ParquetWriter(made.path.with_suffix(".parquet"), read.schema) as out:
        for block in read:
            out.write_batch(block)
    return replace(made, path=made.path.with_suffix(".parquet"))


def write_table(made: BenchList, database: str) -> BenchList:
    """Copy a list's rows into a table of a PostgreSQL database; points are integers, all else text.

    :param database: its URL for SQLAlchemy.
    :returns: the list whose path is a file with the driver's words for the database.
    """
    import psycopg2
    from sqlalchemy import make_url

    url = make_url(database)
    words = f"host={url.host} port={url.port} user={url.username} dbname={url.database}"
    connection = psycopg2.connect(words)
    with connection, connection.cursor() as cursor, made.path.open(encoding="utf-8") as lines:
        cursor.execute("CREATE TABLE contacts (numero text, prenom text, ville text, points integer)")
        cursor.copy_expert("COPY contacts FROM STDIN WITH (FORMAT csv, HEADER, DELIMITER ';')", lines)
    connection.close()
    path = made.path.with_suffix(".database")
    path.write_text(words, encoding="utf-8")
    return replace(made, path=path)


def write_junk_list(folder: Path, rows: int) -> BenchList:
    """Write the same list with 20 % of its numbers made unreadable, few of them twice; the list itself is beside it."""
    made = write_list(folder, rows)
    path = made.path.with_name(f"junk_{rows}.csv")
    chance = np.random.default_rng(2)
    with made.path.open(encoding="utf-8") as lines, path.open("w", encoding="utf-8") as out:
        out.write(next(lines))
        kinds = chance.integers(0, 5 * len(JUNK), rows).tolist()
        for line, kind in zip(lines, kinds, strict=True):
            number, _, rest = line.partition(";")
            out.write(f"{JUNK[kind].format(number, number[-6:]) if kind < len(JUNK) else number};{rest}")
    return replace(made, path=path)


def _rows_of(path: Path) -> Iterator[list[str]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n").split(";")


def write_foreign_list(folder: Path, rows: int, *, seed: int = 1) -> BenchList:
    """Write a list of foreign mobile numbers of all regions, with the same shares of what is refused.

    A number is some region's example of a mobile number with its last digits drawn by lot, so that it is mostly
    valid; it is written as E.164, in international form with blanks, or behind ``00``.

    :param folder: receives both files.
    :param rows: rows below the header.
    :param seed: the same seed writes the same list.
    """
    return _write(folder / f"foreign_{rows}", rows, np.random.default_rng(seed), _Foreign())


def _write(stem: Path, rows: int, chance: np.random.Generator, make: Maker) -> BenchList:
    path, suppressed = stem.with_suffix(".csv"), stem.with_suffix(".stop")
    earlier: list[str] = []
    with path.open("w", encoding="utf-8") as out, suppressed.open("w", encoding="utf-8") as stop:
        out.write(HEADER)
        for start in range(0, rows, BATCH):
            count = min(BATCH, rows - start)
            texts: list[str] = []
            kinds = chance.random(count).tolist()
            olds = chance.integers(0, 1 << 30, count).tolist()
            for kind, old, (e164, shown) in zip(kinds, olds, make(chance, count), strict=True):
                text = shown
                if kind < 0.05 and earlier:
                    text = earlier[old % len(earlier)]
                elif kind < 0.07:
                    text = shown[:-2]
                elif kind < 0.08:
                    stop.write(e164 + "\n")
                elif len(earlier) < 50_000:
                    earlier.append(shown)
                texts.append(text)
            _write_rows(out, texts, chance)
    return BenchList(path, suppressed, rows)


def _write_rows(out: Any, texts: list[str], chance: np.random.Generator) -> None:
    first = np.array(FIRST)[chance.integers(0, len(FIRST), len(texts))].tolist()
    towns = np.array(TOWNS)[chance.integers(0, len(TOWNS), len(texts))].tolist()
    points = chance.integers(0, 10_000, len(texts)).tolist()
    out.write("\n".join(map("{};{};{};{}".format, texts, first, towns, points)) + "\n")


def _french(chance: np.random.Generator, count: int) -> Iterator[tuple[str, str]]:
    """Give numbers as E.164 and as people write them."""
    numbers = PREFIXES[chance.integers(0, len(PREFIXES), count)] * 10**7 + chance.integers(0, 10**7, count)
    for number, way in zip(map(str, numbers.tolist()), chance.random(count).tolist(), strict=True):
        if way < 0.5:
            shown = f"0{number}"
        elif way < 0.75:
            shown = f"+33{number}"
        elif way < 0.9:
            shown = f"0{number[0]} {number[1:3]} {number[3:5]} {number[5:7]} {number[7:]}"
        else:
            shown = f"0033{number}"
        yield f"+33{number}", shown


class _Foreign:
    """Numbers of all regions outside France, one region as often as another."""

    def __init__(self) -> None:
        import phonenumbers

        self._heads: list[tuple[str, str]] = []
        for region in sorted(phonenumbers.SUPPORTED_REGIONS):
            found = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
            if found is None or found.country_code == 33:
                continue
            national = phonenumbers.national_significant_number(found)
            self._heads.append((str(found.country_code), national[:-5]))

    def __call__(self, chance: np.random.Generator, count: int) -> Iterator[tuple[str, str]]:
        regions = chance.integers(0, len(self._heads), count).tolist()
        tails = chance.integers(0, 100_000, count).tolist()
        for region, tail, way in zip(regions, tails, chance.random(count).tolist(), strict=True):
            code, head = self._heads[region]
            national = f"{head}{tail:05d}"
            e164 = f"+{code}{national}"
            if way < 0.5:
                yield e164, e164
            elif way < 0.75:
                yield e164, f"+{code} {national[:3]} {national[3:]}"
            else:
                yield e164, f"00{code}{national}"
