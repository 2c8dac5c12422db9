"""What a sending is, what OVH answered to it, and whether the two agree. No Airflow, no call."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import (
    ConfigurationError,
    OutcomeUnknown,
    RequestChanged,
    RequestRefused,
    WrongReceivers,
)
from ovh_sms.private_files import private_file, private_folder

if TYPE_CHECKING:
    from ovh_sms.api.models import JobAnswer

#: What only a later try needs to know.
INTENT_ONLY = frozenset({"request", "credits_left", "ovh_time", "ovh_time_after", "attempt", "at"})
#: What makes a sending this sending; a later try with another one of these must not pass for the first.
IDENTITY = {"message_digest": "message", "list_digest": "list", "sender": "sender", "account": "account"}


def digest_of(*texts: str) -> str:
    """Digest of texts that must not be kept themselves: a message, numbers, an address.

    :returns: SHA-256, hexadecimal.
    """
    return hashlib.sha256("\x1f".join(texts).encode()).hexdigest()


def list_facts(
    *,
    prepared: Mapping[str, Any] | None,
    receivers: Mapping[str, Any] | None,
    numbers: Sequence[str] | None,
    document_url: str | None,
) -> dict[str, Any]:
    """Tell which list is sent to, in counts and digests.

    :returns: ``list_digest``, ``source_digest`` of the contact list where known, ``list_path``, ``folder`` of the
        whole list, ``piece`` and ``pieces``, ``rows``, ``accepted``, ``rejected``, ``credits_estimated`` and
        ``expected``, the receivers handed over; ``None`` where nobody knows.
    """
    expected = int(receivers["records"]) if receivers else len(numbers) if numbers else None
    if prepared:
        digest = prepared["digest"]
    elif numbers:
        digest = digest_of(*sorted(numbers))
    else:
        digest = (receivers or {}).get("digest") or digest_of(document_url or "")
    known = prepared or {}
    return {
        "list_digest": digest,
        "source_digest": known.get("source_digest"),
        "list_path": known.get("list_path", ""),
        "folder": known.get("folder", ""),
        "piece": known.get("number", 1),
        "pieces": known.get("of", 1),
        "rows": known.get("rows", expected),
        "accepted": known.get("accepted", expected),
        "rejected": known.get("rejected", {}),
        "credits_estimated": known.get("credits"),
        "expected": expected,
    }


def answered(facts: Mapping[str, Any], answer: JobAnswer) -> dict[str, Any]:
    """Put together what was handed over and what OVH made of it; no numbers, no texts.

    :param facts: what was about to be sent.
    :param answer: OVH's.
    """
    return {
        **facts,
        "submitted": len(answer.valid),
        "invalid": len(answer.invalid),
        "jobs": len(answer.ids),
        "credits_spent": answer.credits_removed,
        "sent_at": datetime.now(UTC).isoformat(),
    }


def adopted(intent: Mapping[str, Any], found: int, *, credits_spent: float | None = None) -> dict[str, Any]:
    """Put together what was handed over and what OVH shows of it, where its answer was lost.

    :param intent: what was about to be sent.
    :param found: the sending's messages at OVH.
    :param credits_spent: what they took, where known.
    """
    facts = {name: value for name, value in intent.items() if name not in INTENT_ONLY}
    seen = {"submitted": found, "invalid": 0, "jobs": found, "credits_spent": credits_spent}
    return {**facts, **seen, "sent_at": intent["at"]}


def check_same(kept: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to pass an earlier sending of this task for another one.

    :param kept: what the earlier try was about to send.
    :param now: what this try would send.
    :raises RequestChanged: names what differs.
    """
    differ = [name for key, name in IDENTITY.items() if kept.get(key) != now.get(key)]
    if differ:
        raise RequestChanged(
            f"This task has sent already (tag {kept['tag']}), and since then its {' and '.join(differ)} changed.",
            action="Nothing is sent again. To send the changed campaign, start a new run.",
        )


def check_answer(sending: Mapping[str, Any]) -> None:
    """Make sure that OVH's answer accounts for every receiver.

    :param sending: made by :func:`answered` or :func:`adopted`.
    :raises RequestRefused: where OVH took nobody.
    :raises OutcomeUnknown: where OVH names other counts than it was given.
    :raises WrongReceivers: where it names people it was not given.
    """
    if sending.get("foreign"):
        raise WrongReceivers(
            f"OVH has sent to {sending['foreign']} numbers that are not on the list of the sending {sending['tag']}: "
            "somebody put another list in its place right before the POST.",
            action="The numbers are in sent_but_not_on_the_list.csv beside the list. 'ovh-sms cancel' takes back what "
            "still waits. Nothing is sent again by this run.",
        )
    submitted, invalid, expected = sending["submitted"], sending["invalid"], sending["expected"]
    if not submitted:
        raise RequestRefused(
            f"OVH accepted none of the receivers ({invalid} refused).",
            action="Look at the refused numbers beside the prepared list; nothing was sent.",
        )
    counted = f"it was given {expected}, accepted {submitted}, refused {invalid}"
    if (expected is not None and submitted + invalid != expected) or sending["jobs"] == 0:
        raise OutcomeUnknown(
            f"OVH's answer to the sending {sending['tag']} does not account for every receiver: {counted}, "
            f"and made {sending['jobs']} messages.",
            action="Look for the tag in OVH's manager. Nothing is sent again by this run.",
        )


def check_one_batch(prepared: Mapping[str, Any] | None) -> None:
    """Refuse a prepared list that is in several pieces where one sending is wanted.

    :param prepared: a prepared list or one of its pieces.
    :raises ConfigurationError: says how to go on.
    """
    pieces = len((prepared or {}).get("batches", ()))
    if pieces > 1:
        raise ConfigurationError(
            f"The prepared list is in {pieces} pieces, and a task sends one.",
            action="Put SplitIntoBatchesOperator behind the preparation and expand upload and sending over its output. "
            "Nothing was sent.",
        )


def keep_numbers(beside: str | Path, name: str, numbers: Sequence[str]) -> Path:
    """Keep numbers beside the prepared list, as every receiver is accounted for.

    :param beside: the prepared list.
    :param name: of the file.
    :param numbers: as OVH wrote them.
    :returns: the file, readable by its owner only.
    """
    path = Path(beside).with_name(name)
    private_folder(path.parent)
    private_file(path).write_text("number\n" + "\n".join(numbers) + "\n", encoding="utf-8")
    return path
