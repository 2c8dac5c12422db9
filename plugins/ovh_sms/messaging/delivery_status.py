"""The delivery status of a message: from OVH's delivery receipt, with the operator code as its detail.

OVH documents two tables of operator codes that contradict each other: one for its REST API (4 is delivered)
and one for SMPP (0 is no error, 4 an equipment fault), which newer REST answers seem to follow. So the
delivery receipt decides if there is one. OVH's export of outgoing messages has none: there the operator code
decides, with the operator's description as a hint between the two tables.

Delivery receipts: 0 pending, 1 delivered, 2 failed, 4 pending, 8 buffered, 16 error that is not billed.
"""

from __future__ import annotations

import re
from enum import StrEnum


class DeliveryStatus(StrEnum):
    """Delivery status of a message; an expired one has failed because its phone was not reached in time."""

    DELIVERED = "delivered"
    FAILED = "failed"
    EXPIRED = "expired"
    PENDING = "pending"

    @property
    def is_final(self) -> bool:
        """False only while the message is pending."""
        return self is not DeliveryStatus.PENDING


class NumberAction(StrEnum):
    """The fate of the number of a message that was not delivered."""

    KEEP = "keep"
    RETRY = "retry"
    REMOVE = "remove"


#: Delivery receipts of messages still under way, and of those that are final.
PENDING_RECEIPTS = (0, 4, 8)
FINAL_RECEIPTS = (1, 2, 16)
#: The final one of a message that reached the phone.
DELIVERED_RECEIPT = 1

_D, _F, _E, _P = (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.EXPIRED, DeliveryStatus.PENDING)

#: REST table (OVH's guide to SMS users; "not exhaustive").
_REST: dict[int, tuple[DeliveryStatus, str]] = {
    1: (_P, "retrying: phone not reached"),
    2: (_P, "retrying: operator not reached"),
    3: (_P, "accepted by the operator"),
    4: (_D, "delivered"),
    5: (_F, "undelivered"),
    6: (_F, "final state unknown"),
    8: (_E, "expired"),
    20: (_F, "undeliverable as it is"),
    21: (_F, "subscriber without credit"),
    23: (_F, "invalid, opted-out or barred number"),
    24: (_F, "phone absent"),
    25: (_F, "network failure"),
    26: (_F, "phone failure, as a full memory"),
    27: (_F, "phone incompatible"),
    28: (_F, "suspected as spam"),
    29: (_F, "content refused"),
    33: (_F, "parental lock"),
    39: (_F, "operator failure"),
    73: (_F, "number ported"),
    74: (_F, "roaming"),
    76: (_F, "number ported"),
    202: (_F, "number ported"),
    1000: (_P, "not yet known"),
}

#: SMPP table (OVH's SMPP specification, 2025).
_SMPP: dict[int, tuple[DeliveryStatus, str]] = {
    0: (_D, "no error"),
    1: (_F, "internal error"),
    2: (_F, "network failure"),
    3: (_F, "phone unreachable"),
    4: (_F, "equipment failure"),
    5: (_F, "subscriber failure"),
    6: (_F, "timed out"),
    7: (_F, "operator failure"),
    8: (_F, "parental lock"),
    9: (_F, "undeliverable"),
    10: (_F, "account without credit"),
    50: (_F, "internal error"),
    51: (_F, "internal error"),
    52: (_F, "template missing"),
    53: (_F, "opted out (STOP)"),
    54: (_F, "destination forbidden"),
    55: (_F, "sender sends too fast"),
    100: (_F, "bad destination"),
    101: (_F, "bad content"),
    102: (_F, "content not GSM-7"),
    103: (_F, "bad length"),
    254: (_P, "pending"),
    255: (_F, "unknown failure"),
    800: (_F, "undeliverable"),
    801: (_E, "expired"),
    802: (_F, "deleted"),
    803: (_F, "rejected"),
    804: (_F, "final state unknown"),
}

