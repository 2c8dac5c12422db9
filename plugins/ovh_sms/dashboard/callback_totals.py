"""How many calls of OVH came in, for the page of replies: received, repeated, refused, by account and kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ovh_sms.report.language import translatable
from ovh_sms.store.callback_records import NOT_STORED, RECEIPT, REPEATED, REPLY, STOP, STORED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ovh_sms.store.callback_records import CallbackCount

#: What the kinds are called; a refused call may name none.
KIND_NAMES = {
    RECEIPT: translatable("delivery receipts"),
    REPLY: translatable("replies"),
    STOP: "STOP",
    "": translatable("other addresses"),
}


@dataclass(frozen=True)
class CallbackTotals:
    """Calls about one kind of an account.

    :param account: empty for calls without a valid secret.
    :param stored: new ones.
    :param repeated: known ones that came again.
    :param refused: forged, malformed or oversized ones.
    :param not_stored: those that the results could not store; OVH calls again.
    """

    account: str
    kind: str
    stored: int
    repeated: int
    refused: int
    not_stored: int

    @property
    def kind_name(self) -> str:
        """Name of the kind, to be translated."""
        return KIND_NAMES[self.kind]


def totals_of(counts: Iterable[CallbackCount]) -> list[CallbackTotals]:
    """Sum up the calls of several days by account and kind, those without a valid secret last."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for each in counts:
        found.setdefault((each.account, each.kind), Counter())[each.result] += each.calls
    return [
        CallbackTotals(
            account=account,
            kind=kind,
            stored=results.pop(STORED, 0),
            repeated=results.pop(REPEATED, 0),
            not_stored=results.pop(NOT_STORED, 0),
            refused=results.total(),
        )
        for (account, kind), results in sorted(found.items(), key=lambda each: (not each[0][0], each[0]))
    ]
