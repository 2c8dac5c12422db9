"""The control side: the truth, and the acts of a person at OVH; faults are ordered in :mod:`.trouble`."""

import secrets
import time
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import Field, field_validator

from . import truth
from .clock import utc_iso
from .control_replies import Habit
from .errors import Refusal
from .models import Strict
from .sandbox import Box
from .world import blacklist, ledger, number_checks, orders, ovh_batches, payments, transfers, users
from .world import seed as world
from .world.replies import Break, Ids

router = APIRouter()
OrderStatus = (
    Literal["notPaid", "checking", "delivering", "delivered"]
    | Literal["documentsRequested", "cancelling", "cancelled", "unknown"]
)


class AccountChanges(Strict):
    """Changes of an account; senders by name and new status."""

    creditsLeft: float | None = None
    creditsHoldByQuota: float | None = None
    expired: bool | None = None
    channel: Literal["both", "marketing", "transactional"] | None = None
    senders: dict[str, Literal["enable", "disable", "refused", "waitingValidation"]] | None = None


class NewAccount(Strict):
    """An account to add."""

    name: str
    creditsLeft: float = 1000
    description: str = "Sandbox account"


class NewKey(Strict):
    """Rights of a new consumer key; ``expires_in`` in real seconds, negative for an expired key."""

    rules: list[dict[str, str]]
    expires_in: float | None = None


class ClockChange(Strict):
    """Seconds to set the clock forward, its speed (0 stops it), or the seconds by which all clocks are wrong.

    ``leap`` sets the machine forward too, with everything that takes real seconds; ``pace`` is how fast these pass.
    """

    advance: float = 0.0
    leap: float = 0.0
    pace: Annotated[float | None, Field(gt=0)] = None
    speed: Annotated[float | None, Field(ge=0)] = None
    offset: float | None = None


class Features(Strict):
    """Undocumented or unknown behaviour; fields left out stay as they are."""

    batch_header: bool | None = None
    batch_most: Annotated[int | None, Field(ge=0)] = None
    batch_merge: bool | None = None
    pagination: bool | None = None
    cache_seconds: Annotated[float | None, Field(ge=0)] = None
    export_seconds: float | None = None
    document_shape: Literal["string", "object"] | None = None
    stop_in_message: bool | None = None
    late_orders: Annotated[float | None, Field(ge=0)] = None
    order_days: Annotated[float | None, Field(gt=0)] = None
    delivery_seconds: Annotated[float | None, Field(ge=0)] = None
    credit_seconds: Annotated[float | None, Field(ge=0)] = None
    recredit_seconds: Annotated[float | None, Field(ge=0)] = None
    discount_percent: Annotated[int | None, Field(ge=0, le=99)] = None
    surcharge_percent: Annotated[int | None, Field(ge=0, le=900)] = None
    second_payment: Literal["accepted", "refused"] | None = None
    late_messages: Annotated[float | None, Field(ge=0)] = None
    strangers_per_second: Annotated[float | None, Field(ge=0)] = None
    unreachable: list[str] | None = None
    ends: dict[str, tuple[Literal[1, 2, 16], int]] | None = None
    replies: list[Habit] | None = None
    reply_ids: Ids | None = None
    late_replies: Annotated[float | None, Field(ge=0)] = None
    broken_replies: dict[str, Break] | None = None
    stop_in_incoming: bool | None = None
    callback_retries: Annotated[list[float] | None, Field(max_length=20)] = None
    callback_spelling: Literal["guide", "clients"] | None = None
    callbacks_lost: Annotated[float | None, Field(ge=0, le=1)] = None
    callbacks_doubled: Annotated[float | None, Field(ge=0, le=1)] = None
    token_seconds: Annotated[float | None, Field(gt=1)] = None
    check_seconds: Annotated[float | None, Field(ge=0)] = None
    checks: dict[str, Literal["reachable", "unreachable", "invalid", "error"]] | None = None
    user_messages: Literal["both", "user", "account"] | None = None
    user_slots: Literal["own", "shared"] | None = None

    @field_validator("replies")
    @classmethod
    def _at_most_everybody(cls, habits: list[Habit] | None) -> list[Habit] | None:
        if habits and sum(habit.share for habit in habits) > 1:
            raise ValueError("the shares of those who reply are more than 1")
        return habits


class OrderChanges(Strict):
    """An order's new status; ``domains`` gives it one line each, as an order of other things has.

    ``expires_in`` are the simulated seconds after which it is cancelled if nobody has paid it.
    """

    domains: Annotated[list[str | None], Field(max_length=9)] | None = None
    expires_in: float | None = None
    status: OrderStatus | None = None


class BlacklistEntry(Strict):
    """A number and the account it must not hear from."""

    account: str
    number: str


_ORDER = "id, account, quantity, price, created, status, credited"


@router.get("/health")
def health(box: Box) -> dict[str, Any]:
    clock = {"now": utc_iso(box.now), "speed": box.clock.speed, "offset": box.clock.offset}
    clock |= {"machine": utc_iso(box.clock.machine()), "pace": box.clock.pace}
    return {"status": "ok", **clock, "seed": box.seed}


