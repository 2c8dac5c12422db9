"""A simulated quarter of an account: orders at three prices, messages of users, and the edges of months in Paris."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from ovh_sms.store import tables
from ovh_sms.store.models import BATCH, SUCCEEDED
from ovh_sms.store.orders import OrderRecord
from ovh_sms.store.store import Store
from ovh_sms.store.transfers import TransferRecord
from support.journal_rows import journal_row
from support.sandbox import SandboxProcess
from support.signed import Signed

PARIS = ZoneInfo("Europe/Paris")
ACCOUNT = "sms-us00001-1"
#: Credits come from it.
SOURCE = "sms-us00002-1"
ACCOUNT_FILE = f"""\
account: {ACCOUNT}
usage:
  payers:
    - {{payer: Marketing, tags: [spring, edge]}}
    - {{payer: Shop, campaigns: [winter]}}
"""
#: Tags of batches of the campaign *winter*, which the journal knows.
BATCHES = ("oswinter1", "oswinter2")
#: A user with an active quota sends them.
DORA, QUOTA = "dora", 110
#: Operators refuse it as spam: its credits come back.
SPAM = "+33639980099"
#: Days, hours in Paris, users, tags, senders and receivers: of a quarter with the end of summer time, and the month
#: before it.
SENT = (
    ("2025-09-20 10:00", "", "before", "MYSHOP", 7),
    ("2025-10-01 00:00", "", "edge", "MYSHOP", 2),
    ("2025-10-10 10:00", "anna", "spring", "MYSHOP", 60),
    ("2025-10-10 11:00", "", "spring", "OTHER", 31),
    ("2025-10-12 18:00", DORA, BATCHES[0], "MYSHOP", 20),
    ("2025-10-26 02:30", "bert", "night", "MYSHOP", 5),
    ("2025-10-31 23:59", "", "edge", "MYSHOP", 3),
    ("2025-11-01 00:00", "", "edge", "MYSHOP", 4),
    ("2025-11-15 09:00", "anna", "spring", "OTHER", 80),
    ("2025-11-20 09:00", "bert", "night", "MYSHOP", 33),
    ("2025-12-12 09:00", "cara", "gifts", "MYSHOP", 90),
    ("2025-12-12 15:00", DORA, BATCHES[1], "OTHER", 25),
    ("2025-12-31 23:59", "", "edge", "MYSHOP", 1),
    ("2026-01-01 00:00", "", "edge", "MYSHOP", 6),
)
ORDERS = (("2025-09-10 10:00", 100), ("2025-10-05 10:00", 500), ("2025-12-10 10:00", 1000))
QUOTAS, TRANSFERS = (("2025-10-06 10:00", QUOTA),), (("2025-11-10 10:00", 60),)


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=PARIS)


def set_to(sandbox: SandboxProcess, moment: str) -> None:
    sandbox.clock(offset=at(moment).timestamp() + 0.2 - datetime.now(UTC).timestamp())


def open_account(sandbox: SandboxProcess, store: Store) -> None:
    """Make the account with its users, without credits, and the one that its transfer comes from."""
    for name in (SOURCE, ACCOUNT):
        sandbox.add_account(name, creditsLeft=0)
    sandbox.account_name = ACCOUNT
    sandbox.account(senders={"OTHER": "enable"})
    sandbox.features(ends={SPAM: [16, 28]}, export_seconds=0.1)
    for login in ("anna", "bert", "cara", DORA):
        call(sandbox, f"/sms/{ACCOUNT}/users", {"login": login, "password": "Passw0rd"})
    set_to(sandbox, "2025-09-01 10:00")
    made = order(sandbox, store, 5000, SOURCE)
    (paid,) = sandbox.truth(account=SOURCE)["orders"]["by_account"][SOURCE]
    prices = {name: paid[name] for name in ("price_with_tax", "price_without_tax")}
    about = {"account": SOURCE, "tag": "od1", "quantity": 5000, "ordered_at": at("2025-09-01 10:00"), "currency": "EUR"}
    store.orders.record(OrderRecord(order_id=made, **about, **prices))


def play(sandbox: SandboxProcess, store: Store, since: str, until: str) -> None:
    """Make the orders, messages and transfers of some days in their order."""
    kinds: tuple[tuple[tuple[Any, ...], Callable[..., Any]], ...] = (
        *((each, partial(send, each[0])) for each in SENT),
        *((each, order) for each in ORDERS),
        *((each, give_quota) for each in QUOTAS),
        *((each, partial(transfer, each[0])) for each in TRANSFERS),
    )
    for (moment, *what), act in sorted(kinds, key=lambda each: each[0][0]):
        if since <= moment < until:
            set_to(sandbox, moment)
            act(sandbox, store, *what)


def order(sandbox: SandboxProcess, store: Store, credits_: int, account: str = ACCOUNT) -> int:
    """Order credits as a person does: the journal of the account does not know it."""
    found: int = call(sandbox, f"/order/sms/{account}/credits", {"quantity": credits_})["orderId"]
    sandbox.settle_order(found)
    return found


def send(moment: str, sandbox: SandboxProcess, store: Store, user: str, tag: str, sender: str, count: int) -> None:
    """Send messages; the journal knows those of the campaign."""
    numbers = [SPAM, "+32470123456", *(f"+336399801{each:02d}" for each in range(count))][:count]
    body = {"message": "Bonjour " * 25, "receivers": numbers, "sender": sender, "tag": tag, "noStopClause": True}
    answer = call(sandbox, f"/sms/{ACCOUNT}" + (f"/users/{user}" if user else "") + "/jobs", body)
    if tag in BATCHES:
        about = {"kind": BATCH, "account": ACCOUNT, "campaign": "winter", "claimed_at": at(moment)}
        spent = {"answer": {"credits_spent": answer["totalCreditsRemoved"]}}
        with store.database.writing() as connection:
            row = journal_row(tag, 1, SUCCEEDED, at(moment)) | about | spent
            connection.execute(insert(tables.attempts), [row])


def give_quota(sandbox: SandboxProcess, store: Store, left: float) -> None:
    """Give the user its quota."""
    wanted = {"quotaInformations": {"quotaLeft": left, "quotaStatus": "active"}}
    assert AtOvhsTime(sandbox).put(f"/sms/{ACCOUNT}/users/{DORA}", wanted).status == 200


def transfer(moment: str, sandbox: SandboxProcess, store: Store, credits_: float) -> None:
    """Transfer credits to the account; the journal knows it."""
    call(sandbox, f"/sms/{SOURCE}/transferCredits", {"smsAccountTarget": ACCOUNT, "credits": credits_})
    store.transfers.record(TransferRecord(tag="tr1", source=SOURCE, target=ACCOUNT, credits=credits_, at=at(moment)))


class AtOvhsTime(Signed):
    """Signs at the time of OVH, whose clocks the test has set."""

    def headers(self, *about: Any, timestamp: int | None = None) -> dict[str, str]:
        now = datetime.now(UTC).timestamp() + self.sandbox.clock()["offset"]
        return super().headers(*about, timestamp=timestamp or int(now))


def call(sandbox: SandboxProcess, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = AtOvhsTime(sandbox).post(path, body)
    assert answer.status == 200, answer.content
    found: dict[str, Any] = answer.json if answer.content else {}
    return found
