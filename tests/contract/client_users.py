"""The calls of users, in every form that the client has for them."""

from __future__ import annotations

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.models_users import UserAlert, UserChanges


def some_users(client: OvhSmsClient) -> None:
    alert = UserAlert(email="desk@shop.example", number="+33639980001", threshold=10, support="both")
    client.users.create("shop", "Secret01")
    assert "shop" in client.users.logins()
    client.users.change("shop", UserChanges(quota_left=10, alert=alert, receipts_to="", ip_limits=("192.0.2.1",)))
    assert client.users.read("shop").alert == alert
    client.users.change("shop", UserChanges(no_quota=True))
    client.users.delete("shop")
