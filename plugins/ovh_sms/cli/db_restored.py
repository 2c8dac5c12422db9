"""``ovh-sms db restored``: go on with a results database that was restored, or that replaces a lost one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ovh_sms.cli.airflow_connections import (
    OVH_CONNECTION,
    RESULTS_CONNECTION,
    ovh_hook,
    read_variable,
    results_store,
    set_variable,
    shown_database,
)
from ovh_sms.cli.arguments import AsJson, Include, MoreConnections, Results, all_campaigns, include_folder
from ovh_sms.cli.output import show
from ovh_sms.errors import ConfigurationError, OtherAccount

if TYPE_CHECKING:
    from pathlib import Path

    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.hooks.store_identity import StoreMark
    from ovh_sms.store.store import Store


def restored(
    although_attempts_are_missing: Annotated[
        bool,
        typer.Option(
            "--although-attempts-are-missing",
            help="Read OVH's messages of the last 14 days into this database, and send with it from now on.",
        ),
    ] = False,
    results: Results = RESULTS_CONNECTION,
    include: Include = None,
    connection: MoreConnections = None,
    as_json: AsJson = False,
) -> None:
    """Go on with a results database that was restored from a back-up, or that replaces a lost one.

    Reads from OVH what was sent to whom in the last 14 days. Gives the database another id, so that workers on its
    predecessor send nothing, and names it as the one of all workers. Runs that began before send nothing more.
    """
    from ovh_sms.hooks.store_identity import StoreMark, variable_name
    from ovh_sms.store import migrate

    store, name = results_store(results), variable_name(results)
    migrate.check(store)
    here, counted = StoreMark.of(store), StoreMark.parse(read_variable(name))
    last, database = store.attempts.last_claimed_at(), shown_database(store)
    newest = f", the last of {last:%Y-%m-%d %H:%M:%S} UTC" if last else ""
    what = f"{database} holds {here.attempts} attempts{newest}. Airflow's Variable {name} {_missing(here, counted)}."
    if not although_attempts_are_missing:
        raise ConfigurationError(
            what,
            action="Nothing was changed. Make sure that no worker uses another database. Then run this again with "
            "--although-attempts-are-missing: it reads from OVH what was sent to whom in the last 14 days. Runs that "
            "began before now send nothing more, cleared or not.",
        )
    by_account = _read_sent(store, connection or [OVH_CONNECTION], include)
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


def _read_sent(store: Store, connections: Sequence[str], include: Path | None) -> dict[str, int]:
    """Record what was sent lately and the journal does not know; returns the number of messages of each account.

    Nothing is recorded before all of the accounts are read.
    """
    from ovh_sms.messaging.message_check import as_sent
    from ovh_sms.sending.restored_messages import RestoredMessages

    campaigns = all_campaigns(include)
    marketing = {each.message for each in campaigns if each.marketing} | store.published_lists.marketing()
    marketing |= {as_sent(message) for message in marketing}
    hooks = hooks_of(store, campaigns, connections)
    users = logins_of(campaigns, hooks.keys(), include)
    readers = {
        account: RestoredMessages(hook.client, store, sorted(marketing), users[account])
        for account, hook in hooks.items()
    }
    found = {account: reader.read() for account, reader in readers.items()}
    for account, messages in found.items():
        readers[account].record(messages)
    return {account: len(messages) for account, messages in found.items()}


def hooks_of(store: Store, campaigns: Sequence[Campaign], connections: Sequence[str]) -> dict[str, OvhSmsHook]:
    """Open the accounts of campaign files and of given connections; those of the journal must be among them.

    :param connections: of accounts that no campaign file names.
    :raises OtherAccount: the journal knows an account that none of them is for.
    """
    from ovh_sms.api.turn_queue import CallClass

    hooks = {}
    for named in sorted({(each.connection, each.account) for each in campaigns}, key=str):
        hook = ovh_hook(*named, CallClass.COLLECT)
        hooks[hook.account] = hook
    missing = store.restored_attempts.accounts() - hooks.keys()
    # The connections that are given count for accounts that no file names.
    used = {each.connection for each in campaigns}
    if missing or not hooks or used.intersection(connections) or connections != [OVH_CONNECTION]:
        for connection in connections:
            hook = ovh_hook(connection, None, CallClass.COLLECT)
            hooks.setdefault(hook.account, hook)
    if missing := missing - hooks.keys():
        raise OtherAccount(
            f"No campaign file and no given connection is for accounts of the journal: {', '.join(sorted(missing))}.",
            action="Nothing was changed. Name the connection of each with --connection, as often as needed.",
        )
    return hooks


def logins_of(campaigns: Sequence[Campaign], accounts: Collection[str], include: Path | None) -> dict[str, list[str]]:
    """Return the logins that the files name, by account: OVH may list for them alone what they sent."""
    from ovh_sms.api.turn_queue import CallClass
    from ovh_sms.campaign.account_file import AccountFile
    from ovh_sms.campaign.account_files import read_accounts

    named = {(each.connection, each.account, each.user) for each in campaigns if each.user}
    for file in read_accounts(include_folder(include) / "accounts"):
        if isinstance(file, AccountFile) and file.users:
            named |= {(file.connection, file.account, login) for login in file.users.logins}
    found: dict[str, set[str]] = {account: set() for account in accounts}
    for connection, account, login in named:
        of = ovh_hook(connection, account, CallClass.COLLECT).account
        found.setdefault(of, set()).add(login)
    return {account: sorted(logins) for account, logins in found.items()}


def _missing(here: StoreMark, counted: StoreMark | None) -> str:
    """Say what the Variable shows about attempts that the database lacks."""
    if counted is None:
        return "is missing, so that nobody knows how many there were"
    if counted.identity != here.identity:
        return f"names another database, which held at least {counted.attempts}"
    if counted.attempts > here.attempts:
        return f"counts at least {counted.attempts}: {counted.attempts - here.attempts} or more are missing"
    return "counts no more, so none is known to be missing"
