"""``ovh-sms callbacks``: the addresses that OVH calls; shows the change before it is made."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.cli.airflow_connections import OVH_CONNECTION, RESULTS_CONNECTION, ovh_hook, results_store
from ovh_sms.cli.arguments import AsJson
from ovh_sms.cli.output import show
from ovh_sms.errors import ConfigurationError


def set_callbacks(
    account: Annotated[
        str | None, typer.Argument(metavar="[ACCOUNT]", help="SMS account; the connection's own if not given.")
    ] = None,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Address of Airflow as OVH reaches it; of https.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Have OVH call nothing of ours any more.")] = False,
    kinds: Annotated[
        str, typer.Option(metavar="KINDS", help="Some of receipt, reply and stop; the others are not touched.")
    ] = "receipt,reply,stop",
    login: Annotated[str | None, typer.Option(metavar="LOGIN", help="A user of the account.")] = None,
    rotate: Annotated[bool, typer.Option("--rotate", help="Use a new secret.")] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Also where another program's address or a text stands.")
    ] = False,
    keep_old: Annotated[float, typer.Option(min=0, help="Days for which the old secret stays valid.")] = 7,
    yes: Annotated[bool, typer.Option("--yes", help="Make the change; without it, it is only shown.")] = False,
    connection: Annotated[str, typer.Option(metavar="ID", help="Airflow connection.")] = OVH_CONNECTION,
    results: Annotated[
        str, typer.Option(metavar="ID", help="Airflow connection of the results database.")
    ] = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Set the addresses that OVH calls for delivery receipts, replies and STOPs. Other settings stay as they are.

    Shows the change, without the secret; --yes makes it.
    """
    from ovh_sms.inbound.configure_callbacks import WantedCallbacks, apply_callbacks, plan_callbacks

    if (url is None) != remove:
        raise ConfigurationError("Give --url or --remove.", action="Nothing was changed.")
    wanted = WantedCallbacks(
        url=url, kinds=tuple(each.strip() for each in kinds.split(",")), login=login, rotate=rotate, replace=replace
    )
    store = results_store(results)
    client = ovh_hook(connection, account, CallClass.WRITE).client
    plan = plan_callbacks(client, store, wanted)
    ending = 0
    if yes:
        ending = apply_callbacks(client, store, plan, keep_old=timedelta(days=keep_old))
    lines = [f"{plan.account}{f', user {login}' if login else ''}", *(f"  {line}" for line in plan.lines)]
    if plan.changes:
        lines.append("Changed." if yes else "Nothing was changed yet: --yes does it.")
    if ending:
        lines.append(f"The old secret stays valid for {keep_old:g} days.")
    changes = [{"field": each.field, "line": str(each)} for each in plan.changes]
    values = {"account": plan.account, "login": login, "changes": changes, "changed": yes and bool(plan.changes)}
    show("\n".join(lines), values, as_json=as_json)
