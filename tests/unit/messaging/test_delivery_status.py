from __future__ import annotations

import pytest

from ovh_sms.messaging.delivery_status import (
    FINAL_RECEIPTS,
    PENDING_RECEIPTS,
    DeliveryStatus,
    cause,
    delivery_status_of,
)

D, F, E, P = DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.EXPIRED, DeliveryStatus.PENDING


@pytest.mark.parametrize(
    ("receipt", "code", "expected"),
    [
        (0, None, P), (4, 4, P), (8, 3, P), (1, 4, D), (1, 0, D), (1, None, D), (2, None, F), (2, 23, F), (2, 4, F),
        (2, 8, E), (2, 801, E), (16, 8, F), (16, None, F), (3, None, P), (0, 1000, P),
    ],
)  # fmt: skip
def test_receipt_decides_and_the_code_is_detail(receipt: int, code: int | None, expected: DeliveryStatus) -> None:
    assert delivery_status_of(receipt, code) is expected
    assert (receipt in FINAL_RECEIPTS) == expected.is_final or receipt == 3


@pytest.mark.parametrize(
    ("code", "description", "expected"),
    [
        (0, "Success", D), (4, "Success", D), (0, None, D), (4, None, D), (1, None, P), (2, None, P), (3, None, P),
        (5, None, F), (6, None, F), (8, None, E), (24, None, F), (53, None, F), (254, None, P), (255, None, F),
        (801, None, E), (1000, None, P), (None, None, P), (12345, None, P), (None, "Success", D),
        (12345, "Undeliverable", F), (12345, "Expired", E), (12345, "Pending", P), (12345, "gibberish", P),
        (3, "Unreachable", F), (4, "Equipment error", F), (1, "Internal error", F), (3, "AcceptedRow by operator", P),
        (None, "UNDELIV", F), (None, "Livraison impossible", F), (None, "No error", D), (None, "DELIVRD", D),
        (None, "Non livré", F), (None, "ACCEPTD", P), (None, "REJECTD", F), (4, "Livraison impossible", F),
        (8, "Parental lock: refused", F), (23, "Success", F), (4, "Not delivered", F), (0, "Délivré", D),
    ],
)  # fmt: skip
def test_export_without_receipt_goes_by_code_with_words_as_a_hint(
    code: int | None, description: str | None, expected: DeliveryStatus
) -> None:
    assert delivery_status_of(None, code, description) is expected


@pytest.mark.parametrize("receipt", PENDING_RECEIPTS)
def test_a_description_never_overrules_a_receipt(receipt: int) -> None:
    assert delivery_status_of(receipt, 4, "Success") is P
    assert delivery_status_of(2, 4, "Success") is F


def test_causes_are_readable_and_follow_the_outcome_where_tables_differ() -> None:
    assert cause(23, F) == "invalid, opted-out or barred number"
    assert cause(4, D) == "delivered"
    assert cause(4, F) == "equipment failure"
    assert cause(3) == "accepted by the operator"
    assert cause(3, F) == "phone unreachable"
    assert cause(8, E) == "expired or parental lock"
    assert cause(0, D) == "no error"
    assert cause(53, F) == "opted out (STOP)"
    assert cause(4, P) == "delivered or equipment failure"
    assert cause(12345, F) == "operator code 12345"
    assert cause(None) == "no detail from the operator"
