"""One preparation of one list, in a process of its own so that its peak memory is its own.

Prints JSON: seconds, peak memory, accepted rows, segments, and a digest of the accepted numbers.
"""

from __future__ import annotations

import hashlib
import json
import re
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

MESSAGE = "Bonjour #prenom#, vos #points# points vous attendent chez MYSHOP #ville# jusqu'à samedi soir."
COLUMNS = ("prenom", "points", "ville")
QUERY = "SELECT numero, prenom, ville, points FROM contacts"
ONE_SEGMENT, PER_SEGMENT, STOP_CLAUSE = 160, 153, 11


class Result(NamedTuple):
    """Accepted rows, segments, and the numbers in order; computed once the clock has stopped."""

    accepted: int
    segments: int
    numbers: Iterable[str]


Engine = Callable[[Path, Path, Path], Callable[[], Result]]


def ours(path: Path, suppressed: Path, out: Path) -> Callable[[], Result]:
    """Prepare the list with this package."""
    return _ours(path, suppressed, out)


def _ours(contacts: Any, suppressed: Path, out: Path) -> Callable[[], Result]:
    from ovh_sms.contacts.prepare import prepare

    stop = set(suppressed.read_text().split())
    made = prepare(contacts, out=out, message=MESSAGE, stop_clause=True, suppressed=stop)

    def result() -> Result:
        with Path(made.list_path).open(encoding="utf-8") as lines:
            next(lines)
            numbers = [line.split(";", 1)[0] for line in lines]
        return Result(made.accepted, int(made.credits), numbers)

    return result


def ours_csv(path: Path, suppressed: Path, out: Path) -> Callable[[], Result]:
    """Prepare the CSV of the same rows with this package."""
    return ours(path.with_suffix(".csv"), suppressed, out)


def ours_clean(path: Path, suppressed: Path, out: Path) -> Callable[[], Result]:
    """Prepare the list from which one with unreadable numbers was made."""
    return ours(path.with_name(path.name.replace("junk", "list")), suppressed, out)


def ours_sql(path: Path, suppressed: Path, out: Path) -> Callable[[], Result]:
    """Prepare the rows of a query with this package."""
    from ovh_sms.contacts.read.contact_file import ContactFile
    from ovh_sms.contacts.read.query_contacts import query_rows

    @contextmanager
    def rows() -> Iterator[Any]:
        with closing(_connected(path)) as database, query_rows(database, QUERY, "SQL") as found:
            yield found

    return _ours(ContactFile(path, "SQL", rows), suppressed, out)


def driver(path: Path, suppressed: Path, out: Path) -> Callable[[], Result]:
    """Fetch the rows of a query, and do nothing with them."""
    with closing(_connected(path)) as database, database.cursor() as cursor:
        cursor.execute(QUERY)
        rows = cursor.fetchall()
    return lambda: Result(len(rows), 0, [])


def _connected(path: Path) -> Any:
    import psycopg2

    return psycopg2.connect(path.read_text(encoding="utf-8"))


def calamine(path: Path, suppressed: Path, out: Path) -> Callable[[], Result]:
    """Read a workbook, and do nothing with it."""
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    return lambda: Result(len(rows), 0, [])


def obvious(path: Path, suppressed: Path, out: Path) -> Callable[[], Result]:
    """Prepare the list in the obvious way: pandas, phonenumbers row by row, str.replace."""
    import pandas as pd
    import phonenumbers

    normalise = _normaliser(phonenumbers)
    frame = pd.read_csv(path, sep=";", dtype=str, keep_default_na=False)
    frame["number"] = frame["numero"].map(normalise)
    frame = frame[frame["number"].notna()]
    stop = set(suppressed.read_text().split())
    frame = frame[~frame["number"].isin(stop)].drop_duplicates("number")

    def merge(row: object) -> str:
        text = MESSAGE
        for column in COLUMNS:
            text = text.replace(f"#{column}#", getattr(row, column))
        return text

    frame["message"] = [merge(row) for row in frame.itertuples()]
    clause = frame["number"].str.startswith("+33") * STOP_CLAUSE
    characters = frame["message"].str.len() + clause
    segments = characters.map(lambda n: 1 if n <= ONE_SEGMENT else -(-n // PER_SEGMENT))
    frame[["number", *COLUMNS]].to_csv(out / "prepared.csv", sep=";", index=False)
    return lambda: Result(len(frame), int(segments.sum()), frame["number"])


def rival(path: Path, suppressed: Path, out: Path) -> Callable[[], Result]:
    """Prepare the list with polars and rphonenumbers, libphonenumber in Rust, each distinct text once."""
    import polars as pl
    import rphonenumbers

    normalise = _normaliser(rphonenumbers)
    frame = pl.read_csv(path, separator=";", infer_schema=False).fill_null("")
    texts = frame["numero"].unique()
    known = pl.DataFrame({"numero": texts, "number": pl.Series([normalise(text) for text in texts], dtype=pl.String)})
    stop = pl.Series(suppressed.read_text().split(), dtype=pl.String)
    frame = (
        frame.join(known, on="numero", maintain_order="left")
        .filter(pl.col("number").is_not_null() & ~pl.col("number").is_in(stop.implode()))
        .unique("number", keep="first", maintain_order=True)
    )
    merged = pl.format(re.sub(r"#\w+#", "{}", MESSAGE), *re.findall(r"#(\w+)#", MESSAGE))
    frame = frame.with_columns(message=merged)
    clause = pl.col("number").str.starts_with("+33").cast(pl.UInt32) * STOP_CLAUSE
    frame = frame.with_columns(characters=pl.col("message").str.len_chars() + clause)
    several = (pl.col("characters") + PER_SEGMENT - 1) // PER_SEGMENT
    segments = frame.select(pl.when(pl.col("characters") <= ONE_SEGMENT).then(1).otherwise(several).sum()).item()
    frame.select("number", *COLUMNS).write_csv(out / "prepared.csv", separator=";")
    return lambda: Result(len(frame), segments, frame["number"])


def _normaliser(library: Any) -> Callable[[str], str | None]:
    """Read one mobile number as E.164, with phonenumbers or a library of the same functions."""
    kinds = (library.PhoneNumberType.MOBILE, library.PhoneNumberType.FIXED_LINE_OR_MOBILE)
    parse, number_type, format_number = library.parse, library.number_type, library.format_number
    e164, failure = library.PhoneNumberFormat.E164, library.NumberParseException

    def normalise(text: str) -> str | None:
        try:
            number = parse(text, "FR")
        except failure:
            return None
        return format_number(number, e164) if number_type(number) in kinds else None

    return normalise


def main() -> None:
    """Run one engine on one list."""
    engine, path, suppressed = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    engines: dict[str, Engine] = {
        "ours": ours, "obvious": obvious, "rival": rival, "ours_csv": ours_csv, "ours_clean": ours_clean,
        "ours_sql": ours_sql, "calamine": calamine, "driver": driver,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        result = engines[engine](path, suppressed, Path(folder))
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        accepted, segments, numbers = result()
    digest = hashlib.sha256("\n".join(numbers).encode()).hexdigest()
    print(
        json.dumps(
            {"seconds": seconds, "peak_rss_mb": peak, "accepted": accepted, "segments": segments, "digest": digest}
        )
    )


if __name__ == "__main__":
    main()
