"""Needs of a person about the credits of an account: unpaid orders, refused orders, unknown outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ovh_sms.report import words
from ovh_sms.report.order_words import order_lines, order_title, price_words, unknown_line
from ovh_sms.report.resolve_commands import commands_of
from ovh_sms.report.short_moments import short_day
from ovh_sms.store.credit_checks import REFUSED
from ovh_sms.store.orders import MISSING_SHOWN

if TYPE_CHECKING:
    from ovh_sms.report.account_view import AccountView
    from ovh_sms.report.language import Translator


@dataclass(frozen=True, kw_only=True)
class CreditNeed:
    """One thing that a person must do.

    :param state: its weight, by the names of the states of runs: ``unknown``, ``blocked`` or ``in_part``.
    :param lines: its figures, and the next step.
    :param commands: commands to copy.
    :param order_id: the order that a person must pay; ``None`` for anything else.
    """

    account: str
    state: str
    title: str
    lines: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    order_id: int | None = None


def credit_needs(view: AccountView, say: Translator) -> list[CreditNeed]:
    """List the things that a person must do about an account, unknown outcomes first."""
    return [
        *_unknown(view, say),
        *_refused(view, say),
        *_unpaid(view, say),
        *_missing(view, say),
        *_of_persons(view, say),
    ]


def lasts(view: AccountView, say: Translator) -> str:
    """Say how long the account lasts in one short sentence; empty if nobody knows."""
    it = view.credits
    if it is None or it.forecast.dry_on is None or it.forecast.earliest is None:
        return ""
    day = {name: short_day(getattr(it.forecast, name), say.language) for name in ("dry_on", "earliest")}
    if day["dry_on"] == day["earliest"]:
        return say("The account lasts until {dry_on}.", **day)
    return say("The account lasts until about {dry_on}, at the earliest until {earliest}.", **day)


def _unknown(view: AccountView, say: Translator) -> Iterator[CreditNeed]:
    for attempt in view.unknown:
        about: dict[str, Any] = {"account": view.account, "state": "unknown", "title": unknown_line(attempt, say)}
        commands = commands_of(attempt.tag, attempt.question, is_resolved=attempt.resolution is not None)
        if attempt.resolution is not None:
            line = say("{by} resolved it; clear the task to go on.", by=attempt.resolution["by"])
        elif commands:
            line = say("Check it in OVH's manager, then use one command and clear the task.")
        else:
            line = say("Clear the task in Airflow: it searches for it at OVH, and makes nothing twice.")
        yield CreditNeed(**about, lines=(line,), commands=tuple(commands))


def _refused(view: AccountView, say: Translator) -> Iterator[CreditNeed]:
    check = view.check
    if check is None or check.decision not in {REFUSED, "no_orders"}:
        return
    if check.decision == "no_orders":
        lines = [
            say("It falls short of its credits, and its account file {name}.yaml orders none.", name=check.name),
            say("Order credits in OVH's manager, or give the file `quantity` and `max_price`."),
        ]
    else:
        lines = [check.problem.what, check.problem.action] if check.problem else []
    title = say("No credits are ordered for {account}", account=view.account)
    found = [each for each in (*lines, lasts(view, say)) if each]
    yield CreditNeed(account=view.account, state="blocked", title=title, lines=tuple(found))


def _unpaid(view: AccountView, say: Translator) -> Iterator[CreditNeed]:
    for order in view.open_orders:
        lines = [*order_lines(order, say), lasts(view, say)]
        if order.is_paid_next(view.now):
            lines.append(say("It is paid next with the default payment method."))
        elif order.status == "documents requested":
            lines.append(
                say("Nothing else is ordered meanwhile. Send them in OVH's manager, or cancel the order there.")
            )
        else:
            lines.append(say("A person must pay it, or cancel it in OVH's manager. Nothing else is ordered meanwhile."))
        yield CreditNeed(
            account=view.account,
            state="blocked" if order.paid in {"refused", "no method", "too dear"} else "in_part",
            title=order_title(order, view.now, say),
            lines=tuple(each for each in lines if each),
            order_id=order.order_id,
        )


def _missing(view: AccountView, say: Translator) -> Iterator[CreditNeed]:
    """A delivered order whose credits nobody has seen."""
    for order in view.orders:
        if order.given_up_at is None or not order.is_missing_credits or view.now - order.given_up_at > MISSING_SHOWN:
            continue
        about = {"id": order.order_id, "account": view.account}
        lines = [
            say("{n} credits for {account}.", n=words.count(order.quantity, say.language), account=view.account),
            say("Compare the order with the account in OVH's manager. Nothing waits for its credits any more."),
        ]
        title = say("Order {id} for {account} is delivered, and its credits were not seen", **about)
        yield CreditNeed(account=view.account, state="blocked", title=title, lines=tuple(lines))


def _of_persons(view: AccountView, say: Translator) -> Iterator[CreditNeed]:
    """An open order that a person has made at OVH: it stops others, too."""
    found = view.check.open_order if view.check else None
    if not found or not found["waits_for_a_person"] or found["order_id"] in {each.order_id for each in view.orders}:
        return
    about = {"id": found["order_id"], "price": price_words(found["price_with_tax"], found["currency"], say)}
    if found["status"] == "documents requested":
        title = say("Order {id}: {price} with tax, OVH asks for documents, made at OVH", **about)
        todo = say("Nothing else is ordered meanwhile. Send them in OVH's manager, or cancel the order there.")
    else:
        title = say("Order {id}: {price} with tax, unpaid, made at OVH", **about)
        todo = say("Pay it or cancel it in OVH's manager. Nothing else is ordered meanwhile.")
    n = words.count(found["quantity"], say.language)
    lines = [say("{n} credits for {account}.", n=n, account=view.account), lasts(view, say), todo]
    yield CreditNeed(account=view.account, state="in_part", title=title, lines=tuple(each for each in lines if each))
