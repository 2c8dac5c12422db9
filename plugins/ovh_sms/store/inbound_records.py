"""The rows of replies as typed values, and the messages that a reply may answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class InboundMessage:
    """One reply.

    :param inbound_id: OVH's id.
    :param received_at: aware; in UTC once it is stored.
    :param number: of the person who wrote, E.164 if it is a phone number; ``erased`` once it is removed.
    :param text: as the person wrote it; empty once it is removed.
    :param tag: of the batch that is answered; as OVH gives it if no run is known by it; else empty.
    :param campaign: ``None`` if it is not known which run is answered, as ``dag_id`` and ``run_id``.
    :param matched_by: how that was found: by the ``tag`` or the ``number``; or why not: several runs wrote to the
        number (``ambiguous``), or ``none`` did.
    :param receiver_key: value of the column that the campaign names in ``replies.key``, if it is known.
    :param keyword: the word by which the action was chosen.
    :param action: ``opt_out``, ``inbox``, or the event of a rule.
    :param credits: cost of the reply.
    """

    inbound_id: int
    received_at: datetime
    number: str
    text: str
    tag: str
    action: str
    campaign: str | None = None
    dag_id: str | None = None
    run_id: str | None = None
    matched_by: str = "none"
    receiver_key: str | None = None
    keyword: str | None = None
    credits: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SentMessage:
    """A message to one person, or a batch, that a reply may answer.

    :param at: when OVH made the message; of a batch that is not collected, when it was claimed.
    """

    tag: str
    campaign: str
    dag_id: str
    run_id: str
    at: datetime

    @property
    def run(self) -> tuple[str, str]:
        """Its run: two of them are the same run if this is the same."""
        return self.dag_id, self.run_id


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedBatch:
    """A batch that is not collected, so its receivers are known from its list alone.

    :param folder: of the run's prepared list.
    :param batch: its number within the list.
    :param submitted_path: list that OVH was given in its place, as people opted out since; empty if none did.
    """

    sent: SentMessage
    folder: str
    batch: int
    submitted_path: str = ""


@dataclass(frozen=True, kw_only=True)
class ReplyCounts:
    """The replies to one run that one task announces.

    :param account: SMS account that they came to.
    :param campaign: ``None`` for those whose run is not known.
    :param by_keyword: replies by the word that the campaign or the package knows; the others are in no word.
    :param by_action: replies by action.
    :param events: event, key of the receiver and moment of each reply with an event, the earliest first.
    """

    account: str
    campaign: str | None
    dag_id: str | None
    run_id: str | None
    replies: int
    by_keyword: dict[str, int]
    by_action: dict[str, int]
    events: tuple[tuple[str, str | None, datetime], ...]
