"""Notes readings of an account's credits in the results: the one that crosses the account's level is noticed once."""

from __future__ import annotations

from ovh_sms.hooks.store import shared_store


def note_crossing(
    name: str, account: str, credits_left: float, *, threshold: float | None, results_conn_id: str
) -> float | None:
    """Note a reading of an account's credits.

    :param name: of the account file.
    :param threshold: credits of the level, above the reservations; ``None``: those of the account's newest check.
    :returns: the credits that the account should hold, if this reading is the crossing; else ``None``.
    """
    store = shared_store(results_conn_id)
    newest = store.credit_readings.newest(account)
    if threshold is not None:
        enough: float | None = threshold + store.reservations.reserved(account)
    else:
        enough = newest.enough if newest else None
    if enough is None:
        return None  # never checked: the daily run does that
    is_crossing = store.crossings.note(
        name, account, is_low=credits_left < enough, checked_at=store.credit_readings.checked_at(account)
    )
    return enough if is_crossing else None
