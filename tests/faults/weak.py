"""Guards of the package that can be switched off, in the process of one try: the proof must report the harm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from ovh_sms.api.orders import OrdersClient
from ovh_sms.credits.order_post import OrderPost
from ovh_sms.credits.payment_post import PaymentPost
from ovh_sms.credits.transfer_post import TransferPost
from ovh_sms.idempotency import protocol, reconcile
from ovh_sms.idempotency.reconcile import Observation, Verdict
from ovh_sms.sending import prepare
from ovh_sms.sending.batch_post import BatchPost
from ovh_sms.sending.credit_witness import CreditWitness
from ovh_sms.store import attempts, tables
from ovh_sms.store.account_lock import shared_time
from ovh_sms.store.attempts import Attempts
from ovh_sms.store.models import PENDING, Attempt
from ovh_sms.store.published_lists import PublishedLists
from ovh_sms.store.upsert import insert_missing


def _shows_nothing(self: object, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
    return Observation(at=datetime.now(UTC), found=0)


def _allow(self: object, *given: object, **more: object) -> bool:
    return True


def _find_none(*given: object, **more: object) -> None:
    return None


def _claim_unchecked(self: Attempts, attempt: Attempt, **rules: Any) -> bool:
    with self.database.writing(durable=True) as connection:
        row = asdict(attempt) | {"state": PENDING, "claimed_at": shared_time(connection, self.clock)}
        insert_missing(connection, tables.attempts, row)
    return True


def _decide_at_once(observations: Sequence[Observation], **given: Any) -> Verdict:
    return reconcile.decide(observations, **{**given, "quiet_period": -reconcile.RESOLUTION})


def _without_observation() -> None:
    BatchPost.observe = _shows_nothing  # type: ignore[method-assign]
    OrderPost.observe = _shows_nothing  # type: ignore[method-assign]
    OrderPost._refuse_second_order = _allow  # type: ignore[method-assign,assignment]


def _without_claim() -> None:
    Attempts.claim = _claim_unchecked  # type: ignore[method-assign]


def _without_wait() -> None:
    protocol.decide = _decide_at_once  # type: ignore[assignment]


def _without_slot_check() -> None:
    BatchPost._check_receivers = _allow  # type: ignore[method-assign,assignment]


def _without_credit_witness() -> None:
    CreditWitness.explains = _allow  # type: ignore[method-assign,assignment]


def _without_need() -> None:
    attempts.refuse_second_deposit = _find_none  # type: ignore[assignment]
    OrderPost._refuse_second_order = _allow  # type: ignore[method-assign,assignment]


def _never_paid(self: object, order_id: int) -> str:
    return "not paid"


def _without_observed_payment() -> None:
    PaymentPost.observe = _shows_nothing  # type: ignore[method-assign]
    # Its status also keeps a paid order from being paid again.
    OrdersClient.status = _never_paid  # type: ignore[method-assign]


def _without_observed_transfer() -> None:
    TransferPost.observe = _shows_nothing  # type: ignore[method-assign]


def _without_published_lists() -> None:
    attempts.check_published = _find_none  # type: ignore[assignment]
    # The files of a list that is replaced go: another guard of the same.
    prepare.remove_folder = _allow  # type: ignore[assignment]
    PublishedLists.get = _find_none  # type: ignore[method-assign,assignment]


#: Each guard by its name; the journal is switched off before each try.
GUARDS: dict[str, Callable[[], None]] = {
    "observation": _without_observation,
    "claim": _without_claim,
    "wait": _without_wait,
    "slot": _without_slot_check,
    "credits": _without_credit_witness,
    "published": _without_published_lists,
    "need": _without_need,
    "pay": _without_observed_payment,
    "transfer": _without_observed_transfer,
}


def switch_off(guard: str) -> None:
    """Switch a guard off for the rest of this process.

    :param guard: one of :data:`GUARDS`; any other name changes nothing.
    """
    GUARDS.get(guard, lambda: None)()
