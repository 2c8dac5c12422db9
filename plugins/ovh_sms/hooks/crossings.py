"""Notes readings of an account's credits in the results: the one that crosses the account's level is noticed once."""

from __future__ import annotations

from ovh_sms.hooks.store import shared_store


def note_crossing(
    name: str, account: str, credits_left: float, *, threshold: float | None, results_conn_id: str
) -> float | None:
    """Note a reading of an account's credits.

    :param name: of the account file.
    :param threshold: credits of the level; ``None``: those of the account's newest check. Credits that runs have
        reserved or wait for by now come on top.
    :returns: the credits that the account should hold, if this reading is the crossing; else ``None``.
    """
    store = shared_store(results_conn_id)
    newest, level = store.credit_readings.newest(account), threshold
    if level is None:
        if newest is None or newest.enough is None:
            return None  # never checked: the daily run does that
        level = newest.enough - newest.reserved
    enough = level + store.reservations.asked_for(account)
    # The check of the top-up: a plan of transfers reads the account too, and orders nothing.
    check = store.credit_checks.of(account)
    checked_at = check.checked_at if check and check.decision else None
    is_crossing = store.crossings.note(
        name, account, is_low=credits_left < enough, credits_left=credits_left, checked_at=checked_at
    )
    return enough if is_crossing else None