# The words are English and French guesses, and those of SMPP; OVH documents none but "Success". "No error" is no error;
# other failures come before deliveries: "not delivered".
_HINTS = tuple(
    (meant, re.compile(words, re.IGNORECASE))
    for meant, words in (
        (_D, r"^\W*(?:no|sans|aucune)[ _]err(?:or|eur)\W*$"),
        (_E, r"\bexpir"),
        (
            _F,
            r"\b(?:fail|error|erreur|undeliv|not? deliver|non[ -]?(?:d[ée]livr|livr)|pas (?:d[ée]livr|livr)|impossib"
            r"|reject|rejet|refus|invalid|unknown|inconnu|unreach|absent|black-?list|barred|forbidden|deleted"
            r"|[ée]chec|[ée]chou)",
        ),
        (_P, r"\b(?:pending|buffer|accept|enroute|retry|en attente|en cours)"),
        (_D, r"\b(?:success|succ[èe]s|deliv(?:ered|rd)|d[ée]livr|livr)"),
    )
)


def delivery_status_of(
    delivery_receipt: int | None, operator_code: int | None = None, description: str | None = None
) -> DeliveryStatus:
    """Return the delivery status of a message.

    :param delivery_receipt: OVH's receipt, or None if the source has none (the export).
    :param operator_code: the operator's code (``ptt``).
    :param description: the operator's own words, if the source has them.
    :returns: pending if nothing is known about the message.
    """
    if delivery_receipt == 1:
        return DeliveryStatus.DELIVERED
    if delivery_receipt in PENDING_RECEIPTS:
        return DeliveryStatus.PENDING
    known = [table[operator_code][0] for table in (_REST, _SMPP) if operator_code in table]
    if delivery_receipt in FINAL_RECEIPTS:
        return (
            DeliveryStatus.EXPIRED
            if DeliveryStatus.EXPIRED in known and delivery_receipt == 2
            else DeliveryStatus.FAILED
        )
    hint = _hint(description)
    if hint and (not known or hint in known):
        return hint
    return known[0] if known else DeliveryStatus.PENDING


def cause(operator_code: int | None, delivery_status: DeliveryStatus | None = None) -> str:
    """Describe in words why a message has its delivery status; both meanings if it fits both tables.

    :param operator_code: the operator's code (``ptt``).
    :param delivery_status: distinguishes the two tables if they differ.
    """
    if operator_code is None:
        return "no detail from the operator"
    meanings = [table[operator_code] for table in (_REST, _SMPP) if operator_code in table]
    if delivery_status is None:
        meanings = meanings[:1]
    fitting = [text for meant, text in meanings if delivery_status is None or _fits(meant, delivery_status)]
    texts = dict.fromkeys(fitting or [text for _, text in meanings])
    return " or ".join(texts) if texts else f"operator code {operator_code}"


def action_after(operator_code: int | None, delivery_status: DeliveryStatus) -> NumberAction:
    """Return what to do with the number of a message that failed: the cause decides.

    ``remove`` it if it cannot or may not get SMS; ``retry`` later if the phone, the network or the text may be
    different then; ``keep`` it if nobody knows, as one failure proves nothing.
    """
    text = cause(operator_code, delivery_status)
    found = {action for action, words in _ACTIONS if any(re.search(rf"\b{re.escape(word)}\b", text) for word in words)}
    # Two meanings that ask for different things decide nothing.
    return found.pop() if len(found) == 1 else NumberAction.KEEP


def is_temporary(operator_code: int | None, delivery_status: DeliveryStatus) -> bool:
    """Return whether a message that failed may be delivered another time; not if its final state may be unknown."""
    is_known = "unknown" not in cause(operator_code, delivery_status)
    return is_known and action_after(operator_code, delivery_status) is NumberAction.RETRY


_ACTIONS = (
    (NumberAction.REMOVE, ("invalid, opted-out or barred number", "opted out", "bad destination")),
    (
        NumberAction.RETRY,
        (
            "expired",
            "timed out",
            "phone absent",
            "phone unreachable",
            "network failure",
            "phone failure",
            "operator failure",
            "equipment failure",
            "internal error",
            "roaming",
            "subscriber without credit",
            "account without credit",
            "sender sends too fast",
        ),
    ),
)


def _fits(meant: DeliveryStatus, delivery_status: DeliveryStatus) -> bool:
    """Return whether a code's meaning can belong to a delivery status; expired is one way of failing."""
    failures = (DeliveryStatus.FAILED, DeliveryStatus.EXPIRED)
    return meant is delivery_status or (meant in failures and delivery_status in failures)


def _hint(description: str | None) -> DeliveryStatus | None:
    """Read an operator's words, if they are understood at all."""
    if not description:
        return None
    return next((meant for meant, words in _HINTS if words.search(description)), None)
