"""``ovh-sms db backup``: copy a SQLite results file while tasks go on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ovh_sms.cli.airflow_connections import RESULTS_CONNECTION, results_store
from ovh_sms.cli.arguments import AsJson, Results
from ovh_sms.cli.output import show


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; only you can read it: it holds numbers.")],
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Copy a SQLite results file as it stands at one moment, while tasks go on writing it.

    A results database in PostgreSQL is backed up by pg_dump; the error of this command says how. After a back-up was
    put back, run 'ovh-sms db restored' first. Tasks refuse it by themselves only if it lacks attempts.
    """
    from ovh_sms.store.backup import back_up
    from ovh_sms.store.store import Store

    target = file.expanduser().resolve()
    back_up(results_store(results), target)
    copy = Store(f"sqlite:///{target}")
    attempts, identity = copy.attempts.count(), copy.identity.read()
    copy.close()
    size = target.stat().st_size
    show(
        f"{target}: {size / 1_000_000:.1f} MB, with {attempts} attempts, of the database {identity}. Lists and reports "
        "in the data folder are not in it.",
        {"file": str(target), "bytes": size, "attempts": attempts, "id": identity},
        as_json=as_json,
    )
