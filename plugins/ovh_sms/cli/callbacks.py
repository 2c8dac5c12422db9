"""``ovh-sms callbacks``: the addresses that OVH calls; shows the change before it is made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.cli.airflow_connections import OVH_CONNECTION, RESULTS_CONNECTION, ovh_hook, results_store
from ovh_sms.cli.arguments import AsJson, Connection, Results
from ovh_sms.cli.completion import complete_sms_account
from ovh_sms.cli.output import show
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.inbound.configure_callbacks import AppliedCallbacks
    from ovh_sms.store.store import Store

Account = Annotated[
    str | None,
    typer.Argument(
        metavar="[ACCOUNT]", help="SMS account; the connection's own if not given.", autocompletion=complete_sms_account
    ),
]


def set_callbacks(
    account: Account = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Address of Airflow as OVH reaches it; of https.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Have OVH call nothing of ours any more.")] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Refuse all calls about ACCOUNT, and empty its queue; OVH is not asked.")
    ] = False,
    kinds: Annotated[
        str, typer.Option(metavar="KINDS", help="Some of receipt, reply and stop; the others are not touched.")
    ] = "receipt,reply,stop",
    login: Annotated[str | None, typer.Option(metavar="LOGIN", help="A user of the account.")] = None,
    rotate: Annotated[bool, typer.Option("--rotate", help="Use a new secret.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where another program's address or a text stands.")
    ] = False,
    keep_old: Annotated[float, typer.Option(min=0, max=7, help="Days for which the old secret stays valid.")] = 7,
    yes: Annotated[bool, typer.Option("--yes", help="Make the change; without it, it is only shown.")] = False,
    connection: Connection = OVH_CONNECTION,
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Set the addresses that OVH calls for delivery receipts, replies and STOPs. Other settings stay as they are.

    Shows the change, without the secret; --yes makes it.
    """
    from ovh_sms.inbound.callback_plan import WantedCallbacks, plan_callbacks
    from ovh_sms.inbound.configure_callbacks import apply_callbacks

    if (url is not None) + remove + forget != 1:
        also = " --rotate needs --url." if rotate else ""
        raise ConfigurationError(f"Give one of --url, --remove and --forget.{also}", action="Nothing was changed.")
    store = results_store(results)
    if forget:
        _forget(store, account, yes=yes, as_json=as_json)
        return
    wanted = WantedCallbacks(
        url=url, kinds=tuple(each.strip() for each in kinds.split(",")), login=login, rotate=rotate, replace=replace
    )
    client = ovh_hook(connection, account, CallClass.WRITE).client
    plan = plan_callbacks(client, store, wanted)
    done = apply_callbacks(client, store, plan, keep_old=timedelta(days=keep_old)) if yes else None
    lines = [f"{plan.account}{f', user {login}' if login else ''}", *(f"  {line}" for line in plan.lines)]
    if plan.changes:
        lines.append("Changed." if yes else "Nothing was changed yet: --yes does it.")
    values: dict[str, Any] = {
        "account": plan.account,
        "login": login,
        "changes": [{"field": each.field, "line": each.shown} for each in plan.changes],
        "changed": yes and bool(plan.changes),
    }
    if done is not None:
        lines += _ends(done, keep_old)
        values |= {"ending": done.ending, "still": list(done.still)}
    show("\n".join(lines), values, as_json=as_json)


def _ends(done: AppliedCallbacks, keep_old: float) -> list[str]:
    """Say what becomes of the old secrets."""
    lines = []
    if done.ending:
        which = "The old secret" if done.ending == 1 else f"Each of {done.ending} old secrets"
        lines.append(f"{which} stays valid for {keep_old:g} days at most." if keep_old else f"{which} is refused now.")
    if done.still:
        lines.append(f"The old secret stays valid, as OVH's settings still show it: {', '.join(done.still)}.")
    return lines


def _forget(store: Store, account: str | None, *, yes: bool, as_json: bool) -> None:
    if account is None:
        raise ConfigurationError("--forget needs the name of the account.", action="Nothing was changed.")
    secrets = len(store.callback_secrets.of(account))
    waiting = store.callbacks.waiting().get(account, 0)
    if yes:
        secrets, waiting = store.callback_secrets.forget(account), store.callbacks.drop(account)
    done = "Done." if yes else "Nothing was changed yet: --yes does it."
    lines = [account, f"  secrets: {secrets} -> 0", f"  callbacks in the queue: {waiting} -> 0", done]
    values = {"account": account, "secrets": secrets, "callbacks": waiting, "changed": yes}
    show("\n".join(lines), values, as_json=as_json)
