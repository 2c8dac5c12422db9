"""Makes sure that all workers share one results database: another one knows nothing of what was submitted.

The database has an identity, made at random with its tables. Airflow keeps the identity in use as a Variable, named
after the connection. A Variable cannot be set on the condition that it is missing. So a worker that finds it missing
first announces its own identity, and goes on only if no worker with another database does the same::

    announce ─▶ list the names ─▶ nobody else, and still missing ─▶ set the Variable ─▶ remove the announcement
                                  somebody else ─▶ remove the announcement, and check again
"""

from __future__ import annotations

import random
import time
from contextlib import suppress
from uuid import uuid4

from ovh_sms.errors import JournalUnavailable

#: How often a worker that is not alone checks again, and seconds between two checks at most.
CHECKS, LONGEST_PAUSE = 6, 1.0


def check_shared(identity: str, connection: str) -> None:
    """Refuse a results database that is not the one of the other workers.

    :param identity: of this worker's database.
    :param connection: Airflow connection of the results database.
    :raises JournalUnavailable: it is another database, or Airflow does not answer.
    """
    name = f"{connection}_id"
    others: list[str] = []
    for _ in range(CHECKS):
        known = _read(name)
        if not known:
            others = _announce(name, identity)
            known = _read(name)
        if known == identity and not others:
            return
        if known:
            raise _not_shared(name, connection, f"this one is {identity}, the Variable says {known}")
        if not others:
            break
        time.sleep(random.uniform(0.1, 1.0) * LONGEST_PAUSE)
    if others:
        raise _not_shared(name, connection, f"others announced themselves at once, see {', '.join(others)}")
    raise _no_answer(name)


def _announce(name: str, identity: str) -> list[str]:
    """Set the Variable, unless another worker with another database is about to; return the others' announcements."""
    from airflow.sdk import Variable

    prefix = f"{name}.new."
    mine = f"{prefix}{identity}.{uuid4().hex}"
    Variable.set(mine, "", description="A task sets which results database is in use; left behind if it was killed")
    try:
        names = _names(name)
        if mine not in names:
            raise _no_answer(name)
        others = [each for each in names if each.startswith(prefix) and not each.startswith(f"{prefix}{identity}.")]
        known = _read(name)
        if known is None and name in names:
            raise _no_answer(name)
        if not others and not known:
            Variable.set(name, identity, description="Identity of the results database that all workers share")
        return others
    finally:
        with suppress(Exception):  # an announcement that stays says nothing wrong
            Variable.delete(mine)


def _read(name: str) -> str | None:
    from airflow.sdk import Variable

    return Variable.get(name, default=None)  # type: ignore[no-any-return]


def _names(prefix: str) -> list[str]:
    """List the Variables; unlike reading one, this raises if Airflow cannot answer."""
    from airflow.sdk import Variable
    from airflow.sdk.exceptions import AirflowRuntimeError

    try:
        return list(Variable.keys(prefix=prefix))
    except AirflowRuntimeError as error:
        raise _no_answer(prefix) from error


def _no_answer(name: str) -> JournalUnavailable:
    return JournalUnavailable(
        f"Airflow does not read or keep its Variable {name}, which names the results database of all workers.",
        action="Nothing was sent. Check that tasks may read and set Variables, then clear the task.",
    )


def _not_shared(name: str, connection: str, identities: str) -> JournalUnavailable:
    return JournalUnavailable(
        "This worker is connected to another results database than the other workers, or the database was replaced: "
        f"{identities}.",
        action=f"Nothing was sent. Give all workers one database: PostgreSQL in the connection {connection}, or on one "
        "machine one file in the same OVH_SMS_DATA folder. If the database was lost or replaced: make sure that no "
        "other worker uses another one and that nothing sent lately is sent again. Then delete the Variable "
        f"{name} and those that begin with {name}.new, and clear the task.",
    )
