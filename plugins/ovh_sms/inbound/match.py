"""Which message a reply answers: by the tag that OVH gives, else by number and time; never guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ovh_sms.store.inbound_records import SentMessage

#: OVH takes an answer to a short number for so long.
ANSWER_WINDOW = timedelta(hours=48)
#: OVH dates messages in whole seconds, and a batch is claimed by another clock: what is nearer cannot be ordered.
SAME_MOMENT = timedelta(seconds=2)

How = Literal["tag", "number", "ambiguous", "none"]


@dataclass(frozen=True)
class Match:
    """The message that a reply answers.

    :param how: found by its ``tag`` or by ``number``; not found, as it is ``ambiguous`` or ``none`` asked.
    """

    how: How
    sent: SentMessage | None = None


def match(
    tag: str,
    received_at: datetime,
    by_tag: Mapping[str, SentMessage],
    to_number: Sequence[SentMessage] = (),
    *,
    window: timedelta = ANSWER_WINDOW,
    apart: timedelta = ANSWER_WINDOW,
) -> Match:
    """Find the message that a reply answers.

    A tag that no run knows is another program's, so nothing else is tried. Without a tag the newest message to that
    number counts, if the answer came within ``window``. It is ambiguous if another run wrote within ``apart`` before
    that message, too.

    :param tag: as OVH gives it with the reply; empty if it gives none.
    :param by_tag: batches of this package by their tags.
    :param to_number: messages to the person that can be answered.
    :param window: so long after the message an answer may come.
    :param apart: a message of another run that is older by more than this is not answered any more.
    """
    if tag:
        found = by_tag.get(tag)
        return Match("tag", found) if found is not None else Match("none")
    recent = [each for each in to_number if received_at - window <= each.at <= received_at + SAME_MOMENT]
    if not recent:
        return Match("none")
    newest = max(recent, key=lambda each: each.at)
    runs = {each.run for each in recent if newest.at - each.at <= apart}
    return Match("number", newest) if len(runs) == 1 else Match("ambiguous")
