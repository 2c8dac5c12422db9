"""The users of an account: created, read, changed, deleted; a password is shown nowhere."""

from __future__ import annotations

import pytest

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.models_users import User, UserAlert, UserChanges
from ovh_sms.errors import ConfigurationError, NotFound, OutcomeUnknown, OvhSmsError, RequestRefused
from support.sandbox import SandboxProcess


def test_a_new_user_has_no_quota_and_no_settings(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    client.users.create("desk", "Secret01")
    assert client.users.logins() == ["desk"]
    assert client.users.read("desk") == User(login="desk")
    assert not client.users.read("desk").has_quota


def test_a_change_leaves_the_other_settings(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    client.users.create("desk", "Secret01")
    alert = UserAlert(email="desk@shop.example", number="+33639980001", threshold=10, support="both")
    client.users.change("desk", UserChanges(alert=alert, receipts_to="https://shop.example/dlr"))
    client.users.change("desk", UserChanges(quota_left=50, ip_limits=("192.0.2.1",)))
    found = client.users.read("desk")
    assert (found.quota_left, found.ip_limits) == (50, ["192.0.2.1"])
    assert (found.alert, found.receipts_to, found.opt_outs_to) == (alert, "https://shop.example/dlr", "")
    client.users.change("desk", UserChanges(no_quota=True, receipts_to="", ip_limits=()))
    assert client.users.read("desk") == User(login="desk").model_copy(update={"alert": alert})


def test_no_text_shows_an_address_or_a_number(client: OvhSmsClient) -> None:
    alert = UserAlert(email="desk@shop.example", number="+33639980001")
    shown = (
        f"{User(login='desk').model_copy(update={'alert': alert})} {UserChanges(alert=alert, opt_outs_to='https://x')}"
    )
    assert not any(private in shown for private in ("shop.example", "+3363998", "https"))


def test_a_deleted_user_is_listed_no_more(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    client.users.create("desk", "Secret01")
    client.users.delete("desk")
    assert client.users.logins() == []
    with pytest.raises(NotFound):
        client.users.delete("desk")


@pytest.mark.parametrize("password", ["", "short", "Secret0123", "Sécret01", "Secret0!"])
def test_a_password_that_ovh_does_not_take_is_refused_without_naming_it(client: OvhSmsClient, password: str) -> None:
    with pytest.raises(ConfigurationError, match="8 letters and digits") as refused:
        client.users.create("desk", password)
    assert client.calls_made == 0
    assert not password or password not in str(refused.value)


def test_a_taken_login_is_refused_and_a_lost_answer_is_found_by_the_login(
    client: OvhSmsClient, sandbox: SandboxProcess
) -> None:
    sandbox.fault("lost_answer", method="POST", path="/sms/*/users")
    with pytest.raises(OutcomeUnknown):
        client.users.create("desk", "Secret01")
    assert client.users.logins() == ["desk"]
    with pytest.raises(OvhSmsError) as refused:
        client.users.create("desk", "Secret02")
    assert isinstance(refused.value, RequestRefused)
    assert "Secret02" not in str(refused.value)
