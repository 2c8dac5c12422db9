"""Messages of one batch among those that wait at OVH, which carry no tag."""

from __future__ import annotations

import re
from collections import defaultdict
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

#: Answers a question about each of several messages, by number and text.
Compare = Callable[[Sequence[tuple[str, str]]], Sequence[bool]]


@dataclass(frozen=True)
class PendingMatch:
    """The messages that wait at OVH at one moment, compared with one batch.

    :param ours: certainly of the batch: its sender, one of its receivers, and that receiver's own text.
    :param ambiguous: perhaps of the batch: for one of its receivers, or for anybody if they are not known; also those
        that OVH dates before the batch and did not list then.
    """

    ours: Sequence[PendingMessage]
    ambiguous: Sequence[PendingMessage]


@dataclass
class PendingMatcher:
    """Finds the waiting messages of one batch by sender, receiver, text and time.

    :param message: the text before merging; ``None`` if it is not known.
    :param texts: each receiver's texts by E.164 digits; ``None`` if the receivers are not known.
    :param sender: the batch's sender; empty if receivers answer to a short number.
    :param since: OVH's own time when the batch was about to be submitted, aware, a whole second.
    :param until: OVH's own time when a later batch of the same kind may have started; ``None`` if there is none.
    :param contested: says of each message, by number and text, whether another batch may have made the same, so that it
        is not certainly this one's.
    :param of_others: says of each message whether its number and text are exactly another batch's, so that it is not
        an altered one of this batch.
    :param of_run: the texts that other batches of the same run have for some receivers. None of them is the batch's.
    :param ids_before: OVH's ids of messages that are certainly older than the batch: they are not even read.

    The last five may be set anew before each :meth:`match`. A message is read once: it does not change while it waits.
    """

    client: OvhSmsClient
    message: str | None
    texts: Mapping[int, Sequence[str]] | None
    sender: str
    since: datetime
    until: datetime | None = None
    contested: Compare = lambda messages: [False] * len(messages)
    of_others: Compare = lambda messages: [False] * len(messages)
    of_run: Callable[[Collection[int]], Mapping[int, Sequence[str]]] = lambda receivers: {}
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
        read = self.client.jobs.read_within(new, MOST_CALLS)
        if read is None:
            new = [each for each in new if each not in self.ids_of_others]
            read = self.client.jobs.read_within(new, MOST_CALLS)
        if read is None:
            return None
        self._known.update((message.id, message) for message in read)
        found: dict[str, list[PendingMessage]] = defaultdict(list)
        for each in waiting:
            if each in self._known:
                found[self._kind(self._known[each])].append(self._known[each])
        same, altered = self._without_others_of_run(found["same"]), self._without_others_of_run(found["altered"])
        contested = self.contested([(each.receiver, self.text_of(each) or "") for each in same])
        of_others = self.of_others([(each.receiver, each.message) for each in altered])
        uncertain = [each for each, is_contested in zip(same, contested, strict=True) if is_contested]
        uncertain += [each for each, is_of_others in zip(altered, of_others, strict=True) if not is_of_others]
        ours = [each for each, is_contested in zip(same, contested, strict=True) if not is_contested]
        return PendingMatch(ours=ours, ambiguous=[*found["ambiguous"], *uncertain])

    def _kind(self, message: PendingMessage) -> str:
        """``others``; to one of the batch's receivers: ``same`` or ``altered`` text; else ``ambiguous``."""
        if message.id in self.ids_of_others:
            return "others"
        if (self.sender and message.sender != self.sender) or (self.until and message.created >= self.until):
            return "others"
        if self.texts is None:
            is_of_others = self.message is not None and is_another_text(self.message, message.message)
            return "others" if is_of_others else "ambiguous"
        if digits(message.receiver) not in self.texts:
            return "others"
        if self.text_of(message) is None:
            return "altered"
        return "ambiguous" if message.created < self.since else "same"

    def text_of(self, message: PendingMessage) -> str | None:
        """Return the text of the batch that a message has; ``None`` if it has another one."""
        return _text_of(message.message, (self.texts or {}).get(digits(message.receiver), ()))

    def _without_others_of_run(self, messages: Sequence[PendingMessage]) -> list[PendingMessage]:
        """Leave out the messages with another batch's text: one number may get a text from each."""
        exact = {each.id for each in messages if self.text_of(each) == each.message}
        texts = self.of_run({digits(each.receiver) for each in messages if each.id not in exact}) if messages else {}
        kept = []
        for each in messages:
            own = self.text_of(each)
            other = None if each.id in exact else _text_of(each.message, texts.get(digits(each.receiver), ()))
            if other is None or (own is not None and len(own) >= len(other)):
                kept.append(each)
        return kept


def _text_of(message: str, texts: Sequence[str]) -> str | None:
    """The text that a message has; of several the longest one, as it may begin as another one with a STOP clause."""
    return max((text for text in texts if _is_text(message, text)), key=len, default=None)


def _is_text(message: str, text: str) -> bool:
    """Whether a message is a text, perhaps with the STOP clause behind it."""
    message, text = message.strip(), text.strip()
    return message.startswith(text) and (len(message) == len(text) or _STOP.fullmatch(message, len(text)) is not None)
