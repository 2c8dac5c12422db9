"""Guards of the package that can be switched off, in the process of one try: the proof must report the harm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ovh_sms.credits.order_post import OrderPost
from ovh_sms.idempotency.journal import Journal
from ovh_sms.idempotency.reconcile import Observation
from ovh_sms.sending.batch_post import BatchPost


def _shows_nothing(self: object, snapshot: Mapping[str, Any]) -> Observation:
    return Observation(at=datetime.now(UTC), found=0)


def _allow(self: object, *given: object) -> bool:
    return True


def _without_observation() -> None:
    BatchPost.observe = _shows_nothing  # type: ignore[method-assign]
    OrderPost.observe = _shows_nothing  # type: ignore[method-assign]
    OrderPost._refuse_second_order = _allow  # type: ignore[method-assign,assignment]


def _without_claim() -> None:
    Journal.claim = _allow  # type: ignore[method-assign,assignment]


def _without_slot_check() -> None:
    BatchPost._check_receivers = _allow  # type: ignore[method-assign,assignment]


def _without_credit_witness() -> None:
    BatchPost._credits_are_explained = _allow  # type: ignore[method-assign]


#: Each guard by its name; the journal is switched off where a try gets its state.
GUARDS: dict[str, Callable[[], None]] = {
    "observation": _without_observation,
    "claim": _without_claim,
    "slot": _without_slot_check,
    "credits": _without_credit_witness,
}


def switch_off(guard: str) -> None:
    """Switch a guard off for the rest of this process.

    :param guard: one of :data:`GUARDS`; any other name changes nothing.
    """
    GUARDS.get(guard, lambda: None)()
