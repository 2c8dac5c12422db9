"""Answers replies, each at most once for a rule, even if the process is killed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from ovh_sms.errors import (
    AccountExpired,
    OutcomeUnknown,
    OutOfCredits,
    OvhSmsError,
    RequestRefused,
    ResolutionRequired,
    ScheduleTooOld,
)
from ovh_sms.idempotency.journal import ClaimRules, Journal, WriteIdentity
from ovh_sms.idempotency.protocol import OTHER_PROCESS, OTHER_PROCESS_ACTION, OnceOnlyWrite, ReconcileWait
from ovh_sms.inbound.answer_plan import AnswerPlan
from ovh_sms.inbound.answer_post import (
    BEFORE_RESTORE,
    ENOUGH,
    NOT_WANTED,
    OPTED_OUT,
    TOO_OLD,
    AnswerPost,
    NoAnswer,
    OptedOutSince,
    PlannedAnswer,
)
from ovh_sms.inbound.answer_rules import AnswerCounts, AnswerRule
from ovh_sms.messaging.tag import digest_tag
from ovh_sms.sending.opted_out import OptedOutPeople
from ovh_sms.store.models import ANSWER, ANSWERS_DAG

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.store.answers import DueAnswers
    from ovh_sms.store.inbound_records import InboundMessage
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: The clocks of OVH and of the results may differ by so much: a reply of before a restoration gets no answer.
CLOCKS_DIFFER = timedelta(minutes=10)
#: Answers that OVH refuses before the others are not tried any more.
_MOST_REFUSED = 3


@dataclass(frozen=True, kw_only=True)
class ReplyAnswers:
    """Answers the replies of one account by one rule.

    :param holder: digest of the task, the same at each try.
    """

    rule: AnswerRule
    holder: str
    client: OvhSmsClient
    store: Store
    task: TaskTry
    policy: ReconcilePolicy
    clock: Clock

    def run(self) -> AnswerCounts:
        """Answer what is due, and go on with what an earlier task left.

        One answer whose outcome is not known yet keeps none of the others waiting.

        :raises MissingRight: the key lacks a right to send, or to reconcile.
        :raises InsufficientCredits: the account holds too few credits beside those that others have reserved.
        :raises RequestRefused: OVH refused an answer; the others are made unless it refuses several.
        :raises ReconcileWait: whether OVH accepted one shows later; run it again then.
        :raises OutcomeUnknown: OVH may have accepted one; the next try must reconcile.
        :raises ResolutionRequired: only a person can decide whether OVH accepted one.

        Source: POST ``/sms/{serviceName}/jobs``.
        """
        due = self._due(self.client.time())
        replies = self.store.answers.due(due, limit=self.rule.most)
        if replies:
            self.client.account.require("answers")
        plan = AnswerPlan(rule=self.rule, client=self.client, store=self.store)
        planned = plan.of(replies)
        started = self.store.answers.of_rule(
            self.client.account_name, self.rule.name, [each.inbound_id for each in replies]
        )
        # The credits of one that is under way may be gone already.
        plan.reserve([each for each in planned if each.inbound_id not in started], self._reservation)
        # Those that an earlier try left come last: several that OVH refuses each time keep nobody waiting.
        answers = sorted(zip(replies, planned, strict=True), key=lambda each: each[0].inbound_id in started)
        try:
            self._answer_all(answers)
        finally:
            plan.release(self._reservation)
        return self._counts()

    @cached_property
    def _reservation(self) -> str:
        return digest_tag(ANSWERS_DAG, self.client.account_name, self.rule.name, self.holder)

    def _due(self, now: datetime) -> DueAnswers:
        from ovh_sms.store.answers import DueAnswers

        return DueAnswers(rule=self.rule.name, wanted=self.rule.wanted, since=now - self.rule.max_age)

    def _counts(self) -> AnswerCounts:
        from ovh_sms.store.answers import ANSWERED

        found = self.store.answers.of_task(self.holder, self.client.account_name, self.rule.name)
        return AnswerCounts(
            account=self.client.account_name,
            rule=self.rule.name,
            answered=found.get(ANSWERED, (0, 0.0))[0],
            by_state={state: number for state, (number, _) in sorted(found.items()) if state},
            credits_spent=sum(spent for _, spent in found.values()),
            left=self.store.answers.count_due(self._due(self.client.time())),
        )

    def _answer_all(self, answers: Sequence[tuple[InboundMessage, PlannedAnswer]]) -> None:
        """Answer one after the other; raise what went wrong once all were tried."""
        waits: list[ReconcileWait] = []
        errors: list[OvhSmsError] = []
        refused: list[OvhSmsError] = []
        for reply, answer in answers:
            try:
                self._answer(reply, answer)
            except ReconcileWait as wait:
                waits.append(wait)
            except OutcomeUnknown as error:
                errors.append(error)
            except (OutOfCredits, AccountExpired):
                raise
            except RequestRefused as error:
                refused.append(error)
                if len(refused) == _MOST_REFUSED:
                    break
        if waits:
            raise min(waits, key=lambda each: each.wait)
        # An outcome that the next try reconciles comes before one that a person must decide.
        for each in (*sorted(errors, key=lambda error: isinstance(error, ResolutionRequired)), *refused):
            raise each

    def _answer(self, reply: InboundMessage, planned: PlannedAnswer) -> None:
        from ovh_sms.store.answers import ANSWERED, REFUSED

        account, inbound_id, rule = self.client.account_name, reply.inbound_id, self.rule.name
        self.store.answers.start(account, inbound_id, rule, tag=planned.tag, task=self.holder)
        once, spent = self._once(reply, planned), None
        try:
            made = once.run()
            state, spent = ANSWERED if made["submitted"] else REFUSED, made["credits_spent"]
        except NoAnswer as nothing:
            if once.journal.live() is not None:  # another process answers it after all, or has
                raise OutcomeUnknown(OTHER_PROCESS, action=OTHER_PROCESS_ACTION) from nothing
            state = nothing.reason
            if state == NOT_WANTED:  # the task whose filter it passes goes on with it
                return
        except OptedOutSince:
            state = OPTED_OUT
        except ScheduleTooOld:
            state = BEFORE_RESTORE
        self.store.answers.end(account, inbound_id, rule, state, credits_spent=spent)
        log.info("reply id=%d rule=%s tag=%s: %s", inbound_id, rule, planned.tag, state)

    def _once(self, reply: InboundMessage, planned: PlannedAnswer) -> OnceOnlyWrite:
        identity = WriteIdentity(
            tag=planned.tag,
            kind=ANSWER,
            campaign=reply.campaign or "",
            dag_id=ANSWERS_DAG,
            run_id=planned.tag,
            account=self.client.account_name,
        )
        rules = ClaimRules(run_after=reply.received_at - CLOCKS_DIFFER)
        journal = Journal(self.store, identity, rules, self.clock)
        write = AnswerPost(
            planned=planned,
            sender=self.rule.sender,
            refusal=lambda: self._refusal(reply),
            has_opted_out=lambda: self._opted_out.is_known(reply.number),
            client=self.client,
            journal=journal,
            clock=self.clock,
            quiet_period=self.policy.quiet_period,
        )
        return OnceOnlyWrite(write=write, journal=journal, task=self.task, policy=self.policy, clock=self.clock)

    def _refusal(self, reply: InboundMessage) -> str:
        """Why a reply gets no answer; empty if it gets one."""
        if self._opted_out.has(reply.number):
            return OPTED_OUT
        if reply.received_at < self.client.time() - self.rule.max_age:
            return TOO_OLD
        return ENOUGH if self._has_enough(reply) else ""

    def _has_enough(self, reply: InboundMessage) -> bool:
        from ovh_sms.contacts.classify.person_digests import PersonDigester

        (digest,) = PersonDigester(self.store.identity.secret()).of_numbers([reply.number])
        since = self.clock.now() - timedelta(days=1)
        given = self.store.answers.given_to(digest, self.rule.name, since, but=reply.inbound_id)
        return given >= self.rule.per_day

    @cached_property
    def _opted_out(self) -> OptedOutPeople:
        return OptedOutPeople(client=self.client, store=self.store, clock=self.clock)
