"""The writers and workers of the outbox's faults, and the guard that can be switched off in them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

#: Seconds of quiet_period and reconcile_timeout.
QUIET, TIMEOUT = 1.2, 8.0
#: Rows of a round, one of them of another text.
ROWS = 4
WEAK = ("", "journal")


def surroundings(home: Path) -> None:
    """Make the results database."""
    from support.stores import new_store

    new_store(home / "data" / "results.sqlite").close()


def queue(home: Path, number: int) -> tuple[Callable[[], Any], list[tuple[str, str]]]:
    """A writer of one round, and number and text of each of its SMS."""
    from support.outbox import sms

    rows = [
        sms(at, key=f"round-{number}-{at}", message=f"Colis {number} {'parti' if at else 'retarde'} ce matin")
        for at in range(ROWS)
    ]

    def work() -> int:
        from ovh_sms.outbox.queue import queue_rows
        from ovh_sms.store.store import Store

        return queue_rows(Store(_url(home)), rows, allow_fiction=True)

    return work, [(row.receiver, row.message) for row in rows]


def send(home: Path, sandbox: Any, weak: str) -> Callable[[], Any]:
    """A worker that sends what is due; it returns how many rows still wait."""

    def work() -> dict[str, int]:
        from ovh_sms.errors import ResolutionRequired
        from ovh_sms.idempotency.remote_write import ReconcilePolicy
        from ovh_sms.outbox import dispatch
        from support.outbox import Outbox

        dispatch.LEASE, dispatch.AWAY, dispatch.CANNOT_SEND = (timedelta(seconds=each) for each in (1.5, 0.2, 0.5))
        if weak == "journal":
            _forget(home)
        outbox = Outbox(sandbox, home / "data")
        policy = ReconcilePolicy(quiet_period=timedelta(seconds=QUIET), reconcile_timeout=timedelta(seconds=TIMEOUT))
        with suppress(ResolutionRequired):  # counted by the state of its rows
            outbox.send(policy=policy)
        (home / "modules.json").write_text(json.dumps(sorted(sys.modules)))
        return {"pending": outbox.states().get("pending", 0)}

    return work


def _forget(home: Path) -> None:
    """Empty the journal, as if it had never been, and let nobody ask OVH whether it lists a tag."""
    from sqlalchemy import NullPool, create_engine, text

    from ovh_sms.api.outgoing import OutgoingClient

    engine = create_engine(_url(home), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM ovh_sms_attempts WHERE kind = 'outbox'"))
    engine.dispose()
    OutgoingClient.count = lambda *_, **__: 0  # type: ignore[method-assign]


def _url(home: Path) -> str:
    return f"sqlite:///{home}/data/results.sqlite"
