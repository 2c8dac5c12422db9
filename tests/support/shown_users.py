"""Users of two accounts as the page shows them: of every state, some of them differing from what was applied."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ovh_sms.store.store import Store
from ovh_sms.store.user_records import UserRow

AT = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)
_IPS = {"name": "ip_limits", "found": ["{ips}", {"ips": "198.51.100.7"}], "applied": ["{ips}", {"ips": "192.0.2.1"}]}


def save_users(store: Store) -> None:
    """Store them."""
    quota = _change("quota", ["{n} left", {"n": "30"}], ["{n} credits for {month}", {"n": "150", "month": "2026-12"}])
    alert = _change("alert", ["nobody", {}], ["below {n} credits by mail and SMS", {"n": 20}])
    raised = {"name": "quota", "found": ["{n} left", {"n": "170"}], "applied": ["{n} credits", {"n": "150"}]}
    gone = {"name": "", "found": ["deleted at OVH", {}], "applied": None}
    rows = [
        _row("desk", "update", quota=150, quota_left=30, changes=[quota, alert]),
        _row("lyon", "same", quota=150, quota_left=170, drift=[raised]),
        _row("former-colleague-of-the-shop-in-lyon.2026", "delete", quota_left=12.5),
        _row("night", "create", quota=100, drift=[gone]),
        _row("shop", "same", quota=12_000, quota_left=9_871, last_drift=[_IPS], drift_at=AT - timedelta(days=2)),
        _row("web", "unmanaged"),
    ]
    for account in ("sms-xx12345-1", "sms-xx12345-2"):
        store.users.record(account, [UserRow(**{**row, "account": account}) for row in rows])


def _row(login: str, state: str, **about: Any) -> dict[str, Any]:
    return {"login": login, "state": state, "at": AT, **about}


def _change(name: str, before: list[Any], after: list[Any]) -> dict[str, Any]:
    return {"name": name, "before": before, "after": after, "drifted": False}
