"""``ovh-sms usage``: who has sent what in a month, and who pays for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ovh_sms.cli.airflow_connections import OVH_CONNECTION, RESULTS_CONNECTION, ovh_hook, results_store
from ovh_sms.cli.arguments import AsJson, Connection, Include, Results, include_folder
from ovh_sms.cli.completion import complete_account
from ovh_sms.cli.output import fit_terminal, show

if TYPE_CHECKING:
    from ovh_sms.accounts.usage_computation import ComputedMonth
    from ovh_sms.campaign.account_file import AccountFile


def show_usage(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="The month, such as 2026-10.")],
    account: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of an account file, or SMS account of the connection.",
            autocompletion=complete_account,
        ),
    ] = None,
    written: Annotated[
        Literal["csv", "parquet", "html"] | None, typer.Option("--format", help="Print the path of this file alone.")
    ] = None,
    reopen: Annotated[bool, typer.Option("--reopen", help="Compute a closed month again.")] = False,
    connection: Connection = OVH_CONNECTION,
    results: Results = RESULTS_CONNECTION,
    include: Include = None,
    as_json: AsJson = False,
) -> None:
    """Compute the usage of an account in a month as the DAG sms_usage_monthly does, and write its files.

    A closed month keeps its figures: if OVH shows others by now, the difference is printed.
    """
    from ovh_sms.accounts.usage import compute_usage
    from ovh_sms.accounts.usage_files import write_files
    from ovh_sms.accounts.usage_month import UsageMonth
    from ovh_sms.api.turn_queue import CallClass
    from ovh_sms.campaign.account_files import usage_of
    from ovh_sms.operators.build_usage import usage_event
    from ovh_sms.private_files import private_folder
    from ovh_sms.settings import data_path

    wanted, folder = UsageMonth.read(month), include_folder(include) / "accounts"
    file = _file(folder, account)
    named = (file.connection, file.account) if file else (connection, account)
    client = ovh_hook(*named, CallClass.POLL).client
    store, rules = results_store(results), usage_of(folder, *named)
    found = compute_usage(client, store, wanted, rules, private_folder(data_path()), reopen=reopen)
    files = write_files(found)
    paths = {"csv": files.csv, "parquet": files.parquet, "html": files.pages[""]}
    text = str(paths[written]) if written else "\n".join(fit_terminal(_lines(found, paths), as_they_are="  /"))
    show(text, usage_event(found, files) | {"difference": found.record.basis.get("difference")}, as_json=as_json)


def _file(folder: Path, name: str | None) -> AccountFile | None:
    """The account file that a person named."""
    from ovh_sms.campaign.account_file import AccountFile
    from ovh_sms.campaign.account_files import read_accounts

    files = [each for each in read_accounts(folder) if isinstance(each, AccountFile)]
    return next((each for each in files if name in (each.name, each.account) and name is not None), None)


def _lines(month: ComputedMonth, paths: dict[str, Path]) -> list[str]:
    from ovh_sms.campaign.account_usage import CREDIT_UNITS
    from ovh_sms.report.words import cents, count

    it, lines = month.record, month.lines
    state = f"closed on {it.closed_at:%Y-%m-%d}" if it.closed_at else "not closed: these figures may still change"
    found = [
        f"{it.account} in {it.month}, {state}.",
        f"  {count(it.messages)} messages, {count(it.segments)} segments, {count(it.credits / CREDIT_UNITS)} credits; "
        f"{cents(it.cost_without_tax, it.currency)} without tax, {cents(it.cost_with_tax, it.currency)} with tax.",
    ]
    for payer in sorted({each.payer for each in lines if each.payer}):
        ours = [each for each in lines if each.payer == payer]
        amount, cost = sum(each.credits for each in ours), sum(each.cost_with_tax for each in ours)
        found.append(f"  {payer}: {count(amount / CREDIT_UNITS)} credits, {cents(cost, it.currency)} with tax.")
    if it.not_explained is None:
        found.append("  OVH's balance could not be compared: it was not read at the end of an earlier month.")
    else:
        found.append(f"  Not explained: {count(it.not_explained / CREDIT_UNITS)} credits.")
    difference: dict[str, Any] | None = it.basis.get("difference")
    if difference:
        how = "" if it.basis.get("deleted_users") else " Use --reopen to take them over."
        found.append(
            f"  OVH shows other figures since it was closed: {difference['messages']:+g} messages, "
            f"{difference['credits']:+g} credits, in {difference['lines']:g} lines.{how}"
        )
    deleted = it.basis.get("deleted_users", [])
    if deleted:
        found.append(f"  OVH no longer lists the users {', '.join(deleted)}: their lines stay as they were closed.")
    return [*found, *(f"  {path}" for path in paths.values())]
