"""``ovh-sms senders``: list the senders of an account, request a new one, and enable a number by its code."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.cli.airflow_connections import OVH_CONNECTION, RESULTS_CONNECTION, ovh_hook
from ovh_sms.cli.arguments import AsJson, Connection, OwnAccount, Results
from ovh_sms.cli.examples import examples
from ovh_sms.cli.output import show

if TYPE_CHECKING:
    from ovh_sms.accounts.senders import SenderState

log = logging.getLogger(__name__)
app = typer.Typer(help="Senders of an account.", rich_markup_mode=None, no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="SENDER", help="At most 11 letters, digits and blanks, or a number.")]


@app.command("list", epilog=examples("senders list"))
def list_senders(account: OwnAccount = None, connection: Connection = OVH_CONNECTION, as_json: AsJson = False) -> None:
    """List the senders with their status at OVH, and what OVH's moderator says about them."""
    hook = ovh_hook(connection, account, CallClass.WRITE)
    found = hook.client.senders.all()
    lines = [f"  {each.name:<16} {each.status}{f': {each.comment}' if each.comment else ''}" for each in found]
    shown = [{"sender": it.name, **it.model_dump(include={"status", "comment", "description", "kind"})} for it in found]
    show(
        "\n".join([f"Senders of {hook.account}:", *lines]) if lines else f"{hook.account} has no sender.",
        {"account": hook.account, "senders": shown},
        as_json=as_json,
    )


@app.command("request", epilog=examples("senders request"))
def request(
    sender: Name,
    description: Annotated[str, typer.Option(metavar="TEXT", help="Its purpose, for the account's owner.")] = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="What OVH's moderator reads.")] = "",
    account: OwnAccount = None,
    connection: Connection = OVH_CONNECTION,
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Request a sender, once: a second call says what became of it.

    OVH's moderator decides about a name, which takes up to three days. A number gets a code.
    """
    from ovh_sms.accounts.senders import SenderRequest, request_sender
    from ovh_sms.cli.shared_store import shared_store
    from ovh_sms.clock import SystemClock
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy

    hook = ovh_hook(connection, account, CallClass.WRITE)
    quiet = max(ReconcilePolicy().quiet_period, timedelta(seconds=2 * hook.settings.timeout_seconds))
    with shared_store(results) as store:
        found = request_sender(
            SenderRequest(name=sender, description=description, reason=reason),
            client=hook.client,
            store=store,
            # Nobody tries again: a lost answer is reconciled at once.
            task=TaskTry(is_last=True, is_deferrable=False, log=log),
            policy=ReconcilePolicy(quiet_period=quiet),
            clock=SystemClock(),
        )
    begin = "Requested" if found.requested else "Nothing was requested now"
    show(f"{begin}: {_said(found)}", found.to_xcom(), as_json=as_json)


@app.command("validate", epilog=examples("senders validate"))
def validate(
    sender: Name,
    code: Annotated[str, typer.Argument(metavar="CODE", help="Code that OVH sent to the number.")],
    account: OwnAccount = None,
    connection: Connection = OVH_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Enable a sender that is a phone number, by the code that OVH sent to it."""
    from ovh_sms.accounts.senders import validate_sender

    hook = ovh_hook(connection, account, CallClass.WRITE)
    found = validate_sender(sender, code, client=hook.client)
    show(_said(found)[:1].upper() + _said(found)[1:], found.to_xcom(), as_json=as_json)


def _said(found: SenderState) -> str:
    comment = f" OVH says: {found.comment}" if found.comment else ""
    return (
        f"the sender {found.sender} is {found.status.replace('waiting validation', 'waiting for validation')}.{comment}"
    )
