"""Plans answers: their texts, tags and credits; and reserves the credits, so that no campaign counts on them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.credits.rates import foreign_rates
from ovh_sms.inbound.answer_post import ERASED, NO_COLUMNS, NO_NUMBER, NOT_WANTED, PlannedAnswer
from ovh_sms.messaging.segments import measure
from ovh_sms.messaging.tag import digest_tag
from ovh_sms.sending.message_credits import rates_of, reserve_messages
from ovh_sms.store.models import ANSWERS_DAG

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.inbound.answer_rules import AnswerRule
    from ovh_sms.store.inbound_records import InboundMessage
    from ovh_sms.store.store import Store

_E164 = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True, kw_only=True)
class AnswerPlan:
    """Plans the answers to replies of one account by one rule."""

    rule: AnswerRule
    client: OvhSmsClient
    store: Store

    def of(self, replies: Sequence[InboundMessage]) -> list[PlannedAnswer]:
        """Plan the answer to each reply; one that cannot be made says why."""
        people = [each for each in replies if _E164.fullmatch(each.number) and self.rule.wants(each)]
        texts = self.rule.text.of(people, self.store)
        numbers = {each.number for each in people if each.inbound_id in texts}
        rates = rates_of(sorted(numbers), partial(foreign_rates, self.client))
        return [self._planned(each, texts.get(each.inbound_id), rates) for each in replies]

    def reserve(self, planned: Iterable[PlannedAnswer], name: str) -> None:
        """Reserve the credits of some answers, until they are released by the same name.

        :raises InsufficientCredits: the account holds too few beside those that others have reserved.
        """
        batches = {each.tag: each.credits for each in planned if each.credits}
        reserve_messages(
            batches,
            name=name,
            dag_id=ANSWERS_DAG,
            client=self.client,
            store=self.store,
            what=f"The answers to {len(batches)} replies cost",
            again="clear the task",
        )

    def release(self, name: str) -> None:
        """End a reservation."""
        self.store.reservations.release(ANSWERS_DAG, name)

    def _planned(self, reply: InboundMessage, text: str | None, rates: dict[str, float]) -> PlannedAnswer:
        tag = digest_tag(ANSWERS_DAG, self.client.account_name, str(reply.inbound_id), self.rule.name)
        return PlannedAnswer(
            inbound_id=reply.inbound_id,
            rule=self.rule.name,
            tag=tag,
            message=self.rule.text.message,
            request=None if text is None else self._request(reply.number, text, tag),
            credits=0.0 if text is None else measure(text).segments * rates[reply.number],
            why_not="" if text is not None else self._why_not(reply),
        )

    def _why_not(self, reply: InboundMessage) -> str:
        """Why a reply has no text."""
        from ovh_sms.store import erased_replies

        if not self.rule.wants(reply):
            return NOT_WANTED
        if reply.number == erased_replies.ERASED:
            return ERASED
        return NO_COLUMNS if _E164.fullmatch(reply.number) else NO_NUMBER

    def _request(self, number: str, text: str, tag: str) -> SubmissionRequest:
        return SubmissionRequest(
            message=text,
            stop_clause=False,  # it answers the person's own message
            tag=tag,
            receivers=(number,),
            sender=self.rule.sender or None,
            sender_for_response=not self.rule.sender,
        )
