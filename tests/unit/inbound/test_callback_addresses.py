"""The secret of an address is found without a hint by time, and stands in nothing that may be logged."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from ovh_sms.inbound import callback_addresses
from ovh_sms.inbound.callback_addresses import (
    PREFIX,
    account_of,
    address_of,
    digest_of,
    masked_path,
    new_secret,
    read_path,
    secret_in,
)
from ovh_sms.store.callback_records import KINDS, CallbackSecret

KEY = b"k" * 32


def known(*secrets: str) -> list[CallbackSecret]:
    now = datetime.now(UTC)
    return [
        CallbackSecret(
            digest=digest_of(each, KEY),
            account=f"sms-{at}",
            made_at=now,
            checked_at=now,
            ends_at=now + timedelta(days=7),
        )
        for at, each in enumerate(secrets)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_an_address_is_read_as_it_was_made(kind: str) -> None:
    secret = new_secret()
    address = address_of("https://airflow.example.com/flow/", secret, kind)
    assert address.startswith(f"https://airflow.example.com/flow{PREFIX}/")
    assert secret_in(address) == secret
    assert read_path(address.partition(PREFIX)[2]) == (secret, kind)


@pytest.mark.parametrize("address", [None, "", "https://shop.example/dlr", f"https://shop.example{PREFIX}/x/receipts"])
def test_an_address_of_another_program_holds_no_secret_of_ours(address: str | None) -> None:
    assert secret_in(address) is None


@pytest.mark.parametrize(
    "path", ["/s/other", "/s/replies/", "/s/replies/more", "/s", "/", "", "/s//replies", "/s/REPLIES"]
)
def test_other_paths_are_of_no_kind(path: str) -> None:
    assert read_path(path)[1] is None


def test_each_known_secret_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest

    def counting(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(callback_addresses.hmac, "compare_digest", counting)
    secrets = [new_secret() for _ in range(3)]
    for wanted in (*secrets, new_secret(), ""):
        compared.clear()
        found = account_of(wanted, known(*secrets), KEY)
        assert len(compared) == 3
        assert (found.account if found else None) == (f"sms-{secrets.index(wanted)}" if wanted in secrets else None)
        assert all(len(one) == len(other) for one, other in compared)


def variants(secret: str) -> list[tuple[str, str]]:
    """Paths and queries in which the secret stands."""
    return [
        (f"{PREFIX}/{secret}/receipts", "id=1&ptt=4"),
        (f"/behind/airflow{PREFIX}/{secret}/replies", ""),
        (f"{PREFIX}/{secret}", ""),
        (f"{PREFIX}/../{secret}/opt-outs", "number=%2B33639980001"),
        (f"/{PREFIX}/{secret}/opt-outs", ""),
        (f"{PREFIX.upper()}/{secret}/opt-outs", ""),
        (f"/ovh-sms/{secret}/opt-outs", ""),
        (f"/{secret}", ""),
        (f"/x/{secret.upper()}/y", ""),
        ("/api/v2/version", f"secret={secret}"),
        ("/api/v2/version", f"next={quote(f'https://a.example{PREFIX}/{secret}/receipts', safe='')}"),
        (quote(f"{PREFIX}/{secret}/opt-outs"), ""),
        (f"{PREFIX.replace('o', '%6f')}/{secret}/opt-outs", ""),
    ]


def test_wherever_the_secret_stands_it_is_masked() -> None:
    secret = new_secret()
    for path, query in variants(secret):
        shown = masked_path(path, query)
        assert shown is not None, path
        assert secret.lower()[6:] not in "".join(shown).lower(), path
        assert "639980001" not in "".join(shown)


def test_a_mistyped_address_is_logged_without_the_number_in_its_query() -> None:
    secret = new_secret()
    query = "senderid=%2B33639980001"
    assert masked_path(f"/ovh-sms-callback/{secret}/replies", query) == ("/ovh-sms-callback/***/replies", "***")
    assert masked_path("/api/v2/version", f"{query}&secret={secret}") == ("/api/v2/version", "***")


def test_a_masked_path_still_says_its_kind() -> None:
    assert masked_path(f"/flow{PREFIX}/{new_secret()}/receipts", "id=1") == (f"/flow{PREFIX}/***/receipts", "***")


def test_other_requests_are_logged_as_they_are() -> None:
    assert masked_path("/ovh-sms/run", "dag_id=sms_campaign_spring&run_id=manual__1") is None
    assert masked_path("/api/v2/dags", "") is None


def test_secrets_are_long_and_never_the_same() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(each) >= 43 for each in made)
