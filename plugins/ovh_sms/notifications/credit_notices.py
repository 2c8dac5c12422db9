"""Notices about orders of credits: made, still unpaid, not paid by OVH, to be approved, rejected, not arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from ovh_sms.errors import OvhSmsError
from ovh_sms.notifications.summary import Summary
from ovh_sms.report.language import translator
from ovh_sms.report.short_moments import short_moment
from ovh_sms.report.words import count, money

if TYPE_CHECKING:
    import logging

    from airflow.sdk import Context

    from ovh_sms.report.language import Translator
    from ovh_sms.store.orders import OrderRecord
    from ovh_sms.store.store import Store

#: Link of a notice: the page of this project, or OVH's own, which carries a password.
PAGE, OVH = "page", "ovh"
#: DAG of all notices about orders, as the store keeps them: an order is the same for each DAG that orders.
_CREDITS = "credits"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One notice: its title, its lines, and the contracts of an order.

    :param link: address that it leads to.
    :param contracts: name and address of each contract that the payment accepts.
    """

    title: str
    lines: Sequence[str]
    link: str = field(repr=False)
    contracts: Sequence[Mapping[str, str]] = ()

    def summary(self, say: Translator) -> Summary:
        """Return the notice in the forms that notifiers take."""
        from markupsafe import Markup

        names = [f"{each['name']}: {each['url']}" for each in self.contracts]
        heading = say("The payment accepts these contracts:")
        text = [self.title, *self.lines, *([heading, *names] if names else []), self.link]
        html = Markup("<h1>{}</h1>").format(self.title)
        html += Markup("").join(Markup("<p>{}</p>").format(line) for line in self.lines)
        if names:
            row = Markup('<li><a href="{url}">{name}</a></li>')
            items = Markup("").join(row.format(**each) for each in self.contracts)
            html += Markup("<p>{}</p><ul>{}</ul>").format(heading, items)
        html += Markup('<p><a href="{0}">{0}</a></p>').format(self.link)
        return Summary(title=self.title, text="\n".join(text), html=str(html))


