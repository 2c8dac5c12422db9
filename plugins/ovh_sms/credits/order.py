"""Order credits before they run out, at most once for each need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ovh_sms.credits.needs import Need, identity, order_tag, record_order, refreshed_status, undecided_transfer
from ovh_sms.credits.order_post import EnoughCredits, OrderPost, OrderRequest
from ovh_sms.credits.results import OrderResult
from ovh_sms.idempotency.journal import IN_FLIGHT_WINDOW, ClaimRules, Journal
from ovh_sms.idempotency.protocol import OnceOnlyWrite
from ovh_sms.store.models import ORDER, SUCCEEDED, NeedCovered

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.store.store import Store

__all__ = ["OrderRequest", "order_credits"]


def order_credits(
    request: OrderRequest,
    *,
    need: Need,
    run: str,
    client: OvhSmsClient,
    store: Store,
    task: TaskTry,
    policy: ReconcilePolicy,
    clock: Clock,
) -> OrderResult:
    """Order credits if the account holds too few, or return the order that any run made for the need.

    :param need: see :func:`~ovh_sms.credits.needs.current_need`.
    :param run: names the DAG run, so that a later try knows its own order.
    :raises MissingRight: the key lacks a right to order, to read the order, or to pay it if it will be paid.
    :raises OpenOrderExists: an order is open that the journal does not know: a person's, or one that names no account.
    :raises BudgetExceeded: the quote is over the highest price, or over what the month's cap leaves.
    :raises AccountRecredited: OVH buys credits for the account by itself.
    :raises SubmissionInFlight: another order or transfer for the account is under way.
    :raises OutcomeUnknown: OVH may have made the order, or a transfer for the need; the next try reconciles.
    :raises ResolutionRequired: only a person can decide whether OVH made the order, or that transfer.

    Source: GET ``/sms/{serviceName}``, GET and POST ``/order/sms/{serviceName}/credits``, GET ``/me/order``.
    """
    client.account.require("payment" if request.will_be_paid else "topup")
    wanted = identity(ORDER, tag=order_tag(need.key), account=client.account_name, need=need.key)
    # Another need must not be ordered for while this one is still reconciled.
    rules = ClaimRules(in_flight_window=policy.reconcile_timeout + IN_FLIGHT_WINDOW)
    journal = Journal(store, wanted, rules, clock)
    write = OrderPost(request=request, run=run, client=client, journal=journal, clock=clock, log=task.log)
    earlier = journal.live()
    once = OnceOnlyWrite(write=write, journal=journal, task=task, policy=policy, clock=clock)
    nothing: dict[str, Any] = {"ordered": False, "account": client.account_name, "need": need.key}
    try:
        answer = once.run()
    except EnoughCredits as enough:
        task.log.info("%s%s", enough, " OVH has no order of the earlier try." if earlier else "")
        return OrderResult(**nothing, credits_left=enough.left)
    except NeedCovered as covered:
        if covered.state != SUCCEEDED:
            raise undecided_transfer(covered.tag, covered.state, client.account_name) from covered
        task.log.info("%s", covered)
        return OrderResult(**nothing, covered_by=covered.kind)
    made = journal.live()
    order = record_order(made, store) if made else None
    own = answer["run"] == run
    return OrderResult(
        ordered=own,
        account=client.account_name,
        need=need.key,
        credits_left=answer["credits_left"],
        order_id=answer["order_id"],
        status=refreshed_status(order, client, store, clock) if order else "",
        quantity=answer["quantity"],
        price_with_tax=answer["price_with_tax"],
        price_without_tax=answer["price_without_tax"],
        currency=answer["currency"],
        covered_by="" if own else ORDER,
    )
