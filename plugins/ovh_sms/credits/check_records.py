"""Records of checks of accounts' credits, for the pages: what was decided, and which limit refused an order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ovh_sms.credits.month import month_spending
from ovh_sms.credits.topup import check_credits
from ovh_sms.errors import ApiError, OutcomeUnknown, OvhSmsError
from ovh_sms.store.credit_checks import REFUSED, AccountCheck
from ovh_sms.store.run_records import Problem

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.credits.topup import CreditsCheck, TopupRules
    from ovh_sms.store.store import Store


def recorded_check(
    name: str, rules: TopupRules, *, client: OvhSmsClient, store: Store, campaigns: Iterable[Campaign] = ()
) -> CreditsCheck:
    """Check an account's credits as :func:`~ovh_sms.credits.topup.check_credits` does, and record what it found.

    An error that a later try may not meet is not recorded, unless it is an undecided transfer: that may last.

    :param name: of the account file.
    """
    about: dict[str, Any] = {"account": client.account_name, "name": name}
    try:
        check = check_credits(rules, client=client, store=store, campaigns=campaigns)
    except OvhSmsError as error:
        if not error.is_retryable or isinstance(error, OutcomeUnknown):
            problem = Problem(
                step="check",
                error=type(error).__name__,
                what=error.what,
                action=error.action,
                at=store.clock.now().isoformat(timespec="seconds"),
            )
            about["problem"] = problem
            store.credit_checks.record(
                AccountCheck(
                    **about, checked_at=store.clock.now(), decision=REFUSED, month=_month(rules, client, store)
                )
            )
        raise
    store.credit_checks.record(
        AccountCheck(
            **about,
            checked_at=store.clock.now(),
            decision=check.decision,
            quote=check.quote,
            open_order=check.open_deposit,
            month=_month(rules, client, store),
        )
    )
    return check


def _month(rules: TopupRules, client: OvhSmsClient, store: Store) -> dict[str, Any] | None:
    """The month's cap, and the orders of others that it counts; they are 0 if OVH does not show them to these keys."""
    if rules.max_per_month is None:
        return None
    try:
        month = month_spending(client, store)
    except ApiError:
        return None
    return {
        "month": month.month,
        "cap": rules.max_per_month,
        "spent_by_others": month.spent_by_others,
        "currency": month.currency,
    }
