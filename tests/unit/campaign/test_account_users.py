"""The users of an account file: each wrong value gets one clear error, which shows no private value."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.account_users import AccountUser, AccountUsers
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import CampaignFileError


def read(folder: Path, users: str) -> AccountUsers:
    path = folder / "shop.yaml"
    path.write_text(f"users:\n{users}\n", encoding="utf-8")
    found = load_file(path, AccountFile).users
    assert found is not None
    return found


def test_users_are_read_by_login(tmp_path: Path) -> None:
    found = read(tmp_path, "  approval: true\n  logins:\n    desk: {quota: 150, receipts_to: off}\n    bare:")
    assert found.approval is not None
    assert found.logins["desk"].fields() == {"quota": 150.0, "receipts_to": "off"}
    assert found.logins["bare"].fields() == {}


@pytest.mark.parametrize(
    ("user", "error"),
    [
        ("{quota: -1}", "`users.logins.desk.quota` is wrong: give credits, 0 to 10000000, or `off`"),
        ("{quota: many}", "`users.logins.desk.quota` is wrong: give credits"),
        ("{alert: {below: 20, email: nobody}}", "`users.logins.desk.alert.email` is wrong: it is no e-mail address"),
        ("{alert: {below: 20, number: '12'}}", "`users.logins.desk.alert.number` is wrong: give a phone number"),
        ("{alert: {below: 20}}", "`users.logins.desk.alert` is wrong: give `email`, `number` or both"),
        ("{alert: 20}", "`users.logins.desk.alert` is wrong: give `below`"),
        ("{receipts_to: 'ftp://x'}", "`users.logins.desk.receipts_to` is wrong: give an address"),
        ("{ip_limits: [everywhere]}", "`users.logins.desk.ip_limits[0]` is wrong: give IP addresses"),
        ("{absent: true, quota: 3}", "`absent: true` deletes the user: remove `quota`"),
        ("{refill: monthly}", "`refill: monthly` needs a `quota`"),
        ("{quotta: 3}", "unknown field `users.logins.desk.quotta`; did you mean"),
    ],
)
def test_a_wrong_value_is_named(tmp_path: Path, user: str, error: str) -> None:
    with pytest.raises(CampaignFileError) as refused:
        read(tmp_path, f"  logins:\n    desk: {user}")
    assert error in str(refused.value)
    assert "shop.yaml, line 3" in str(refused.value)


@pytest.mark.parametrize(
    ("logins", "error"),
    [
        ("    desk: {}\n    Desk: {}", "'desk' and 'Desk' may be one login at OVH"),
        ("    desk: {}\n    desk: {}", "the key `desk` is given twice"),
        (f"    {'a' * 41}: {{}}", "a login has at most 40 characters; this one has 41"),
        ("    'my desk': {}", "a login has letters, digits"),
        ("    []", "name each user by its login"),
    ],
)
def test_wrong_logins_are_named(tmp_path: Path, logins: str, error: str) -> None:
    with pytest.raises(CampaignFileError) as refused:
        read(tmp_path, f"  logins:\n{logins}")
    assert error in str(refused.value)


def test_a_password_in_the_file_is_refused_and_shown_nowhere(tmp_path: Path) -> None:
    password = "".join(["Secret", "01"])  # a traceback shows this line
    with pytest.raises(CampaignFileError, match="a password stands in no file") as refused:
        read(tmp_path, f"  logins:\n    desk: {{password: {password}}}")
    assert password not in "".join(traceback.format_exception(refused.value))


def test_a_number_is_no_ip_address() -> None:
    with pytest.raises(ValueError, match="IP addresses in quotes"):
        AccountUser.model_validate({"ip_limits": [3]})
