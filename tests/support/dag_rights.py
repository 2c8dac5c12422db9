"""An auth manager of Airflow for tests in which one person may read one campaign only, and another one none."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

#: The only DAG that a person has rights on, by name; all others have those of their role.
ONLY = {"one": "sms_campaign_appointment_reminder", "none": ""}
#: DAGs on which alone a person has rights: of one campaign, and of those that serve every account.
SHARED = frozenset(
    f"sms_{name}"
    for name in ("credits_topup", "credits_balance", "outbox", "accounts", "usage_monthly", "replies", "callbacks")
)
SOME = {"shop": SHARED | {"sms_campaign_appointment_reminder"}}
#: The only DAG that a person may edit, who may read all of them.
EDITS = {"half": "sms_campaign_appointment_reminder"}
#: Name, role and password of each person.
PEOPLE = {
    "admin": "admin",
    "eddy": "user",
    "vic": "viewer",
    "one": "user",
    "half": "user",
    "none": "viewer",
    "shop": "user",
}
PASSWORDS = {name: f"pass-of-{name}" for name in PEOPLE}
USERS = ",".join(f"{name}:{role}" for name, role in PEOPLE.items())


class DagRights(SimpleAuthManager):
    """The SimpleAuthManager, with rights on single DAGs as other auth managers know them."""

    def is_authorized_dag(self, *, method: Any, user: Any, access_entity: Any = None, details: Any = None) -> bool:
        asked = details.id if details else None
        only = ONLY.get(user.username)
        if only is not None and (asked != only if asked else not only):
            return False
        some = SOME.get(user.username)
        if some is not None and asked and asked not in some:
            return False
        edits = EDITS.get(user.username)
        if edits is not None and method != "GET" and asked != edits:
            return False
        return super().is_authorized_dag(method=method, user=user, access_entity=access_entity, details=details)
