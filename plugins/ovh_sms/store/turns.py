"""The queue of calls that wait for their turn at OVH: a row in PostgreSQL, or a file beside a SQLite database."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select, text, update
from sqlalchemy.exc import SQLAlchemyError

from ovh_sms.clock import Clock, SystemClock
from ovh_sms.errors import StoreUnavailable
from ovh_sms.private_files import private_folder
from ovh_sms.store import tables
from ovh_sms.store.account_lock import shared_time
from ovh_sms.store.database import Database, database_url
from ovh_sms.store.upsert import insert_missing

T = TypeVar("T")
Step = Callable[[Mapping[str, Any] | None, float], tuple[dict[str, Any], T]]

# A process that is paused, or a host that is gone, must not keep the row. Losing the last turn harms nobody.
_SETTINGS = text(
    "SELECT set_config('lock_timeout', '10s', true), set_config('synchronous_commit', 'off', true), "
    "set_config('idle_in_transaction_session_timeout', '5s', true)"
)


def shared_queue(url: str, key: str, *, clock: Clock | None = None) -> QueueRow | QueueFile:
    """Return the queue of one key, for the results database of all workers.

    SQLite is for one machine: a file of its own then, as its writers would wait for those of the results.

    :param url: of the results database.
    :param key: names the key; it is no secret.
    :raises ConfigurationError: the URL does not name a usable database.
    """
    target = database_url(url)
    if target.get_backend_name() == "postgresql":
        return QueueRow(_database(url, os.getpid()), key, clock or SystemClock())
    return QueueFile(Path(str(target.database)).parent / f".turns-{key}", clock or SystemClock())


@lru_cache(maxsize=8)
def _database(url: str, _process: int) -> Database:
    """Share one pool of connections among all clients of a process; a forked one needs its own."""
    return Database(url)


class QueueRow:
    """A queue in PostgreSQL, shared by all hosts; moments are those of the server's clock."""

    def __init__(self, database: Database, key: str, clock: Clock) -> None:
        self._database = database
        self._key = key
        self._clock = clock

    def change(self, step: Step[T]) -> T:
        """Change the queue in one short transaction.

        :raises StoreUnavailable: PostgreSQL cannot be reached, or holds the row for too long.
        :raises ConfigurationError: the tables are missing or are not those of this version.
        """
        table = tables.turns
        here = table.c.key == self._key
        query = select(table.c.queue).where(here).with_for_update()
        try:
            with self._database.writing() as connection:
                connection.execute(_SETTINGS)
                row = connection.execute(query).first()
                if row is None:
                    insert_missing(connection, table, {"key": self._key, "queue": None})
                    row = connection.execute(query).one()
                queue, result = step(row.queue, shared_time(connection, self._clock).timestamp())
                connection.execute(update(table).where(here).values(queue=queue))
                return result
        except SQLAlchemyError as error:
            raise StoreUnavailable(
                f"The queue of calls cannot be used: {type(error).__name__}.", action="Check the results database."
            ) from error


#: So long a locked file is waited for: its holder may be frozen.
LOCK_SECONDS = 10.0


class QueueFile:
    """A queue in a file of one machine. It is locked for some microseconds at a time, and made if it is missing."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def change(self, step: Step[T]) -> T:
        """Change the queue.

        :raises StoreUnavailable: the file cannot be used.
        """
        try:
            descriptor = self._open()
        except OSError as error:
            raise StoreUnavailable(
                f"The queue of calls {self._path} cannot be used: {error.strerror}.",
                action="Give the users that run tasks the same data folder, and the right to write there.",
            ) from error
        try:
            # Closing releases the lock, and so does the end of this process.
            self._lock(descriptor)
            queue, result = step(_read(descriptor), self._clock.now().timestamp())
            content = json.dumps(queue).encode() + b"\n"
            os.pwrite(descriptor, content, 0)
            os.ftruncate(descriptor, len(content))
            return result
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        """Wait for the lock, not without end: its holder may be frozen."""
        ends = self._clock.monotonic() + LOCK_SECONDS
        while True:
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if self._clock.monotonic() > ends:
                    raise StoreUnavailable(
                        f"The queue of calls {self._path} is locked by a process that does not go on.",
                        action="Calls are counted for each task alone. Find and end that process.",
                    ) from None
            self._clock.sleep(0.01)

    def _open(self) -> int:
        # Opened for each call, so that a deleted file is made again at the next one.
        flags = os.O_RDWR | os.O_CREAT
        try:
            return os.open(self._path, flags, 0o600)
        except FileNotFoundError:
            private_folder(self._path.parent)
            return os.open(self._path, flags, 0o600)


def _read(descriptor: int) -> dict[str, Any] | None:
    """Read the first line: a process that was killed may have left more behind it."""
    content = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    if not content:
        return None
    try:
        queue = json.loads(content.partition(b"\n")[0])
    except ValueError:
        queue = None
    return queue if isinstance(queue, dict) else {}
