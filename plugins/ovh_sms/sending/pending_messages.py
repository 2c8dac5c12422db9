"""Messages of one batch among those that wait at OVH, which carry no tag."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ovh_sms.messaging.mail_merge import is_another_text
from ovh_sms.sending.receiver_files import digits

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models import PendingMessage

#: Calls in which the new waiting messages must be read: 20,000 at 50 in a call, 400 where OVH reads them one by one.
MOST_CALLS = 400
#: The STOP clause as OVH may write it behind a text.
_STOP = re.compile(r"\s*STOP\b.{0,30}", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class PendingMatch:
    """The messages that wait at OVH at one moment, compared with one batch.

    :param ours: certainly of the batch: its sender, one of its receivers, and that receiver's own text.
    :param ambiguous: perhaps of the batch: for one of its receivers, or for anybody if they are not known; also those
        that OVH dates before the batch and did not list then.
    :param others: certainly of others, created since the batch was about to be submitted.
    :param truncated: whether messages of others were too many to be read.
    """

    ours: Sequence[PendingMessage]
    ambiguous: Sequence[PendingMessage]
    others: Sequence[PendingMessage]
    truncated: bool = False


@dataclass
class PendingMatcher:
    """Finds the waiting messages of one batch by sender, receiver, text and time.

    :param message: the text before merging; ``None`` if it is not known.
    :param texts: each receiver's text by E.164 digits; ``None`` if the receivers are not known.
    :param sender: the batch's sender; empty if receivers answer to a short number.
    :param since: OVH's own time when the batch was about to be submitted, aware, a whole second.
    :param until: OVH's own time when a later batch of the same kind may have started; ``None`` if there is none.
    :param contested: says of each message, by number and text, whether another batch may have made the same, so that it
        is not certainly this one's.
    :param ids_before: OVH's ids of messages that are certainly older than the batch: they are not even read.

    The last three may be set anew before each :meth:`match`. A message is read once: it does not change while it waits.
    """

    client: OvhSmsClient
    message: str | None
    texts: Mapping[int, str] | None
    sender: str
    since: datetime
    until: datetime | None = None
    contested: Callable[[Sequence[tuple[str, str]]], Sequence[bool]] = lambda messages: [False] * len(messages)
    ids_before: Collection[int] = frozenset()
    ids_of_others: Collection[int] = frozenset()
    _known: dict[int, PendingMessage] = field(default_factory=dict, init=False)

    def match(self) -> PendingMatch | None:
        """Sort the messages that wait right now.

        :returns: ``None`` if too many wait on the account to be read.

        Source: GET ``/sms/{serviceName}/jobs`` and ``/jobs/{id}``.
        """
        waiting = [each for each in self.client.jobs.pending_ids() if each not in self.ids_before]
        new = [each for each in waiting if each not in self._known]
        read, truncated = self.client.jobs.read_within(new, MOST_CALLS), False
        if read is None:
            new = [each for each in new if each not in self.ids_of_others]
            read, truncated = self.client.jobs.read_within(new, MOST_CALLS), True
        if read is None:
            return None
        self._known.update((message.id, message) for message in read)
        found: dict[str, list[PendingMessage]] = {"ours": [], "ambiguous": [], "others": []}
        for each in waiting:
            if each in self._known and (kind := self._kind(self._known[each])):
                found[kind].append(self._known[each])
        candidates, found["ours"] = found["ours"], []
        texts = self.texts or {}
        contested = self.contested([(each.receiver, texts[digits(each.receiver)]) for each in candidates])
        for message, is_contested in zip(candidates, contested, strict=True):
            found["ambiguous" if is_contested else "ours"].append(message)
        return PendingMatch(**found, truncated=truncated)

    def _kind(self, message: PendingMessage) -> str:
        """``ours``, ``ambiguous`` or ``others``; empty for messages of others created before."""
        is_older = message.created < self.since
        others = "" if is_older else "others"
        if message.id in self.ids_of_others:
            return others
        if (self.sender and message.sender != self.sender) or (self.until and message.created >= self.until):
            return others
        if self.texts is None:
            is_of_others = self.message is not None and is_another_text(self.message, message.message)
            return others if is_of_others else "ambiguous"
        text = self.texts.get(digits(message.receiver))
        if text is None:
            return others
        is_certain = not is_older and _is_text(message.message, text)
        return "ours" if is_certain else "ambiguous"


def _is_text(message: str, text: str) -> bool:
    """Whether a message is a text, perhaps with the STOP clause behind it."""
    message, text = message.strip(), text.strip()
    return message.startswith(text) and (len(message) == len(text) or _STOP.fullmatch(message, len(text)) is not None)
