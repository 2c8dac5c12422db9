"""Makes sure that all workers share one results database, and that it was not lost or restored from a back-up.

The database has an identity, made at random with its tables. Outside of it an Airflow Variable, named after the
connection, holds that identity and the number of attempts claimed so far, as ``IDENTITY NUMBER``. ``ovh-sms db init``
sets it; a task that finds it missing, or another identity, or fewer attempts in the database, sends nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ovh_sms.errors import JournalUnavailable

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

#: A person goes on with a database that was lost or restored.
_HOW = "If it was lost, restored or replaced, run 'ovh-sms db restored': it says which attempts are missing."

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StoreMark:
    """The identity and size of a results database, as noted outside of it.

    :param attempts: at least so many attempts were claimed.
    """

    identity: str
    attempts: int

    @classmethod
    def of(cls, store: Store) -> Self:
        """Read a database's own."""
        return cls(store.identity.read(), store.attempts.count())

    @classmethod
    def parse(cls, value: str | None) -> Self | None:
        """Read the Variable's value; ``None`` if it is missing or says nothing."""
        identity, _, number = (value or "").strip().partition(" ")
        return cls(identity, int(number) if number.isdecimal() else 0) if identity else None

    def __str__(self) -> str:
        """Write the Variable's value."""
        return f"{self.identity} {self.attempts}"


def variable_name(connection: str) -> str:
    """Return the Variable's name for the results database of a connection."""
    return f"{connection}_id"


def check_shared(store: Store, connection: str) -> None:
    """Refuse a results database that is not the one of the other workers, or has lost attempts.

    :param connection: Airflow connection of the results database.
    :raises JournalUnavailable: says which; nothing was sent.
    """
    # The Variable first: an attempt that is claimed and noted in between must not look like a lost one.
    check_mark(store, connection, StoreMark.parse(_read(variable_name(connection))))


def check_mark(store: Store, connection: str, known: StoreMark | None) -> None:
    """Refuse a results database that is not the one of a mark, or has lost attempts since.

    :param known: what the Variable says, read before this call.
    :raises JournalUnavailable: says which; nothing was sent.
    """
    name, here = variable_name(connection), StoreMark.of(store)
    if known is None:
        raise JournalUnavailable(
            f"The Airflow Variable {name}, which names the results database of all workers, is missing or cannot be "
            "read.",
            action="Nothing was sent. For a new database run once: ovh-sms db init. Then clear the task.",
        )
    if known.identity != here.identity:
        raise JournalUnavailable(
            "This worker is connected to another results database than the other workers, or the database was "
            f"replaced: this one is {here.identity}, the Variable {name} says {known.identity}.",
            action="Nothing was sent. Give all workers one database: PostgreSQL in the connection "
            f"{connection}, or on one machine one file in the same OVH_SMS_DATA folder. {_HOW}",
        )
    if known.attempts > here.attempts:
        raise JournalUnavailable(
            f"The results database holds {here.attempts} attempts, and at least {known.attempts} were claimed: it was "
            "restored from a back-up, and does not know what was sent since.",
            action=f"Nothing was sent. {_HOW}",
        )


def note_attempts(
    store: Store,
    connection: str,
    read: Callable[[str], str | None] | None = None,
    write: Callable[[str, str], None] | None = None,
) -> None:
    """Note outside of the results database how many attempts it holds: fewer some day show that it was restored.

    :param read: reads an Airflow Variable outside of a task; ``write`` sets it.
    """
    from airflow.sdk import Variable

    name = variable_name(connection)
    try:
        known, here = StoreMark.parse((read or _read)(name)), StoreMark.of(store)
        if known is not None and known.identity == here.identity and known.attempts < here.attempts:
            (write or Variable.set)(name, str(here))
    except Exception as error:  # a lower number is right too, only less useful
        log.warning("number of attempts not noted: variable=%s error=%s", name, type(error).__name__)


def _read(name: str) -> str | None:
    from airflow.sdk import Variable

    return Variable.get(name, default=None)  # type: ignore[no-any-return]
