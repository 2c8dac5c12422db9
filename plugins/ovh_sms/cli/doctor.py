"""``ovh-sms doctor``: whether connection, key, account, results and data folder are fit for what they are used for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from ovh_sms.cli.airflow_connections import (
    OVH_CONNECTION,
    RESULTS_CONNECTION,
    ovh_hook,
    read_variable,
    results_store,
    shown_database,
)
from ovh_sms.cli.arguments import AsJson, Connection, OwnAccount, Results
from ovh_sms.cli.completion import complete_purposes
from ovh_sms.cli.exit_codes import ExitCode, exit_code
from ovh_sms.cli.output import show
from ovh_sms.errors import OvhSmsError

if TYPE_CHECKING:
    from ovh_sms.hooks.connection_check import Finding
    from ovh_sms.hooks.sms import OvhSmsHook

#: Seconds by which this machine's clock may differ from OVH's: schedules and windows are checked by it.
MOST_SECONDS = 30


@dataclass(frozen=True)
class Examined:
    """One finding, and the exit code that it asks for."""

    finding: Finding
    code: ExitCode = ExitCode.DONE


def examine_connection(
    connection: Connection = OVH_CONNECTION,
    account: OwnAccount = None,
    purposes: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="PURPOSE,…",
            help="What the key is for, as in 'ovh-sms rights'.",
            autocompletion=complete_purposes,
        ),
    ] = "",
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Check the connection's fields, the clock, the account, its senders, the key's rights, results and data folder.

    It sends nothing, and changes nothing but a file of the data folder that it writes and removes. It ends with 0 if
    nothing must be done, with 2 if something must, and with 3 if OVH, the results database or the object storage cannot
    be reached.
    """
    names = tuple(each.strip() for each in purposes.split(",") if each.strip()) or None
    found = [
        *_of_ovh(connection, account, names),
        *_guarded("results", lambda: _of_results(results)),
        *_guarded("files", _of_files),
    ]
    lines = [f"{'ok ' if each.finding.is_good else 'BAD'} {each.finding.about}: {each.finding.text}" for each in found]
    code = max((each.code for each in found), default=ExitCode.DONE)
    values = [{"about": it.about, "is_good": it.is_good, "text": it.text} for it in (each.finding for each in found)]
    show("\n".join(lines), {"findings": values, "exit_code": int(code)}, as_json=as_json)
    if code:
        raise typer.Exit(code)


def _of_ovh(connection: str, account: str | None, purposes: tuple[str, ...] | None) -> Iterator[Examined]:
    from ovh_sms.api.purposes import with_others
    from ovh_sms.api.turn_queue import CallClass
    from ovh_sms.hooks.connection_check import ConnectionCheck

    wanted = with_others(purposes) if purposes else None  # a purpose that does not exist is an error of the arguments
    opened = []

    def open_connection() -> list[Finding]:
        opened.append(ovh_hook(connection, account, CallClass.WRITE))
        return [_finding("connection", f"{connection} is complete, for {opened[0].account}.")]

    yield from _guarded("connection", open_connection)
    for hook in opened:
        oauth2 = hook.settings.credentials.uses_oauth2
        yield from _guarded("clock", partial(_of_clock, hook))
        check = ConnectionCheck(hook.client, uses_oauth2=oauth2, purposes=wanted)
        yield from _guarded("OVH", check.findings)


def _of_clock(hook: OvhSmsHook) -> list[Finding]:
    from ovh_sms.clock import SystemClock

    ahead = (SystemClock().now() - hook.client.read_time()).total_seconds()
    if abs(ahead) <= MOST_SECONDS:
        return [_finding("clock", "This machine's clock agrees with OVH's.")]
    side = "ahead of" if ahead > 0 else "behind"
    text = f"This machine's clock is {abs(ahead):.0f} s {side} OVH's. Set it, by NTP for example."
    return [_finding("clock", text, is_good=False)]


def _of_results(connection: str) -> list[Finding]:
    from ovh_sms.hooks.store_identity import StoreMark, check_mark, variable_name
    from ovh_sms.store import migrate

    store = results_store(connection)
    migrate.check(store)
    check_mark(store, connection, StoreMark.parse(read_variable(variable_name(connection))))
    return [_finding("results", f"{shown_database(store)}: the tables are current, and it is that of all workers.")]


def _of_files() -> list[Finding]:
    from ovh_sms.object_storage.stored_path import StoredPath
    from ovh_sms.private_files import write_private
    from ovh_sms.settings import data_path

    folder, written = data_path(), uuid4().hex
    path = folder / f".doctor-{written}"
    try:
        write_private(path, written)
        try:
            is_good = path.read_text(encoding="utf-8") == written
        finally:
            path.unlink(missing_ok=True)
    except OSError as error:
        return [_finding("files", f"{folder} cannot be written: {error.strerror}.", is_good=False)]
    if not is_good:
        return [_finding("files", f"{folder} holds another text than was written there.", is_good=False)]
    shared = "all hosts share it" if isinstance(folder, StoredPath) else "a host that is not this one must see it too"
    return [_finding("files", f"{folder}: files are written, read and removed; {shared}.")]


def _guarded(about: str, check: Callable[[], list[Finding]]) -> list[Examined]:
    """Turn an error into a finding with its exit code: the other checks are made all the same."""
    try:
        found = check()
    except OvhSmsError as error:
        return [Examined(_finding(about, str(error), is_good=False), exit_code(error))]
    return [Examined(each, ExitCode.DONE if each.is_good else ExitCode.REFUSED) for each in found]


def _finding(about: str, text: str, *, is_good: bool = True) -> Finding:
    from ovh_sms.hooks.connection_check import Finding

    return Finding(about, is_good, text)
