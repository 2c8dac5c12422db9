"""Copies a SQLite results file while tasks go on writing it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from ovh_sms.errors import ConfigurationError
from ovh_sms.private_files import private_file
from ovh_sms.store import migrate

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

#: Pages that are copied at once: writers wait for no longer.
_PAGES = 1000


def back_up(store: Store, file: Path) -> None:
    """Write a whole copy of a SQLite results file, as it stands at one moment, into a new file.

    :param file: only its owner can read it; it appears once it is whole.
    :raises ConfigurationError: the results are in PostgreSQL, which is backed up by ``pg_dump``; or the file exists.
    """
    migrate.check(store)
    engine = store.database.engine
    if engine.dialect.name != "sqlite":
        raise ConfigurationError(
            "The results are in PostgreSQL, which its own tools back up.",
            action=f"Nothing was written. Use: pg_dump --format=custom --file={file} "
            f"{engine.url.set(drivername='postgresql', password=None).render_as_string()}",
        )
    # Of this call alone: two that write one file at once must not write into each other's.
    part = file.with_name(f"{file.name}.{uuid4().hex[:8]}.part")
    try:
        _refuse_existing(file)
        private_file(part)
        _copy(Path(str(engine.url.database)), part)
        _refuse_existing(file)
        part.rename(file)
    except OSError as error:
        raise ConfigurationError(
            f"The back-up {file} cannot be written: {error.strerror}.",
            action="Nothing was written. Give another folder.",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _refuse_existing(file: Path) -> None:
    if file.exists():
        raise ConfigurationError(f"{file} exists.", action="Nothing was written. Give the name of a new file.")


def _copy(source: Path, target: Path) -> None:
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as here,
        closing(sqlite3.connect(target)) as to,
    ):
        here.backup(to, pages=_PAGES)
        to.execute("PRAGMA journal_mode = DELETE")  # one file, without the two of write-ahead
        ((found,),) = to.execute("PRAGMA quick_check(1)").fetchall()
    if found != "ok":
        raise ConfigurationError(
            f"The results file {source} is damaged: {' '.join(found.split())}.",
            action="Nothing was written. Restore an earlier back-up, then run: ovh-sms db restored.",
        )
