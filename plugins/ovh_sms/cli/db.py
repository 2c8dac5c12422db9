"""``ovh-sms db``: make, update and check the tables of the results database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ovh_sms.cli.airflow_connections import RESULTS_CONNECTION, results_store
from ovh_sms.cli.arguments import AsJson
from ovh_sms.cli.output import show

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
    """Make the tables of a new results database; those of an old one stay."""
    from ovh_sms.store import migrate

    store = results_store(connection)
    made = migrate.init(store)
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


def _show(store: Store, state: str, changed: bool, as_json: bool) -> None:
    database = store.database.engine.url.render_as_string(hide_password=True)
    show(f"{database}: {state}.", {"database": database, "changed": changed}, as_json=as_json)
