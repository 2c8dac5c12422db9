"""``ovh-sms db``: make, update and check the tables of the results database; go on after it was restored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ovh_sms.cli.airflow_connections import (
    OVH_CONNECTION,
    RESULTS_CONNECTION,
    ovh_hook,
    read_variable,
    results_store,
    set_variable,
)
from ovh_sms.cli.arguments import AsJson, Include, all_campaigns
from ovh_sms.cli.output import show
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from ovh_sms.hooks.store_identity import StoreMark
    from ovh_sms.store.store import Store

app = typer.Typer(
    help="Make, update, check and restore the results database.", no_args_is_help=True, rich_markup_mode=None
)

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


@app.command()
def restored(
    although_attempts_are_missing: Annotated[
        bool,
        typer.Option(
            "--although-attempts-are-missing",
            help="Read OVH's messages of the last 14 days into this database, and send with it from now on.",
        ),
    ] = False,
    connection: Connection = RESULTS_CONNECTION,
    include: Include = None,
    ovh_connection: Annotated[
        str, typer.Option(metavar="ID", help="Airflow connection of the accounts that no campaign file names.")
    ] = OVH_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Go on with a results database that was restored from a back-up, or that replaces a lost one.

    Reads from OVH what was sent to whom in the last 14 days. Gives the database another id, so that workers on its
    predecessor send nothing, and names it as the one of all workers. Runs that began before send nothing more.
    """
    from ovh_sms.hooks.store_identity import StoreMark, variable_name
    from ovh_sms.store import migrate

    store, name = results_store(connection), variable_name(connection)
    migrate.check(store)
    here, counted = StoreMark.of(store), StoreMark.parse(read_variable(name))
    last, database = store.attempts.last_claimed_at(), _shown(store)
    newest = f", the last of {last:%Y-%m-%d %H:%M:%S} UTC" if last else ""
    what = f"{database} holds {here.attempts} attempts{newest}. Airflow's Variable {name} {_missing(here, counted)}."
    if not although_attempts_are_missing:
        raise ConfigurationError(
            what,
            action="Nothing was changed. Make sure that no worker uses another database. Then run this again with "
            "--although-attempts-are-missing: it reads from OVH what was sent to whom in the last 14 days. Runs that "
            "began before now send nothing more, cleared or not.",
        )
    by_account = _read_sent(store, ovh_connection, include)
    read, accounts = sum(by_account.values()), ", ".join(by_account)
    renamed = store.identity.mark_restored()
    set_variable(name, str(StoreMark(renamed, store.attempts.count())))
    values = {"database": database, "attempts": here.attempts, "last_attempt": last and last.isoformat()}
    show(
        f"{what} {read} messages that it did not know were read from OVH, on the accounts {accounts}. It is the "
        f"database of all workers from now on, with the id {renamed}. Start new runs.",
        {**values, "counted": counted and counted.attempts, "read": read, "accounts": by_account, "id": renamed},
        as_json=as_json,
    )


def _read_sent(store: Store, connection: str, include: Path | None) -> dict[str, int]:
    """Record what was sent lately and the journal does not know; returns the number of messages of each account.

    Nothing is recorded before all of the accounts are read.
    """
    from ovh_sms.api.turn_queue import CallClass
    from ovh_sms.messaging.message_check import as_sent
    from ovh_sms.sending.restored_messages import RestoredMessages

    campaigns = all_campaigns(include)
    marketing = {each.message for each in campaigns if each.marketing} | store.published_lists.marketing()
    marketing |= {as_sent(message) for message in marketing}
    hooks = {}
    for named in sorted({(each.connection, each.account) for each in campaigns}, key=str):
        hook = ovh_hook(*named, CallClass.COLLECT)
        hooks[hook.account] = hook
    # The connection that is given counts for accounts that no file names, and for its own.
    if connection in {each.connection for each in campaigns} or not hooks:
        hook = ovh_hook(connection, None, CallClass.COLLECT)
        hooks.setdefault(hook.account, hook)
    for account in sorted(store.restored_attempts.accounts() - hooks.keys()):
        hooks[account] = ovh_hook(connection, account, CallClass.COLLECT)
    readers = {account: RestoredMessages(hook.client, store, sorted(marketing)) for account, hook in hooks.items()}
    found = {account: reader.read() for account, reader in readers.items()}
    for account, messages in found.items():
        readers[account].record(messages)
    return {account: len(messages) for account, messages in found.items()}


def _missing(here: StoreMark, counted: StoreMark | None) -> str:
    """Say what the Variable shows about attempts that the database lacks."""
    if counted is None:
        return "is missing, so that nobody knows how many there were"
    if counted.identity != here.identity:
        return f"names another database, which held at least {counted.attempts}"
    if counted.attempts > here.attempts:
        return f"counts at least {counted.attempts}: {counted.attempts - here.attempts} or more are missing"
    return "counts no more, so none is known to be missing"


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
    database = _shown(store)
    show(f"{database}: {state}.", {"database": database, "changed": changed}, as_json=as_json)


def _shown(store: Store) -> str:
    return store.database.engine.url.render_as_string(hide_password=True)
