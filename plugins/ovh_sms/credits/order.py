"""Order credits before they run out, at most once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ovh_sms.credits.order_post import CreditNeed, EnoughCredits, OrderPost
from ovh_sms.idempotency.journal import IN_FLIGHT_WINDOW, ClaimRules, Journal, WriteIdentity
from ovh_sms.idempotency.protocol import OnceOnlyWrite
from ovh_sms.store.models import ORDER

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.store.store import Store


def order_credits(
    need: CreditNeed,
    *,
    tag: str,
    dag_id: str,
    task_id: str,
    client: OvhSmsClient,
    store: Store,
    task: TaskTry,
    policy: ReconcilePolicy,
    clock: Clock,
) -> dict[str, Any]:
    """Order credits if the account holds too few, or reconcile the order of an earlier try.

    :param tag: names the task instance.
    :returns: ``{"ordered", "credits_left"}`` and, if ordered, ``order_id``, ``url``, ``account``, ``quantity``, prices.
    :raises OpenOrderExists: an order is open that is for the account, or may be.
    :raises BudgetExceeded: the quote is over the highest price.
    :raises RequestChanged: an earlier try ordered, or may have, another quantity or for another account.
    :raises OutcomeUnknown: OVH may have made the order; the next try reconciles.
    :raises ResolutionRequired: only a person can decide whether OVH made the order.

    Source: GET ``/sms/{serviceName}``, GET and POST ``/order/sms/{serviceName}/credits``, GET ``/me/order``.
    """
    identity = WriteIdentity(
        tag=tag,
        kind=ORDER,
        campaign="credits",
        dag_id=dag_id,
        task_id=task_id,
        run_id=tag,  # two tasks of one run must not order for one account either
        account=client.account_name,
    )
    # Another task must not order while this one still reconciles its own.
    rules = ClaimRules(in_flight_window=policy.reconcile_timeout + IN_FLIGHT_WINDOW)
    journal = Journal(store, identity, rules, clock)
    write = OrderPost(need=need, client=client, journal=journal, clock=clock, log=task.log)
    earlier = journal.live()
    once = OnceOnlyWrite(write=write, journal=journal, task=task, policy=policy, clock=clock)
    try:
        return once.run()
    except EnoughCredits as enough:
        task.log.info("%s%s", enough, " OVH has no order of the earlier try." if earlier else "")
        return {"ordered": False, "credits_left": enough.left}
