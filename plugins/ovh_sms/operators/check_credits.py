"""Check whether an account needs credits, and at which price; order nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.credits.topup import CreditsCheck
    from ovh_sms.store.orders import OrderRecord
    from ovh_sms.store.store import Store


class CheckCreditsOperator(OvhSmsOperator):
    """Compare the credits of an account with those that it should hold, and choose the order that it needs.

    The log has the forecast and all quotes. The notifiers report an order of the account that waits for its payment or
    for documents, once a day and also if a person has made it; and once an order that is delivered, whose credits
    nobody has seen.

    Source: GET ``/sms/{serviceName}``, ``/order/sms/{serviceName}/credits``, ``/me/order`` and below.

    :param threshold: credits that the account should hold at least; or
    :param cover_days: days for which they should last, by the upper end of the forecast.
    :param sizes: credits of the orders that may be made.
    :param max_price: highest price with tax of one order; ``None`` if nothing may be ordered.
    :param max_per_month: highest price with tax of all orders of a calendar month.
    :param approve_above: price with tax above which a person approves the order.
    :param campaigns: folder of the campaign files, whose planned runs the forecast counts; ``None`` for none.
    :param notify: ``notifier``, ``arguments`` and ``language`` of each notifier.
    :param notify_link: ``page``, or ``ovh`` for OVH's own link, which carries a password.
    :param results_conn_id: Airflow connection of the results.
    :returns: the fields of :class:`~ovh_sms.credits.topup.CreditsCheck`; ``decision`` is ``enough``, ``covered`` (an
        order or a transfer is open), ``order``, ``no_orders`` or ``reconcile`` (an order's answer was lost).
    :raises AccountRecredited: OVH buys credits for the account by itself.
    :raises OutcomeUnknown: a transfer may cover the need; nobody is asked about an order until that is decided.
    :raises BudgetExceeded: the order costs more than one order, or the orders of a month, may cost; with figures.
    """

    ui_color = "#fdf0d5"

    def __init__(
        self,
        *,
        threshold: float | None = None,
        cover_days: float | None = None,
        sizes: Sequence[int] = (),
        max_price: float | None = None,
        max_per_month: float | None = None,
        approve_above: float | None = None,
        campaigns: str | None = None,
        notify: Sequence[dict[str, Any]] = (),
        notify_link: str = "page",
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.threshold = threshold
        self.cover_days = cover_days
        self.sizes = sizes
        self.max_price = max_price
        self.max_per_month = max_per_month
        self.approve_above = approve_above
        self.campaigns = campaigns
        self.notify = notify
        self.notify_link = notify_link
        self.results_conn_id = results_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        """Check."""
        from ovh_sms.credits.check_records import recorded_check
        from ovh_sms.credits.topup import TopupRules
        from ovh_sms.hooks.store import ResultsHook
        from ovh_sms.notifications.credit_notices import CreditNotifier

        store = ResultsHook(self.results_conn_id).store
        rules = TopupRules(
            threshold=self.threshold,
            cover_days=self.cover_days,
            sizes=tuple(self.sizes),
            max_price=self.max_price,
            max_per_month=self.max_per_month,
            approve_above=self.approve_above,
        )
        with self.waiting_for_ovh():
            spending = campaigns_of(self.campaigns, self.ovh_sms_conn_id, self.hook.account)
            check = recorded_check(
                file_name(self.task_id), rules, client=self.hook.client, store=store, campaigns=spending
            )
        self._log(check)
        notifier = CreditNotifier(
            entries=self.notify, link=self.notify_link, store=store, context=context, log=self.log
        )
        notifier.missing_credits(check.account)
        if check.open_deposit and check.open_deposit["waits_for_a_person"]:
            notifier.waiting(open_order(check, store), notifier.today)
        return check.to_xcom()

    def _log(self, check: CreditsCheck) -> None:
        level = check.level
        self.log.info(
            "credits account=%s left=%.12g reserved=%.12g awaited=%.12g wanted=%.12g per_day=%s dry_on=%s earliest=%s "
            "decision=%s",
            *(level["account"], level["credits_left"], level["reserved"], level["awaited"], level["enough"]),
            *(level["per_day"], level["dry_on"], level["earliest"], check.decision),
        )
        for each in level["waiting"]:
            self.log.info("awaited credits=%.12g dag=%s run=%s", each["credits"], each["dag_id"], each["run_id"])
        for each in check.quotes:
            chosen = " (chosen)" if each == check.quote else ""
            price = f"{each['price_with_tax']:.2f} {each['currency']}"
            self.log.info("quoted credits=%d price=%s with tax%s", each["quantity"], price, chosen)
        if check.open_deposit:
            found = check.open_deposit
            self.log.info("open kind=%s order=%s status=%s", found["kind"], found["order_id"], found["status"])


def open_order(check: CreditsCheck, store: Store) -> OrderRecord:
    """Return the open order that covers a need; one that this package did not make as OVH shows it."""
    from ovh_sms.store.orders import OrderRecord

    found: Any = check.open_deposit
    return store.orders.of(found["order_id"]) or OrderRecord(
        account=check.account,
        tag="",
        quantity=found["quantity"] or 0,
        ordered_at=store.clock.now(),
        **{name: found[name] for name in ("order_id", "price_with_tax", "price_without_tax", "currency", "status")},
    )


def file_name(task_id: str) -> str:
    """Return the name of the account file whose tasks a task belongs to; it is that of their group."""
    return task_id.rpartition(".")[0]


def campaigns_of(folder: str | None, connection: str, account: str) -> list[Campaign]:
    """Read the campaign files that spend the credits of an account.

    :param folder: of the campaign files; ``None`` for none.
    :param connection: Airflow connection of the account file.
    """
    if folder is None:
        return []
    return [each for each in _good_campaigns(Path(folder)) if _account_of(each, connection) == account]


def _good_campaigns(folder: Path) -> Iterator[Campaign]:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.campaign.yaml_files import load_folder

    yield from (each for each in load_folder(folder, Campaign) if isinstance(each, Campaign))


def _account_of(campaign: Campaign, connection: str) -> str | None:
    """The account of a campaign; ``None`` if it is none of this connection's."""
    from ovh_sms.errors import ConfigurationError
    from ovh_sms.hooks.sms import OvhSmsHook

    if campaign.account or campaign.connection != connection:
        return campaign.account
    try:
        return OvhSmsHook(connection).account
    except ConfigurationError:  # the connection names no account of its own
        return None
