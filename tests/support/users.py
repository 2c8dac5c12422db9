"""Users of a sandbox's account, as a person at OVH makes them."""

from __future__ import annotations

from typing import Any

from support.sandbox import SandboxProcess
from support.signed import Signed


class Account:
    """The account of a test with its users."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.api, self.path = Signed(sandbox), f"/sms/{sandbox.account_name}"
        self.sandbox = sandbox

    def add_user(self, login: str = "desk", *, quota: float | None = None) -> None:
        """Add a user, with a quota if one is given."""
        assert self.api.post(f"{self.path}/users", {"login": login, "password": "Secret01"}).status == 200
        if quota is not None:
            self.set_quota(quota, login=login)

    def set_quota(self, left: float, *, status: str = "active", login: str = "desk") -> None:
        """Set a quota."""
        wanted = {"quotaInformations": {"quotaLeft": left, "quotaStatus": status}}
        assert self.api.put(f"{self.path}/users/{login}", wanted).status == 200

    @property
    def left(self) -> float:
        """The account's credits."""
        found: float = self._truth["ledger"][self.sandbox.account_name]["left"]
        return found

    def quota(self, login: str = "desk") -> float:
        """Credits that are left of a user's quota."""
        found: float = {each["login"]: each["quota_left"] for each in self._truth["users"]}[login]
        return found

    @property
    def _truth(self) -> dict[str, Any]:
        return self.sandbox.truth(account=self.sandbox.account_name)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages that were really sent."""
        return self.sandbox.messages(account=self.sandbox.account_name)