@router.get("/truth")
def what_happened(box: Box, tag: str | None = None, account: str | None = None) -> dict[str, Any]:
    return {
        **truth.counted(box, tag=tag, account=account),
        "jobs": truth.jobs(box, tag=tag, account=account),
        "batches": ovh_batches.every(box, account=account),
        "documents": truth.documents(box),
        "orders": ledger.ordered(box, account=account),
        "recredits": ledger.recredits(box, account=account),
        "transfers": ledger.transferred(box, account=account),
        "ledger": ledger.credits_of(box, account=account),
        "replies": truth.replies(box, tag=tag, account=account),
        "number_checks": number_checks.truth(box, account),
        "users": users.every(box, account=account),
    }


@router.get("/truth/messages")
def every_message(box: Box, tag: str | None = None, account: str | None = None) -> StreamingResponse:
    return StreamingResponse(truth.each(box, tag=tag, account=account), media_type="application/x-ndjson")


@router.get("/truth/replies")
def every_reply(box: Box, tag: str | None = None, account: str | None = None) -> list[dict[str, Any]]:
    return truth.each_reply(box, tag=tag, account=account)


@router.get("/truth/number_checks")
def every_check(box: Box, account: str | None = None) -> list[dict[str, Any]]:
    return number_checks.each(box, account)


@router.patch("/accounts/{name}")
def change_account(box: Box, name: str, changes: AccountChanges) -> None:
    if box.state.row("SELECT 1 FROM accounts WHERE name = ?", name) is None:
        raise HTTPException(404, f"no account {name}")
    left = None if changes.creditsLeft is None else changes.creditsLeft - box.refunded(name)
    with box.state.write() as db:
        if left is not None:
            sql = "UPDATE given SET adjusted = adjusted + ? - (SELECT credits FROM accounts WHERE name = account)"
            db.execute(f"{sql} WHERE account = ?", (left, name))
        db.execute(
            "UPDATE accounts SET credits = coalesce(?, credits), hold = coalesce(?, hold),"
            " expired = coalesce(?, expired) WHERE name = ?",
            (left, changes.creditsHoldByQuota, changes.expired, name),
        )
        if changes.channel is not None:
            db.execute(
                "UPDATE accounts SET settings = json_set(settings, '$.channel', ?) WHERE name = ?",
                (changes.channel, name),
            )
        for sender, status in (changes.senders or {}).items():
            db.execute(
                "INSERT INTO senders VALUES (?, ?, ?, '', NULL)"
                " ON CONFLICT (account, name) DO UPDATE SET status = excluded.status",
                (name, sender, status),
            )
        if not changes.expired:
            transfers.recredit(box, name)


@router.post("/accounts")
def add_account(box: Box, new: NewAccount) -> None:
    world.add_account(box.state, new.name, credit=new.creditsLeft, description=new.description)


@router.post("/keys")
def add_key(box: Box, new: NewKey) -> dict[str, str]:
    """A new consumer key of the default application, with exactly these rights."""
    consumer = "sandbox" + secrets.token_hex(12)
    expires = None if new.expires_in is None else time.time() + new.expires_in
    world.add_key(box.state, consumer, new.rules, created=time.time(), expires=expires)
    return {**world.APPLICATION, "consumer_key": consumer}


@router.delete("/tokens")
def end_tokens(box: Box) -> None:
    """End all OAuth2 tokens now, as OVH does when a client's secret is replaced."""
    box.state.change("DELETE FROM tokens")


@router.post("/clock")
def move_clock(box: Box, change: ClockChange) -> dict[str, Any]:
    """Set the simulated clock forward, change its speed, or set all clocks off the machine's."""
    box.move_clock(**change.model_dump())
    return health(box)


@router.post("/features")
def set_features(box: Box, features: Features) -> dict[str, Any]:
    box.set_features(features.model_dump(exclude_none=True))
    return box.features


@router.get("/orders")
def every_order(box: Box) -> list[dict[str, Any]]:
    return [
        {**dict(row), "created": utc_iso(row["created"]), "credited": bool(row["credited"])}
        for row in box.state.rows(f"SELECT {_ORDER} FROM ({orders.FIND}) WHERE NOT recredit ORDER BY id")
    ]


@router.post("/orders/{order}")
def change_order(box: Box, order: int, new: OrderChanges) -> None:
    """Set an order's status as payment and delivery would (delivered adds the credits), or the domains of its lines."""
    try:
        if new.domains is not None:
            orders.name_lines(box, order, new.domains)
        if new.status is not None:
            payments.settle(box, order, new.status)
        if new.expires_in is not None:
            payments.expire(box, order, new.expires_in)
    except Refusal as refusal:
        raise HTTPException(refusal.status, refusal.message) from None


@router.post("/blacklist")
def add_to_blacklist(box: Box, entry: BlacklistEntry) -> None:
    """Put a number on an account's blacklist, as a STOP given by telephone would."""
    blacklist.add(box, entry.account, entry.number)


@router.post("/reset")
def reset(box: Box) -> None:
    box.reset()
