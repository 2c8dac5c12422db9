"""``ovh-sms db``: make, update and check the tables of the results database; go on after it was restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ovh_sms.cli.airflow_connections import (
    RESULTS_CONNECTION,
    read_variable,
    results_store,
    set_variable,
    shown_database,
)
from ovh_sms.cli.arguments import AsJson, Results
from ovh_sms.cli.db_backup import backup
from ovh_sms.cli.db_rebuild import rebuild
from ovh_sms.cli.db_restored import restored
from ovh_sms.cli.examples import examples
from ovh_sms.cli.output import show
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

app = typer.Typer(
    help="Make, update, check, back up and restore the results database.", no_args_is_help=True, rich_markup_mode=None
)
app.command("backup", epilog=examples("db backup"))(backup)
app.command("rebuild", epilog=examples("db rebuild"))(rebuild)
app.command("restored", epilog=examples("db restored"))(restored)


@app.command(epilog=examples("db init"))
def init(results: Results = RESULTS_CONNECTION, as_json: AsJson = False) -> None:
    """Make the tables of a new results database, and name it as the one of all workers.

    Tables that are there stay. If Airflow names another database already, nothing is changed.
    """
    from ovh_sms.store import migrate

    store = results_store(results)
    made = migrate.init(store)
    _name_database(store, results)
    _show(store, "the tables were made" if made else "the tables were there already", made, as_json)


@app.command(epilog=examples("db upgrade"))
def upgrade(results: Results = RESULTS_CONNECTION, as_json: AsJson = False) -> None:
    """Update the tables to this version of the package."""
    from ovh_sms.store import migrate

    store = results_store(results)
    updated = migrate.upgrade(store)
    _show(store, "the tables were updated" if updated else "the tables were current already", updated, as_json)


@app.command(epilog=examples("db check"))
def check(results: Results = RESULTS_CONNECTION, as_json: AsJson = False) -> None:
    """Check that the tables are those of this version; ends with 2 if not."""
    from ovh_sms.store import migrate

    store = results_store(results)
    migrate.check(store)
    _show(store, "the tables are current", False, as_json)


def _name_database(store: Store, connection: str) -> None:
    """Set the Variable by which every worker knows its results database; one that is set stays.

    :raises ConfigurationError: it names another database.
    """
    from ovh_sms.hooks.store_identity import StoreMark, variable_name

    name, here = variable_name(connection), StoreMark.of(store)
    known = StoreMark.parse(read_variable(name))
    if known is None:
        set_variable(name, str(here))
    elif known.identity != here.identity:
        raise ConfigurationError(
            f"Airflow's Variable {name} names another results database: {known.identity}; this one is {here.identity}.",
            action="Nothing was changed, and tasks that use this database send nothing. Connect to the other database. "
            "If that one was lost or replaced, run: ovh-sms db restored.",
        )


def _show(store: Store, state: str, changed: bool, as_json: bool) -> None:
    database = shown_database(store)
    show(f"{database}: {state}.", {"database": database, "changed": changed}, as_json=as_json)
