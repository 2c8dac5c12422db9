"""``ovh-sms db``: make, update and check the tables of the results database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ovh_sms.cli.airflow_connections import RESULTS_CONNECTION, read_variable, results_store, set_variable
from ovh_sms.cli.arguments import AsJson
from ovh_sms.cli.output import show
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.store.store import Store

app = typer.Typer(help="Make, update and check the results database.", no_args_is_help=True, rich_markup_mode=None)

Connection = Annotated[
    str,
    typer.Option(
        metavar="ID",
        help="Airflow connection of the results; without such a connection they are a file in the data folder.",
    ),
]


@app.command()
def init(connection: Connection = RESULTS_CONNECTION, as_json: AsJson = False) -> None:
    """Make the tables of a new results database, and name it as the one of all workers.

    Tables that are there stay. If Airflow names another database already, nothing is changed.
    """
    from ovh_sms.store import migrate

    store = results_store(connection)
    made = migrate.init(store)
    _name_database(store, connection)
    _show(store, "the tables were made" if made else "the tables were there already", made, as_json)


@app.command()
def upgrade(connection: Connection = RESULTS_CONNECTION, as_json: AsJson = False) -> None:
    """Update the tables to this version of the package."""
    from ovh_sms.store import migrate

    store = results_store(connection)
    updated = migrate.upgrade(store)
    _show(store, "the tables were updated" if updated else "the tables were current already", updated, as_json)


@app.command()
def check(connection: Connection = RESULTS_CONNECTION, as_json: AsJson = False) -> None:
    """Check that the tables are those of this version; ends with 2 if not."""
    from ovh_sms.store import migrate

    store = results_store(connection)
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
            "If it was lost, check in OVH's manager what was sent lately, delete the Variable and run this again.",
        )


def _show(store: Store, state: str, changed: bool, as_json: bool) -> None:
    database = store.database.engine.url.render_as_string(hide_password=True)
    show(f"{database}: {state}.", {"database": database, "changed": changed}, as_json=as_json)
