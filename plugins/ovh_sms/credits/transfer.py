"""Transfer credits from one account to another, at most once for each need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ovh_sms.credits.needs import Need, identity, transfer_tag
from ovh_sms.credits.order_post import EnoughCredits
from ovh_sms.credits.readings import note_credits
from ovh_sms.credits.results import TransferResult
from ovh_sms.credits.transfer_post import TransferPost, TransferRequest, time_of
from ovh_sms.errors import ConfigurationError
from ovh_sms.idempotency.journal import IN_FLIGHT_WINDOW, ClaimRules, Journal
from ovh_sms.idempotency.protocol import OnceOnlyWrite
from ovh_sms.store.models import TRANSFER, NeedCovered
from ovh_sms.store.transfers import TransferRecord

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.store.store import Store

__all__ = ["TransferRequest", "transfer_credits"]

#: Parts of the answer that a transfer's record and its result share.
_AMOUNTS = ("source", "target", "credits", "source_before", "source_after", "target_before", "target_after")


def transfer_credits(
    request: TransferRequest,
    *,
    need: Need,
    run: str,
    source: OvhSmsClient,
    target: OvhSmsClient,
    store: Store,
    task: TaskTry,
    policy: ReconcilePolicy,
    clock: Clock,
) -> TransferResult:
    """Transfer credits if the target holds too few, or return the transfer that any run made for the need.

    :param need: of the target; see :func:`~ovh_sms.credits.needs.current_need`.
    :param run: names the DAG run, so that a later try knows its own transfer.
    :param source: client of the account that the credits leave.
    :param target: client of the account that gets them, of the same customer.
    :raises InsufficientCredits: the source would not keep what it must, beside its campaigns' reservations.
    :raises MissingRight: the keys of one of the two lack a right that the transfer, or reconciling it, needs.
    :raises AccountRecredited: OVH buys credits for one of the two by itself.
    :raises SubmissionInFlight: another transfer with the source, or a deposit for the target, is under way.
    :raises OutcomeUnknown: OVH may have made the transfer; the next try reconciles.
    :raises ResolutionRequired: only a person can decide whether OVH made it.

    Source: GET ``/sms/{serviceName}``, POST ``/sms/{serviceName}/transferCredits``.
    """
    _check_accounts(source, target)
    tag = transfer_tag(need.key, source.account_name)
    wanted = identity(TRANSFER, tag=tag, account=target.account_name, need=need.key)
    rules = ClaimRules(in_flight_window=policy.reconcile_timeout + IN_FLIGHT_WINDOW)
    journal = Journal(store, wanted, rules, clock)
    write = TransferPost(
        request=request, run=run, source=source, target=target, journal=journal, clock=clock,
        quiet_period=policy.quiet_period, log=task.log,
    )  # fmt: skip
    earlier = journal.live()
    once = OnceOnlyWrite(write=write, journal=journal, task=task, policy=policy, clock=clock)
    about: dict[str, Any] = {"source": source.account_name, "target": target.account_name}
    nothing = {"transferred": False, "need": need.key, **about}
    try:
        answer = once.run()
    except EnoughCredits as enough:
        lost = " OVH has no transfer of the earlier try." if earlier else ""
        task.log.info("%.12g credits left on %s: nothing to transfer.%s", enough.left, target.account_name, lost)
        return TransferResult(**nothing, target_before=enough.left)
    except NeedCovered as covered:
        task.log.info("%s", covered)
        return TransferResult(**nothing, covered_by=covered.kind)
    amounts = {name: answer[name] for name in _AMOUNTS}
    store.transfers.record(TransferRecord(tag=tag, at=time_of(answer), **amounts))
    for name in ("source", "target"):
        if (after := answer[f"{name}_after"]) is not None:
            note_credits(store, answer[name], after, at=time_of(answer))
    store.crossings.arm(target.account_name)
    own = answer["run"] == run
    return TransferResult(transferred=own, need=need.key, covered_by="" if own else TRANSFER, **amounts)


def _check_accounts(source: OvhSmsClient, target: OvhSmsClient) -> None:
    """Refuse one account for both, and keys that lack a right."""
    if source.account_name == target.account_name:
        raise ConfigurationError(
            f"Credits cannot be transferred from {source.account_name} to itself.",
            action="Nothing was transferred. Name another account in 'transfer'.",
        )
    source.account.require("transfer")
    target.account.require("transfer_target")
