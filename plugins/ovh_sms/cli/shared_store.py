"""The results database for a command that writes at OVH: certainly that of all workers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ovh_sms.cli.airflow_connections import read_variable, results_store, set_variable

if TYPE_CHECKING:
    from ovh_sms.store.store import Store


@contextmanager
def shared_store(connection: str) -> Iterator[Store]:
    """Open the results database once it is certain that it is that of all workers; note the claims outside of it.

    :raises ovh_sms.errors.JournalUnavailable: it is another database, or was restored.
    """
    from ovh_sms.hooks.store_identity import StoreMark, check_mark, note_attempts, variable_name

    store = results_store(connection)
    check_mark(store, connection, StoreMark.parse(read_variable(variable_name(connection))))
    try:
        yield store
    finally:
        note_attempts(store, connection, read_variable, set_variable)
