"""``ovh-sms credits``: what an account holds, how long it lasts, and what a person must do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ovh_sms.cli.airflow_connections import RESULTS_CONNECTION, results_store
from ovh_sms.cli.arguments import AsJson, Results
from ovh_sms.cli.completion import complete_account
from ovh_sms.cli.output import fit_terminal, show
from ovh_sms.errors import ConfigurationError

if TYPE_CHECKING:
    from ovh_sms.report.account_view import AccountView
    from ovh_sms.report.language import Translator
    from ovh_sms.store.orders import OrderRecord
    from ovh_sms.store.store import Store

#: Fields of an order that programs get; OVH's link to its form carries a password and is not among them.
ORDER_FIELDS = ("order_id", "quantity", "price_with_tax", "price_without_tax", "currency", "status", "paid")


def show_credits(
    account: Annotated[
        str | None,
        typer.Argument(
            metavar="[ACCOUNT]",
            help="SMS account, or the name of its account file; all if not given.",
            autocompletion=complete_account,
        ),
    ] = None,
    language: Annotated[str, typer.Option(metavar="en|fr", help="Language of the sentences.")] = "en",
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Show the credits of an account, their forecast, reservations, open orders and the month's money.

    Reads the results alone: OVH is not called. The credits are those that the newest check or run has read.
    """
    from ovh_sms.report.account_view import account_view
    from ovh_sms.report.language import translator

    store, say = results_store(results), translator(language)
    now = store.clock.now()
    views = [account_view(store, each, now) for each in _wanted(store, account)]
    text = "\n".join(fit_terminal([line for view in views for line in _lines(view, say)], as_they_are="    ovh-sms"))
    show(
        text or "No account was checked yet: the DAG sms_credits_topup checks those of include/accounts.",
        {"accounts": [_values(view, say) for view in views]},
        as_json=as_json,
    )


def _wanted(store: Store, account: str | None) -> list[str]:
    """The accounts that are shown; one is named by itself or by its file."""
    from ovh_sms.report.account_view import known_accounts

    known = known_accounts(store)
    if account is None:
        return known
    named = {check.name: check.account for check in store.credit_checks.all() if check.name}
    found = named.get(account, account)
    if found not in known:
        raise ConfigurationError(
            f"The results know no account {account}" + (f"; they know {', '.join(known)}." if known else " yet."),
            action=("Give one of these, or wait" if known else "Wait")
            + " for the next run of sms_credits_topup, which checks the accounts of include/accounts.",
        )
    return [found]


def _lines(view: AccountView, say: Translator) -> list[str]:
    from ovh_sms.report.account_lines import basis_lines, credits_line, money_line, recredit_line, waiting_lines
    from ovh_sms.report.credit_needs import credit_needs
    from ovh_sms.report.words import count

    found = [f"{view.account}: {credits_line(view, say)}"]
    if view.credits is not None:
        found += [f"  {line}" for line in basis_lines(view.credits, say)]
    for each in view.reservations:
        amount = count(each.credits, say.language)
        found.append(f"  {say('{n} credits reserved by {run} of {dag}.', n=amount, run=each.run_id, dag=each.dag_id)}")
    found += [f"  {line}" for line in waiting_lines(view, say)]
    if view.money is not None:
        found.append(f"  {money_line(view.money, say)}")
    if view.check is not None and view.check.recredit:
        found.append(f"  {recredit_line(view.check.recredit, say)}")
    for need in credit_needs(view, say):
        found += [f"  {need.title}", *(f"    {line}" for line in need.lines), *(f"    {it}" for it in need.commands)]
    return found


def _values(view: AccountView, say: Translator) -> dict[str, Any]:
    from ovh_sms.report.credit_needs import credit_needs

    it, money = view.credits, view.money
    return {
        "account": view.account,
        "credits": it and it.credits,
        "read_at": it and it.read_at.isoformat(),
        "enough": view.enough,
        "reserved": view.reserved,
        "reservations": [each._asdict() for each in view.reservations],
        "waiting": [
            {**each._asdict(), "since": each.since.isoformat(), "until": each.until.isoformat()}
            for each in view.waiting
        ],
        "days": it and it.days,
        "forecast": it and it.forecast.to_json(),
        "open_orders": [_order(each) for each in view.open_orders],
        "month": money
        and {
            "month": f"{money.month:%Y-%m}",
            "spent": money.spent,
            "spent_by_others": money.spent_by_others,
            "cap": money.cap,
            "currency": money.currency,
        },
        "recredit": view.check.recredit if view.check else None,
        "needs": [
            {"title": each.title, "lines": list(each.lines), "commands": list(each.commands), "order_id": each.order_id}
            for each in credit_needs(view, say)
        ],
    }


def _order(order: OrderRecord) -> dict[str, Any]:
    return {name: getattr(order, name) for name in ORDER_FIELDS} | {"ordered_at": order.ordered_at.isoformat()}
