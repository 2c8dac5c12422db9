"""Rows of a query that PostgreSQL writes as CSV itself: several times faster than one Python object for each value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from typing import Any, NamedTuple

#: Types whose text is the same from the server as from the driver: texts and whole numbers.
_TYPES = {19, 25, 1042, 1043, 20, 21, 23}
_BLOCK_BYTES, _MOST_WAITING = 2 << 20, 4


class CopiedRows(NamedTuple):
    """Some rows of a query.

    :param data: CSV in UTF-8, with quotes where a value needs them.
    :param columns: number of its columns.
    """

    data: bytes
    columns: int

    def table(self) -> Any:
        """Read all columns as strings; a missing value is an empty one, also one that is alone in its line."""
        import pyarrow as pa
        import pyarrow.csv

        names = [f"c{at}" for at in range(self.columns)]
        read = pa.csv.ReadOptions(use_threads=False, block_size=len(self.data) + 1, column_names=names)
        parse = pa.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False)
        convert = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), check_utf8=False)
        table = pa.csv.read_csv(
            pa.BufferReader(self.data), read_options=read, parse_options=parse, convert_options=convert
        )
        return table.combine_chunks().to_batches()[0]


def copied_columns(database: Any, query: str) -> list[str] | None:
    """Return the names of a query's columns if its rows can be copied; None if they are to be fetched.

    :param database: an open connection of any driver.
    """
    if type(database).__module__.partition(".")[0] != "psycopg2" or database.autocommit:
        return None
    with database.cursor() as cursor:
        cursor.execute("SAVEPOINT ovh_sms_contacts")
        try:
            cursor.execute(f"SELECT * FROM ({_bare(query)}\n) AS contacts LIMIT 0")  # noqa: S608 - the campaign's own
            found = [(column[0], column[1]) for column in cursor.description]
        except Exception:  # no query, or a wrong one: the error is that of the query alone
            cursor.execute("ROLLBACK TO SAVEPOINT ovh_sms_contacts")
            return None
    return [name for name, _ in found] if {kind for _, kind in found} <= _TYPES else None


@contextmanager
def copied_rows(database: Any, query: str, columns: int) -> Iterator[Iterator[Any]]:
    """Copy the rows of a query; a thread receives them while earlier ones are used."""
    sink = _Sink(columns)
    command = f"COPY ({_bare(query)}\n) TO STDOUT WITH (FORMAT csv, ENCODING 'UTF8')"
    with database.cursor() as cursor:
        thread = Thread(target=sink.receive, args=(cursor, command), name="copied-query", daemon=True)
        thread.start()
        try:
            yield sink.blocks()
        finally:
            sink.stop()
            if thread.is_alive():
                database.cancel()
            thread.join()


class _Sink:
    """Receives rows in one thread and yields them in another."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._rows: list[bytes] = []
        self._size = 0
        self._waiting: SimpleQueue[CopiedRows | Exception | None] = SimpleQueue()
        self._room, self._stopped = Semaphore(_MOST_WAITING), Event()

    def receive(self, cursor: Any, command: str) -> None:
        """Copy every row; the error of the database is raised where the rows are read."""
        try:
            cursor.copy_expert(command, self)
            self._put()
            self._waiting.put(None)
        except Exception as error:
            self._waiting.put(error)

    def write(self, row: bytes) -> None:
        """Take one row; called by the driver."""
        self._rows.append(row)
        self._size += len(row)
        if self._size > _BLOCK_BYTES:
            self._put()

    def blocks(self) -> Iterator[CopiedRows]:
        """Yield the rows, many at a time."""
        while (found := self._waiting.get()) is not None:
            if isinstance(found, Exception):
                raise found
            self._room.release()
            yield found

    def stop(self) -> None:
        """Take no more rows."""
        self._stopped.set()
        self._room.release()

    def _put(self) -> None:
        self._room.acquire()
        if self._stopped.is_set():
            raise InterruptedError("nobody reads the rows")
        if self._rows:
            self._waiting.put(CopiedRows(b"".join(self._rows), self._columns))
        self._rows, self._size = [], 0


def _bare(query: str) -> str:
    """Write a query without the semicolon at its end."""
    return query.strip().rstrip(";")
