"""Transfers of credits between two accounts of the customer, and the credits that OVH buys by itself."""

from ..errors import Refusal, bad
from ..sandbox import Sandbox
from . import orders, payments

# Quantities that OVH buys by itself.
RECREDITS = (100, 200, 250, 500, 1000, 5000, 10000)


def make(box: Sandbox, source: str, target: str, amount: float, *, late: float | None) -> None:
    """Transfer credits at once.

    :param late: real seconds for which neither balance shows it.
    :raises Refusal: there is no such account, or it has too few credits.
    """
    if not amount > 0:
        raise bad(f"[credits] Given data ({amount:g}) is not greater than 0")
    if source == target:
        raise bad("[smsAccountTarget] Given data is the account itself")
    with box.state.write() as db:
        try:
            box.account(target)
        except Refusal as refusal:
            raise Refusal(refusal.status, f"[smsAccountTarget] {refusal.message}") from None
        box.spend(source, amount)
        box.add_credits(target, amount)
        until = None if late is None else box.clock.machine() + late
        row = (source, target, amount, box.now, until)
        db.execute("INSERT INTO transfers (source, target, credits, at, shown) VALUES (?, ?, ?, ?, ?)", row)
        recredit(box, source)


def not_shown(box: Sandbox, account: str) -> float:
    """Add up the credits of transfers that the account's balance does not show yet; less than 0 if they left it."""
    found = box.state.row(
        "SELECT total(CASE WHEN target = :account THEN credits ELSE -credits END) AS credits FROM transfers"
        " WHERE :account IN (source, target) AND shown > machine()",
        account=account,
    )
    return float(found["credits"]) if found else 0.0


def recredit(box: Sandbox, account: str) -> None:
    """Let OVH buy credits within the caller's transaction, if the account asks for it and few are left.

    Once: an order of that kind which is on its way counts.
    """
    found = box.account(account)
    amount = found.settings["automaticRecreditAmount"]
    if not amount or found.credits >= (found.settings["creditThresholdForAutomaticRecredit"] or 0):
        return
    awaited = f"SELECT 1 FROM ({orders.FIND}) WHERE account = ? AND recredit AND status <> 'cancelled' AND NOT credited"
    if box.state.row(awaited, account) is None:
        order = orders.make(box, account, amount, recredit=True)
        payments.pay_at_once(box, order["id"], box.features["recredit_seconds"])
