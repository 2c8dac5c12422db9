"""The end of each row of a group, as the journal keeps it: rows by their ids, no number and no text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ovh_sms.idempotency.unknown_outcome import SENT
from ovh_sms.outbox.row_reasons import RowReason
from ovh_sms.sending.receiver_files import digits
from ovh_sms.store.outbox_records import REFUSED, SUBMITTED, UNKNOWN, RowEnd

if TYPE_CHECKING:
    from ovh_sms.api.models import SubmissionResult
    from ovh_sms.store.outbox_records import OutboxRow

#: OVH's answer does not say what became of a row.
NOT_IN_ANSWER = "not_in_answer"


def group_answer(
    *,
    rows: Sequence[int],
    accepted: Mapping[int, int | None],
    refused: Sequence[int],
    left_out: Mapping[Any, Sequence[Any]],
    credits_spent: float | None,
    unexpected: int = 0,
) -> dict[str, Any]:
    """Build the answer of a group.

    :param rows: ids of the rows that were given to OVH.
    :param accepted: OVH's id of the message of each row that was accepted, if it is known.
    :param left_out: state and reason of each row that was not given to OVH.
    :param unexpected: numbers that OVH names and was not given.
    """
    return {
        "rows": list(rows),
        "accepted": [list(each) for each in accepted.items()],
        "refused": list(refused),
        "left_out": {str(row): list(end) for row, end in left_out.items()},
        "submitted": len(accepted),
        "credits_spent": credits_spent,
        "unexpected": unexpected,
    }


def read_answer(
    answer: SubmissionResult, given: Sequence[OutboxRow], left_out: Mapping[int, Sequence[Any]]
) -> dict[str, Any]:
    """Read OVH's answer to a group. It names its ids and the numbers that it accepted in one order."""
    by_number = {digits(row.receiver): row.id for row in given}
    in_order = len(answer.ids) == len(answer.accepted)
    ids: Sequence[int | None] = answer.ids if in_order else [None] * len(answer.accepted)
    accepted = {
        by_number[digits(number)]: message
        for number, message in zip(answer.accepted, ids, strict=True)
        if digits(number) in by_number
    }
    refused = {by_number[digits(number)] for number in answer.refused if digits(number) in by_number}
    named = [*answer.accepted, *answer.refused]
    return group_answer(
        rows=[row.id for row in given],
        accepted=accepted,
        refused=sorted(refused - accepted.keys()),
        left_out=left_out,
        credits_spent=answer.credits_removed,
        unexpected=sum(digits(number) not in by_number for number in named),
    )


def row_ends(answer: Mapping[str, Any]) -> dict[int, RowEnd]:
    """Read what became of each row of a group. Its credits are shared by the rows that were accepted."""
    accepted: dict[int, int | None] = dict(answer["accepted"])
    spent = answer["credits_spent"]
    each = None if spent is None or not accepted else spent / len(accepted)
    ends = {int(row): RowEnd(*end) for row, end in answer["left_out"].items()}
    for row in answer["rows"]:
        if row in accepted:
            ends[row] = RowEnd(SUBMITTED, None, accepted[row], each)
        elif row in answer["refused"]:
            ends[row] = RowEnd(REFUSED, RowReason.OVH_REFUSAL.value)
        elif answer.get("resolution") == SENT:
            ends[row] = RowEnd(SUBMITTED)
        else:
            ends[row] = RowEnd(UNKNOWN, NOT_IN_ANSWER)
    return ends
