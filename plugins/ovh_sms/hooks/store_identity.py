"""Makes sure that the results are those that all workers share: others know nothing of what was sent.

The results have an id, made at random with their tables. Airflow knows the id of those in use as a Variable, named
after their connection. A Variable cannot be set on the condition that it is missing, so whoever finds it missing
first says so under a name of its own, and goes on only if nobody else with other results has::

    announce ─▶ list the names ─▶ nobody else, and still missing ─▶ set the Variable ─▶ take the announcement back
                                  somebody else ─▶ take the announcement back, and look again
"""

from __future__ import annotations

import random
import time
from contextlib import suppress
from uuid import uuid4

from ovh_sms.errors import JournalUnavailable

#: How often one that is not alone looks again, and seconds between two looks at most.
LOOKS, LONGEST_PAUSE = 6, 1.0


def check_shared(ours: str, connection: str) -> None:
    """Refuse results that are not those the other workers use.

    :param ours: id of the results, see :meth:`~ovh_sms.store.store.ResultsStore.identity`.
    :param connection: Airflow connection of the results.
    :raises JournalUnavailable: they are others, or Airflow does not tell.
    """
    name = f"{connection}_id"
    others: list[str] = []
    for _ in range(LOOKS):
        known = _get(name)
        if not known:
            others = _announce(name, ours)
            known = _get(name)
        if known == ours and not others:
            return
        if known:
            raise _not_shared(name, connection, f"this one's have the id {ours}, the Variable says {known}")
        if not others:
            break
        time.sleep(random.uniform(0.1, 1.0) * LONGEST_PAUSE)
    if others:
        raise _not_shared(name, connection, f"others are there at the same moment, see {', '.join(others)}")
    raise _not_told(name)


def _announce(name: str, ours: str) -> list[str]:
    """Set the Variable, unless somebody else with other results is about to.

    :returns: the names under which others said so.
    """
    from airflow.sdk import Variable

    said = f"{name}.new."
    mine = f"{said}{ours}.{uuid4().hex}"
    Variable.set(
        mine, "", description="A task sets which results are in use; left behind where it was killed"
    )
    try:
        names = _names(name)
        if mine not in names:
            raise _not_told(name)
        others = [each for each in names if each.startswith(said) and not each.startswith(f"{said}{ours}.")]
        known = _get(name)
        if known is None and name in names:
            raise _not_told(name)
        if not others and not known:
            Variable.set(
                name, ours, description="Id of the results that all workers share, see never-send-twice"
            )
        return others
    finally:
        with suppress(Exception):  # what is left behind says nothing wrong
            Variable.delete(mine)


def _get(name: str) -> str | None:
    from airflow.sdk import Variable

    return Variable.get(name, default=None)  # type: ignore[no-any-return]


def _names(prefix: str) -> list[str]:
    """List the Variables; unlike a single one that is asked for, it is told where Airflow cannot answer."""
    from airflow.sdk import Variable
    from airflow.sdk.exceptions import AirflowRuntimeError

    try:
        return list(Variable.keys(prefix=prefix))
    except AirflowRuntimeError as error:
        raise _not_told(prefix) from error


def _not_told(name: str) -> JournalUnavailable:
    return JournalUnavailable(
        f"Airflow does not tell or keep its Variable {name}, by which all workers know the results that they share.",
        action="Nothing was sent. Check that tasks may read and set Variables, then clear the task.",
    )


def _not_shared(name: str, connection: str, why: str) -> JournalUnavailable:
    return JournalUnavailable(
        f"The results that this worker uses are not those that the others use, or those were lost: {why}. "
        "They do not know what was sent; nothing was sent now.",
        action=f"Give all workers the same results: PostgreSQL in the connection {connection}, or on one machine one "
        "file in the same OVH_SMS_DATA folder. If results were lost or replaced: make sure that no other worker uses "
        f"others, and that nothing sent lately is sent again; then delete the Variable {name}, also those that begin "
        f"with {name}.new, and clear the task.",
    )