@dataclass(frozen=True, kw_only=True)
class CreditNotifier:
    """The notifiers of an account file. One that fails is logged, and raises nothing.

    :param entries: ``notifier``, ``arguments`` and ``language`` of each.
    :param link: ``page`` or ``ovh``.
    """

    entries: Sequence[Mapping[str, Any]]
    link: str
    store: Store
    context: Context
    log: logging.Logger | Any

    def ordered(self, order_id: int, *, pay: bool) -> int:
        """Report an order that was made, with its price, contracts and link.

        :param pay: it is paid with the default payment method next.
        :returns: how many notifications were made.
        """

        def notice(order: OrderRecord, say: Translator) -> Notice:
            title = say("{n} credits ordered for {account}", n=_n(order.quantity, say), account=order.account)
            paid_by = (
                say("It is paid next with the default payment method.") if pay else say("A person must pay it now.")
            )
            return self._notice(title, order, say, paid_by)

        return self._about_order("ordered", order_id, notice)

    @property
    def today(self) -> str:
        """The day in Paris."""
        return self.store.clock.now().astimezone(ZoneInfo("Europe/Paris")).date().isoformat()

    def waiting(self, order: OrderRecord, day: str) -> int:
        """Report an order that waits for its payment or for documents, once a day; it may be one of a person.

        :param day: as ``2026-11-29``.
        """

        def notice(order: OrderRecord, say: Translator) -> Notice:
            about = {"id": order.order_id, "account": order.account}
            if order.status == "documents requested":
                title = say("OVH asks for documents for the order {id} of {account}", **about)
                why = say("Nothing else is ordered meanwhile. Send them in OVH's manager, or cancel the order there.")
            else:
                title = say("Order {id} for {account} is not paid yet", **about)
                why = say("Nothing else is ordered meanwhile. A person must pay it, or cancel it in OVH's manager.")
            return self._notice(title, order, say, why)

        return self._about(f"waits {day}", order, notice)

    def not_paid_by_ovh(self, order_id: int, reason: str, *, is_too_dear: bool = False) -> int:
        """Report an order that could not be paid with the default payment method.

        :param reason: OVH's words; empty if there is no method.
        :param is_too_dear: it costs more than was allowed.
        """

        def notice(order: OrderRecord, say: Translator) -> Notice:
            title = say("Order {id} for {account} could not be paid", id=order.order_id, account=order.account)
            if is_too_dear:
                why = say("It costs more than was allowed, so it was not paid automatically.")
            elif reason:
                why = say("OVH refused the default payment method: {reason}", reason=reason)
            else:
                why = say("OVH has no default payment method for it.")
            return self._notice(title, order, say, why, say("A person must pay it now."))

        return self._about_order("payment refused", order_id, notice)

    def missing_credits(self, account: str) -> int:
        """Report each delivered order of an account whose credits nobody has seen, once."""

        def notice(order: OrderRecord, say: Translator) -> Notice:
            about = {"id": order.order_id, "account": order.account}
            title = say("Order {id} for {account} is delivered, and its credits were not seen", **about)
            why = say("Compare the order with the account in OVH's manager. Nothing waits for its credits any more.")
            return self._notice(title, order, say, why)

        missing = self.store.orders.missing_credits(account)
        return sum(self._about_order("credits not seen", each.order_id, notice) for each in missing)

    def asked(self, account: str, quote_: Mapping[str, Any], until: datetime) -> int:
        """Report an order that waits for the approval of a person.

        :param quote_: plain form of the quote.
        :param until: end of the time for an answer, aware.
        """

        def summary(language: str) -> Summary:
            say = translator(language)
            price = money(quote_["price_with_tax"], quote_["currency"], language)
            about = {"n": _n(quote_["quantity"], say), "account": account, "price": price}
            title = say("{n} credits for {account}: {price} with tax, waiting for approval", **about)
            at = short_moment(until, ZoneInfo("Europe/Paris"), language)
            todo = say("Approve or reject it in Airflow until {at}; without an answer it is rejected.", at=at)
            return Notice(title=title, lines=[todo], link=page_address(account)).summary(say)

        ti = self.context["ti"]
        return self._use(["asked"], summary, run=(ti.dag_id, f"{ti.run_id} {ti.task_id}"[-250:]))

    def rejected(self, account: str, quote_: Mapping[str, Any], by: str | None) -> int:
        """Report an order that was not approved: nothing was ordered.

        :param quote_: plain form of the quote.
        :param by: the person who rejected it; ``None`` if nobody answered in time.
        """

        def summary(language: str) -> Summary:
            say = translator(language)
            price = money(quote_["price_with_tax"], quote_["currency"], language)
            title = say("The order for {account} was not approved", account=account)
            who = say("{by} rejected it.", by=by) if by else say("Nobody answered in time, so it was rejected.")
            what = say("{n} credits for {price} with tax.", n=_n(quote_["quantity"], say), price=price)
            end = say("Nothing was ordered. The next run asks again if credits are still missing.")
            return Notice(title=title, lines=[what, who, end], link=page_address(account)).summary(say)

        ti = self.context["ti"]
        return self._use(["rejected"], summary, run=(ti.dag_id, f"{ti.run_id} {ti.task_id}"[-250:]))

    def _about_order(self, subject: str, order_id: int, notice: Any) -> int:
        order = self.store.orders.of(order_id)
        return 0 if order is None else self._about(subject, order, notice)

    def _about(self, subject: str, order: OrderRecord, notice: Any) -> int:
        def summary(language: str) -> Summary:
            say = translator(language)
            return notice(order, say).summary(say)  # type: ignore[no-any-return]

        return self._use([subject], summary, run=(_CREDITS, f"order {order.order_id}"))

    def _use(self, subjects: list[str], summary: Any, *, run: tuple[str, str]) -> int:
        """Use the notifiers. One that fails hinders no task: an order that was made is paid and awaited."""
        from ovh_sms.notifications.notify import task_name, use_notifiers

        try:
            return use_notifiers(
                self.entries,
                subjects,
                summary,
                run=run,
                claimed_by=task_name(self.context),
                store=self.store,
                context=self.context,
                log=self.log,
            )
        except Exception as error:  # of a notifier; its text may hold OVH's link
            said = error if isinstance(error, OvhSmsError) else type(error).__name__
            self.log.warning("not all notifiers were used for %s: %s", ", ".join(subjects), said)
            return 0

    def _notice(self, title: str, order: OrderRecord, say: Translator, *more: str) -> Notice:
        currency, language = order.currency or "", say.language
        about = {"id": order.order_id, "price": money(order.price_with_tax, currency, language)}
        if order.quantity and order.price_without_tax is not None:
            about |= {"n": _n(order.quantity, say), "net": money(order.price_without_tax, currency, language)}
            what = say("Order {id}: {n} credits for {price} with tax, {net} without.", **about)
        else:
            what = say("Order {id}: {price} with tax.", **about)
        link = order.url if self.link == OVH and order.url else page_address(order.account)
        return Notice(title=title, lines=[what, *more], link=link, contracts=order.contracts)


def _n(quantity: float, say: Translator) -> str:
    return count(quantity, say.language)


def page_address(account: str) -> str:
    """Return the address of an account's page; it begins with ``[api] base_url`` of Airflow, if that is set."""
    from airflow.sdk import conf

    base = conf.get("api", "base_url", fallback="") or ""
    return f"{base.rstrip('/')}/ovh-sms/credits?account={quote(account)}".lstrip("/")
