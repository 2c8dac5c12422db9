"""The checks before a campaign is sent. Pure: the operator asks OVH and hands in the answers."""

from __future__ import annotations

from datetime import datetime, timedelta

from ovh_sms.errors import (
    BudgetExceeded,
    ContactsError,
    InsufficientCredits,
    ScheduleTooOld,
    SenderNotEnabled,
)

ENABLED = "enabled"


def check_receivers(accepted: int, *, rejects_path: str) -> None:
    """Refuse a campaign that reaches nobody.

    :param accepted: receivers left after preparation.
    :param rejects_path: file that says why each row was rejected.
    :raises ContactsError: where nobody is left.
    """
    if accepted == 0:
        raise ContactsError(
            "No row of the contact list can be sent to.",
            action=f"See the reason of each row in {rejects_path}.",
        )


def check_sender(sender: str, statuses: dict[str, str]) -> None:
    """Refuse a sender that OVH would not send for.

    :param sender: as the receivers would see it.
    :param statuses: status of every sender of the account.
    :raises SenderNotEnabled: names the senders that are enabled.
    """
    status = statuses.get(sender)
    if status == ENABLED:
        return
    enabled = sorted(name for name, state in statuses.items() if state == ENABLED)
    listed = ", ".join(enabled) or "none"
    if status is None:
        raise SenderNotEnabled(
            f"The sender '{sender}' does not exist on this account (enabled: {listed}).",
            action="Create it in OVH's manager and wait for its validation, or use one that is enabled.",
        )
    raise SenderNotEnabled(
        f"The sender '{sender}' is not enabled: its status is '{status}' (enabled: {listed}).",
        action="Wait for its validation in OVH's manager, or use one that is enabled.",
    )


def check_cost(cost: float, *, budget: float | None, credits_left: float) -> None:
    """Refuse a campaign that costs more than it may, or than the account holds.

    :param cost: credits the whole campaign takes.
    :param budget: credits it may cost at most.
    :param credits_left: credits the account holds.
    :raises BudgetExceeded: where the cost is over the budget.
    :raises InsufficientCredits: where the cost is over the account's credits.
    """
    if budget is not None and cost > budget:
        raise BudgetExceeded(
            f"The campaign costs {cost:g} credits; its budget is {budget:g}.",
            action="Shorten the message or the list, or raise 'budget' in the campaign file.",
        )
    if cost > credits_left:
        raise InsufficientCredits(
            f"The campaign costs {cost:g} credits; the account holds {credits_left:g}.",
            action=f"Order at least {cost - credits_left:g} credits, then run the task again.",
        )


def check_on_time(planned: datetime, *, now: datetime, max_lateness: timedelta) -> None:
    """Refuse to send long after the time a campaign was planned for.

    Airflow starts the latest missed run when a DAG is unpaused or comes back after an outage.

    :param planned: when the run was to start, aware.
    :param now: the present, aware.
    :param max_lateness: how late it may be.
    :raises ScheduleTooOld: names the planned time.
    """
    if now - planned > max_lateness:
        raise ScheduleTooOld(
            f"This run was planned for {planned:%Y-%m-%d %H:%M %Z}, more than {max_lateness} ago; nothing was sent.",
            action="If the campaign should still be sent, start a run by hand.",
        )
