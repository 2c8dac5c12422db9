"""Turns OVH's messages into replies of the store: matched to a run, with the receiver's key and the action."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ovh_sms.inbound.keywords import meaning_of
from ovh_sms.inbound.match import ANSWER_WINDOW, SAME_MOMENT, Match, match
from ovh_sms.inbound.sent_lists import messages_in_lists, receiver_keys
from ovh_sms.messaging.phone_numbers import EVERY_TYPE, normalise

if TYPE_CHECKING:
    from ovh_sms.api.models_incoming import IncomingMessage
    from ovh_sms.inbound.rules import ReplyRules
    from ovh_sms.store.inbound_records import InboundMessage, SentMessage
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

Keys = Mapping[tuple[str, str], Mapping[str, str]]


class ReplyReader:
    """Reads the replies of one account.

    :ivar how: replies so far by how the message was found that they answer.
    """

    def __init__(self, store: Store, account: str, rules: ReplyRules) -> None:
        self._store = store
        self._account = account
        self._rules = rules
        self.how: Counter[str] = Counter()

    def read(self, messages: Sequence[IncomingMessage]) -> list[InboundMessage]:
        """Match some messages, and choose the action of each."""
        numbers = [e164(each.sender) for each in messages]
        matches = self._matches(messages, numbers)
        self.how.update(each.how for each in matches)
        keys = self._keys(matches, numbers)
        rows = zip(messages, numbers, matches, strict=True)
        return [self._reply(message, number, found, keys) for message, number, found in rows]

    def _matches(self, messages: Sequence[IncomingMessage], numbers: Sequence[str]) -> list[Match]:
        by_tag = self._store.answered.by_tag(self._account, {each.tag for each in messages if each.tag})
        pairs = list(zip(messages, numbers, strict=True))
        to_number = self._sent_to([(each, number) for each, number in pairs if not each.tag])
        return [match(each.tag, each.created, by_tag, to_number.get(number, ())) for each, number in pairs]

    def _sent_to(self, untagged: Sequence[tuple[IncomingMessage, str]]) -> dict[str, list[SentMessage]]:
        """Messages to the people whose reply has no tag: from the results, and from the lists of other batches."""
        if not untagged:
            return {}
        moments, wanted = [each.created for each, _ in untagged], sorted({number for _, number in untagged})
        since, until = min(moments) - ANSWER_WINDOW, max(moments) + SAME_MOMENT
        found = self._store.answered.to_numbers(self._account, wanted, since=since, until=until)
        batches = self._store.answered.not_collected(self._account, since=since, until=until)
        for number, sent in messages_in_lists(batches, frozenset(wanted)).items():
            found.setdefault(number, []).extend(sent)
        return found

    def _keys(self, matches: Sequence[Match], numbers: Sequence[str]) -> Keys:
        """The keys of receivers, by run and number."""
        wanted: dict[tuple[str, str], set[str]] = {}
        for each, number in zip(matches, numbers, strict=True):
            if each.sent is not None and self._rules.has_key(each.sent.campaign):
                wanted.setdefault(each.sent.run, set()).add(number)
        folders = self._store.answered.folders(wanted) if wanted else {}
        keys = {run: receiver_keys(folders[run], people) for run, people in wanted.items()}
        if unknown := sum(len(people) - len(keys[run]) for run, people in wanted.items()):
            log.warning(
                "receivers without a key=%d: the run's file of keys is gone, or has several keys or none for them",
                unknown,
            )
        return keys

    def _reply(self, message: IncomingMessage, number: str, found: Match, keys: Keys) -> InboundMessage:
        from ovh_sms.store.inbound_records import InboundMessage

        sent = found.sent
        meaning = meaning_of(message.message, self._rules.of(sent.campaign if sent else None))
        return InboundMessage(
            inbound_id=message.id,
            received_at=message.created,
            number=number,
            text=message.message,
            tag=sent.tag if sent else message.tag,
            campaign=sent.campaign if sent else None,
            dag_id=sent.dag_id if sent else None,
            run_id=sent.run_id if sent else None,
            matched_by=found.how,
            receiver_key=keys.get(sent.run, {}).get(number) if sent else None,
            keyword=meaning.keyword,
            action=meaning.action,
            credits=message.credits,
        )


def e164(sender: str) -> str:
    """Return the number of a person as OVH writes it in E.164; a text that is no phone number stays as it is."""
    digits = "".join(filter(str.isdigit, sender))
    for written in (sender, f"+{digits.removeprefix('00')}"):
        found = normalise(written, region="FR", allow_fiction=True, also_accept=EVERY_TYPE).e164
        if found is not None:
            return found
    return sender
