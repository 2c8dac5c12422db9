"""The rule by which replies are answered, and the counts of its answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ovh_sms.inbound.answer_texts import AnswerText
    from ovh_sms.store.inbound import InboundFilter
    from ovh_sms.store.inbound_records import InboundMessage


@dataclass(frozen=True, kw_only=True)
class AnswerRule:
    """Which replies get which answer.

    :param name: of the rule: a reply gets one answer of it.
    :param wanted: which replies are meant; a STOP never is.
    :param sender: empty for a short number, which people can answer.
    :param max_age: older replies get no answer.
    :param per_day: answers of the rule that one person gets within 24 hours at most.
    :param most: answers of one task at most.
    """

    name: str
    wanted: InboundFilter
    text: AnswerText
    sender: str = ""
    max_age: timedelta = timedelta(hours=48)
    per_day: int = 3
    most: int = 500

    def wants(self, reply: InboundMessage) -> bool:
        """Return whether a reply is meant: one that is under way may be that of another task."""
        names = ("campaign", "dag_id", "run_id", "action", "keyword")
        return all(getattr(self.wanted, name) in (None, getattr(reply, name)) for name in names)


@dataclass(frozen=True, kw_only=True)
class AnswerCounts:
    """The answers that a task started, by their states.

    :param by_state: ``answered``, ``refused`` by OVH, or the reason for which a reply got no answer.
    :param credits_spent: of the answers.
    :param left: replies that the rule has still to answer.
    """

    account: str
    rule: str
    answered: int
    by_state: dict[str, int]
    credits_spent: float
    left: int

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values; no numbers, no texts."""
        return asdict(self)
