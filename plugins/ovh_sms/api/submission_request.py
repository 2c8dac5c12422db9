"""One submission, checked before it leaves: the message, its receivers, its sender and its time."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ovh_sms.api.models import Priority
from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.tag import TAG_RULE, is_tag

#: OVH has deprecated both.
MessageClass = Literal["flash", "phoneDisplay", "sim", "toolkit"]
Coding = Literal["7bit", "8bit"]
#: Most numbers in one request; OVH advises a receivers slot for more.
MOST_NUMBERS = 500
_E164 = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True, kw_only=True)
class SubmissionRequest:
    """One message to a list of receivers.

    Give exactly one of ``receivers``, ``slot`` and ``document_url``, and exactly one of ``sender`` and
    ``sender_for_response``.

    :param message: the text, with ``#column#`` in place of each column's value.
    :param stop_clause: whether OVH adds the way to unsubscribe; an advertisement must have it.
    :param tag: label of this submission, see :mod:`ovh_sms.messaging.tag`; its messages are found by it.
    :param receivers: numbers, E.164.
    :param slot: number of a receivers slot, 1 to 9.
    :param document_url: address of a CSV that OVH fetches.
    :param sender: a sender of the account.
    :param user: login of the account's user who sends; none if the account itself does.
    :param sender_for_response: send from a short number that can be answered.
    :param delay_minutes: minutes for which OVH holds the messages.
    :param validity_minutes: minutes after which OVH drops an undelivered message.
    :param message_class: OVH's option ``class``, which it has deprecated.
    :param coding: which OVH has deprecated: it follows from the text.
    :raises ovh_sms.errors.ConfigurationError: lists everything that is wrong.
    """

    message: str = field(repr=False)
    stop_clause: bool
    tag: str
    receivers: Sequence[str] | None = field(default=None, repr=False)
    slot: int | None = None
    document_url: str | None = field(default=None, repr=False)
    sender: str | None = None
    sender_for_response: bool = False
    user: str | None = None
    delay_minutes: int | None = None
    validity_minutes: int | None = None
    priority: Priority | None = None
    charset: Literal["UTF-8"] | None = None
    message_class: MessageClass | None = None
    coding: Coding | None = None

    def __post_init__(self) -> None:
        problems = [text for wrong, text in self._checks() if wrong]
        if problems:
            raise ConfigurationError(
                f"The submission is not valid: {'; '.join(problems)}. Nothing was sent.",
                action="Correct its parameters.",
            )

    def _checks(self) -> list[tuple[bool, str]]:
        ways = [way is not None for way in (self.receivers, self.slot, self.document_url)]
        return [
            (not self.message.strip(), "the message is empty"),
            (sum(ways) != 1, "give exactly one of receivers, slot and document_url"),
            (self.receivers is not None and len(self.receivers) == 0, "the list of receivers is empty"),
            *_number_checks(self.receivers or ()),
            (self.slot is not None and not 1 <= self.slot <= 9, "slot goes from 1 to 9"),
            (bool(self.sender) == self.sender_for_response, "give either sender or sender_for_response"),
            (not is_tag(self.tag), TAG_RULE),
            (self.delay_minutes is not None and self.delay_minutes < 0, "delay_minutes is below 0"),
            (self.validity_minutes is not None and self.validity_minutes < 1, "validity_minutes is below 1"),
            (
                self.priority is not None and self.priority not in get_args(Priority),
                f"priority is one of {', '.join(get_args(Priority))}",
            ),
            (self.charset not in (None, "UTF-8"), "charset takes UTF-8 only"),
            *(
                (value is not None and value not in get_args(known), f"{name} is one of {', '.join(get_args(known))}")
                for name, value, known in (
                    ("message_class", self.message_class, MessageClass),
                    ("coding", self.coding, Coding),
                )
            ),
        ]

    def body(self) -> dict[str, Any]:
        """Return the body of OVH's POST ``/sms/{serviceName}/jobs``, without the parameters that are not given."""
        given = {
            "message": self.message,
            "receivers": None if self.receivers is None else list(self.receivers),
            "receiversSlotId": None if self.slot is None else str(self.slot),  # documented as a string
            "receiversDocumentUrl": self.document_url,
            "sender": self.sender or None,
            "senderForResponse": self.sender_for_response or None,
            "noStopClause": not self.stop_clause,
            "tag": self.tag,
            "differedPeriod": self.delay_minutes,
            "validityPeriod": self.validity_minutes,
            "priority": self.priority,
            "charset": self.charset,
            "class": self.message_class,
            "coding": self.coding,
        }
        return {name: value for name, value in given.items() if value is not None}

    def fingerprint(self) -> str:
        """Return the SHA-256 of the request in 64 hex digits, the same for the same request."""
        given = {**self.body(), **({"user": self.user} if self.user else {})}
        canonical = json.dumps(given, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _number_checks(numbers: Sequence[str]) -> list[tuple[bool, str]]:
    """Check numbers given one by one, without showing any."""
    wrong = sum(1 for number in numbers if not _E164.fullmatch(number))
    return [
        (wrong > 0, f"{wrong} of the receivers are not in E.164 form, such as +33 and nine digits"),
        (len(set(numbers)) != len(numbers), "the receivers hold the same number twice"),
        (len(numbers) > MOST_NUMBERS, f"more than {MOST_NUMBERS} receivers: use a receivers slot"),
    ]
