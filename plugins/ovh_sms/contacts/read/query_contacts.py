"""Rows of a query as blocks of text columns, as they come from the database."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import chain
from typing import Any

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.read.cell_text import CellForm
from ovh_sms.contacts.read.contact_file import ContactFile, ContactRows, RowBlock, RowOpener, Rows, no_complete_answer
from ovh_sms.contacts.read.copied_query import CopiedRows, copied_columns, copied_rows
from ovh_sms.contacts.read.csv_records import Record
from ovh_sms.contacts.read.header import MOST_ABOVE, read_header
from ovh_sms.contacts.read.parquet_files import column_texts, name_columns
from ovh_sms.contacts.read.used_columns import used_columns
from ovh_sms.errors import AccountingError, ContactsError, OvhSmsError

#: Rows that are fetched at once.
BLOCK_ROWS = 10_000
_LONG_DIGITS = re.compile(r"\d(?:[ .()-]?\d){4,}")


@contextmanager
def open_query(file: ContactFile, rows: RowOpener, options: ContactOptions, message: str) -> Iterator[ContactRows]:
    """Open the rows of a query as a contact list: the first one holds the names of the columns, in line 1.

    :raises ContactsError: it is no contact list.
    """
    form = CellForm.of(options)
    digest = hashlib.sha256()
    with rows() as (columns, blocks):
        names = name_columns([str(name or "") for name in columns])
        first = next(blocks, ())
        header = read_header(
            names,
            path=file.path,
            line=1,
            number_column=options.number_column,
            separator_found=False,
            rows=[Record(line, list(map(form.text, row))) for line, row in enumerate(_first(first), 2)],
            region=options.region,
        )
        yield ContactRows(
            path=file.path,
            kind="query",
            columns=header.columns,
            number_index=header.number_index,
            used=used_columns(message, header, options),
            blocks=partial(_row_blocks, chain([first], blocks), form, digest),
            digest=digest.hexdigest,
        )


def _first(block: Rows) -> Sequence[Sequence[Any]]:
    if isinstance(block, CopiedRows):
        return list(zip(*block.table().slice(0, MOST_ABOVE).to_pydict().values(), strict=True))
    return block[:MOST_ABOVE]


def _row_blocks(
    blocks: Iterator[Rows], form: CellForm, digest: Any, needed: Mapping[str, int]
) -> Iterator[Callable[[], RowBlock]]:
    line = 2
    for block in filter(None, blocks):
        if isinstance(block, CopiedRows):
            digest.update(block.data)
            yield partial(_copied_block, line, block, needed, form)
            line += block.rows
            continue
        columns = list(zip(*block, strict=True))
        texts = [_texts(columns[at], form) for at in needed.values()]
        for column in texts:
            digest.update("\x1f".join(column).encode("utf-8", "replace"))
        yield partial(_row_block, line, list(needed), texts)
        line += len(block)


def _copied_block(line: int, block: CopiedRows, needed: Mapping[str, int], form: CellForm) -> RowBlock:
    import numpy as np
    import pyarrow as pa

    read = block.table()
    if read.num_rows != block.rows:
        raise AccountingError(
            f"The database sent {block.rows} rows, but {read.num_rows} were read.",
            action="Nothing was prepared. Report this as a defect, with the query but without its rows.",
        )
    texts = [column_texts(read.column(at), form) for at in needed.values()]
    table = pa.RecordBatch.from_arrays(texts, names=list(needed))
    return RowBlock(np.arange(line, line + table.num_rows, dtype=np.int64), table, [])


def _texts(values: Sequence[Any], form: CellForm) -> Sequence[str]:
    """Write a column's values as texts; plain ones stay as they are."""
    kinds = set(map(type, values))
    if kinds == {str} and "".join(values).isprintable():
        return values
    return list(map(str if kinds == {int} else form.text, values))


def _row_block(line: int, names: list[str], texts: Sequence[Sequence[str]]) -> RowBlock:
    import numpy as np
    import pyarrow as pa

    from ovh_sms.messaging.arrow_arrays import of_texts

    table = pa.RecordBatch.from_arrays([of_texts(column) for column in texts], names=names)
    return RowBlock(np.arange(line, line + table.num_rows, dtype=np.int64), table, [])


@contextmanager
def query_rows(database: Any, query: str, name: str) -> Iterator[tuple[Sequence[str], Iterator[Rows]]]:
    """Open a query, whose rows are fetched as they are needed.

    :param database: an open connection of any driver.
    :param name: of the contact list, for errors.
    :returns: a context manager; its value is the names of the columns, and the rows.
    :raises ContactsError: the statement was no query, or is wrong.
    :raises SourceUnavailable: the database is away.
    """
    with asking(name):
        columns = copied_columns(database, query)
    if columns is not None:
        with copied_rows(database, query, len(columns)) as blocks:
            yield columns, _asked(blocks, name)
        return
    with asking(name):
        cursor = streaming_cursor(database)
        cursor.execute(query)
    with closing(cursor):
        blocks = _asked(_fetched(cursor), name)
        first = next(blocks, ())
        if not cursor.description:
            raise ContactsError(
                f"{name}: the statement gives no rows.", action="Nothing was prepared. Give a query, such as SELECT."
            )
        yield [column[0] for column in cursor.description], chain([first], blocks)


@contextmanager
def asking(name: str) -> Iterator[None]:
    """Raise the errors of a database, each driver having errors of its own, as one of the contact list."""
    try:
        yield
    except OvhSmsError:
        raise
    except Exception as error:
        raise _database_error(name, error) from None


def streaming_cursor(database: Any) -> Any:
    """Open a cursor that leaves the rows at the server; some drivers fetch them all by default.

    :param database: an open connection of any driver.
    """
    driver = type(database).__module__.partition(".")[0]
    if driver in ("psycopg2", "psycopg"):
        cursor = database.cursor(name="ovh_sms_contacts")
        cursor.itersize = BLOCK_ROWS
        return cursor
    if driver in ("MySQLdb", "pymysql"):
        from importlib import import_module

        return database.cursor(import_module(f"{driver}.cursors").SSCursor)
    cursor = database.cursor()
    cursor.arraysize = BLOCK_ROWS
    return cursor


def _fetched(cursor: Any) -> Iterator[Rows]:
    server_side = hasattr(cursor, "itersize")  # it has its columns only after a first fetch
    while (server_side or cursor.description) and (rows := cursor.fetchmany(BLOCK_ROWS)):
        yield rows


def _asked(blocks: Iterator[Rows], name: str) -> Iterator[Rows]:
    """Fetch rows; the errors of their users are not those of the database."""
    while True:
        with asking(name):
            block = next(blocks, None)
        if block is None:
            return
        yield block


def _database_error(name: str, error: Exception) -> OvhSmsError:
    """Distinguish a wrong query from a database that is away; values that a database quotes are not repeated."""
    kinds = {each.__name__ for each in type(error).__mro__}
    text = _LONG_DIGITS.sub("…", (str(error).strip().splitlines() or [""])[0])
    broken_query = "sqlite3" in type(error).__module__ and "locked" not in text
    if kinds & {"OperationalError", "InterfaceError"} and not broken_query:
        return no_complete_answer(name, error)
    details = f": {text}" if kinds & {"OperationalError", "ProgrammingError"} else ""
    return ContactsError(
        f"{name} failed ({type(error).__name__}{details}).",
        action="Nothing was prepared. Correct the query, or the database's rights.",
    )
