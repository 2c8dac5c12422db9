"""``ovh-sms outbox``: list, queue and cancel single SMS, or send them without a DAG."""

from __future__ import annotations

import getpass
import sys
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.cli.airflow_connections import OVH_CONNECTION, RESULTS_CONNECTION, ovh_hook, results_store
from ovh_sms.cli.arguments import AsJson, Connection, OwnAccount, Results
from ovh_sms.cli.completion import complete_sms_account
from ovh_sms.cli.examples import examples
from ovh_sms.cli.output import show
from ovh_sms.errors import ConfigurationError
from ovh_sms.settings import data_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ovh_sms.store.outbox_records import OutboxRow
    from ovh_sms.store.store import Store

app = typer.Typer(help="Single SMS.", rich_markup_mode=None)


def _moment(given: str) -> datetime:
    """Read a moment with its time zone."""
    with suppress(ValueError):
        moment = datetime.fromisoformat(given)
        if moment.tzinfo is not None:
            return moment
    raise typer.BadParameter("Write it with its time zone, as 2027-01-31T09:00:00+01:00.")


class State(StrEnum):
    """States of a row."""

    PENDING = "pending"
    SUBMITTED = "submitted"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


@app.callback(invoke_without_command=True, epilog=examples("outbox"))
def outbox(
    context: typer.Context,
    watch: Annotated[
        bool, typer.Option("--watch", help="Send rows as they come, until Ctrl-C; beside the DAG or instead of it.")
    ] = False,
    account: OwnAccount = None,
    folder: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder of CSV files, or its address as s3://connection@bucket/outbox; 'outbox' in the data folder if "
            "not given.",
        ),
    ] = None,
    declared_country: Annotated[
        list[str] | None,
        typer.Option(metavar="CC", help="Country in which the senders are declared, as ES; may be repeated."),
    ] = None,
    connection: Connection = OVH_CONNECTION,
    results: Results = RESULTS_CONNECTION,
) -> None:
    """List, queue and cancel single SMS. With --watch it sends them without the DAG sms_outbox."""
    if context.invoked_subcommand is not None:
        return
    if not watch:
        raise ConfigurationError("Give --watch, list, queue or cancel.", action="Nothing was done.")
    from ovh_sms.cli.outbox_watch import watch_outbox

    watch_outbox(
        connection,
        account,
        results,
        folder=folder or str(data_path() / "outbox"),
        declared_countries=tuple(each.strip().upper() for each in declared_country or ()),
    )


