"""Credits of a quota are reserved under one name."""

from ovh_sms.sending.user_quota import owner_of


def test_logins_that_differ_in_capitals_alone_reserve_one_quota() -> None:
    assert owner_of("sms-ab12345-1", "Desk") == owner_of("sms-ab12345-1", "desk")
    assert owner_of("sms-ab12345-1", "") == "sms-ab12345-1"