@app.command("list", epilog=examples("outbox list"))
def list_rows(
    state: Annotated[State | None, typer.Option(help="Rows in this state alone.")] = None,
    tag: Annotated[str | None, typer.Option(metavar="TAG", help="Rows that their writer gave this tag.")] = None,
    group: Annotated[str | None, typer.Option(metavar="TAG", help="Rows of the group with this tag at OVH.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Number of rows, the newest first.")] = 20,
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """List rows, the newest first, without numbers and texts, and count all by state."""
    from ovh_sms.store.outbox_queries import OutboxFilter

    store = results_store(results)
    wanted = OutboxFilter(state=None if state is None else state.value, tag=tag, group_tag=group)
    rows, counts = store.outbox.latest(wanted, limit=limit), store.outbox.counts()
    total = "  ".join(f"{name}: {number}" for name, number in sorted(counts.items())) or "The outbox is empty."
    shown = [{name: _plain(value) for name, value in row.shown().items()} for row in rows]
    lines = [total, *map(_line, rows), *_questions(store, rows)]
    show("\n".join(lines), {"counts": counts, "rows": shown}, as_json=as_json)


@app.command("queue", epilog=examples("outbox queue"))
def queue_row(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Your own name for the SMS: the same key is sent once.")],
    message: Annotated[str, typer.Argument(metavar="TEXT", help="The text as it is read.")],
    to: Annotated[
        str, typer.Option(metavar="NUMBER", help="Phone number; '-' reads it from stdin, so that no shell keeps it.")
    ],
    sender: Annotated[str, typer.Option(metavar="NAME", help="A sender of the account.")],
    advertising: Annotated[
        bool, typer.Option("--advertising/--no-advertising", help="OVH adds the STOP clause to advertising.")
    ],
    priority: Annotated[str | None, typer.Option(metavar="high|medium|low|veryLow", help="Its place.")] = None,
    deferred_until: Annotated[
        datetime | None, typer.Option(parser=_moment, metavar="TIME", help="As 2027-01-31T09:00:00+01:00.")
    ] = None,
    validity: Annotated[int | None, typer.Option(min=1, metavar="MINUTES", help="After them it is not sent.")] = None,
    tag: Annotated[str | None, typer.Option(metavar="TAG", help="Your own label.")] = None,
    account: Annotated[
        str | None,
        typer.Option(
            metavar="ACCOUNT",
            help="SMS account; that of the default connection if not given.",
            autocompletion=complete_sms_account,
        ),
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="LOGIN", help="User of the account who sends; by default none.")
    ] = None,
    connection: Connection = OVH_CONNECTION,
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Queue one SMS; the DAG sms_outbox sends it within seconds."""
    from ovh_sms.outbox.queue import queue_rows
    from ovh_sms.store.outbox_records import QueuedSms

    row = QueuedSms(
        key=key,
        receiver=sys.stdin.readline().strip() if to == "-" else to,
        message=message,
        sender=sender,
        stop_clause=advertising,
        priority=priority,
        deferred_until=deferred_until,
        validity=validity,
        tag=tag,
        account=account or "",
        user=user or "",
    )
    is_sandbox = ovh_hook(connection, account, CallClass.WRITE).is_sandbox
    new = bool(queue_rows(results_store(results), [row], allow_fiction=is_sandbox))
    said = "is queued" if new else "stood in the outbox already: it is sent once"
    show(f"The SMS {key} {said}.", {"key": key, "new": new}, as_json=as_json)


@app.command("cancel", epilog=examples("outbox cancel"))
def cancel_row(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Key of the SMS.")],
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Cancel one SMS that is not being sent yet. Its key stays used."""
    store = results_store(results)
    row = store.outbox.cancel(key)
    if row is None:
        raise ConfigurationError(f"The outbox has no SMS with the key {key!r}.", action="Nothing was cancelled.")
    if row.state != State.CANCELLED:
        now = "is being sent" if row.state == State.PENDING else f"is {row.state}"
        raise ConfigurationError(f"The SMS {key} {now}.", action="Nothing was cancelled.")
    store.audit.record("outbox", getpass.getuser(), f"cancel id={row.id}")
    show(f"The SMS {key} is cancelled.", {"key": key, "state": row.state}, as_json=as_json)


def _questions(store: Store, rows: Sequence[OutboxRow]) -> list[str]:
    """The questions to a person about the groups of some rows."""
    from ovh_sms.idempotency.unknown_outcome import UnknownOutcome

    found = []
    for tag in dict.fromkeys(row.group_tag for row in rows if row.state == State.UNKNOWN and row.group_tag):
        attempt = store.attempts.live(tag)
        if attempt is not None and attempt.question and attempt.resolution is None:
            found.append(f"{tag}: {UnknownOutcome.from_json(attempt.question).error('sent')}")
    return found


def _line(row: OutboxRow) -> str:
    about = [row.state if row.reason is None else f"{row.state} ({row.reason})", row.key, f"sender {row.sender}"]
    about += [f"group {row.group_tag}"] if row.group_tag else []
    about += [f"not before {row.deferred_until:%Y-%m-%d %H:%M} UTC"] if row.deferred_until else []
    return f"  {row.queued_at:%Y-%m-%d %H:%M:%S} UTC  {', '.join(about)}"


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
