"""Answer what people have replied: one answer for each reply and rule, never two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.errors import ConfigurationError
from ovh_sms.operators.base import OvhSmsOperator, WritingOperator
from ovh_sms.task_context import task_tag

if TYPE_CHECKING:
    from airflow.sdk import Context

    from ovh_sms.inbound.answer_rules import AnswerRule

_RULE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")


class SendReplyOperator(WritingOperator):
    """Answer the replies that ``sms_replies`` or a sensor has stored, each once, even if the task is killed.

    A reply gets one answer of a rule, by whichever task, run or DAG: another one finds it in the journal or at OVH. An
    answer that was under way when its task died is reconciled as a batch is.

    A STOP gets no answer, nor does a person who opted out of the messages of any account, by the results or by OVH's
    list. An answer to a person's own message is no advertisement: it carries no STOP clause, and leaves at any hour.

    Its credits are reserved before the first answer. A task that finds nothing to answer calls OVH only for its time.

    :param message: the text; ``#column#`` stands for the person's value in the list that the campaign was sent to. The
        list at OVH holds the columns of the campaign's own message alone.
    :param without_columns: text for people whose values are not known, as their list is gone; without it they get no
        answer.
    :param rule: name of the rule: each reply gets one answer of it; by default that of ``event``, else ``reply``.
    :param event: only replies with this event get an answer, such as ``confirmed``; ``inbox`` for those that no rule of
        the campaign knows. By default all but STOPs do.
    :param campaign: only replies to this campaign get an answer.
    :param dag_id_of_run: only replies to runs of this DAG get an answer.
    :param run_id: only replies to this run get an answer.
    :param sender: shown sender; by default a short number, so that people can answer again. A short number writes to
        French mobile numbers, and without a web address.
    :param max_age: older replies get no answer.
    :param per_day: answers of the rule that one person gets within 24 hours at most: two machines that answer each
        other come to an end.
    :param most: answers that the task makes at most; the next run makes the others.
    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed; at least
        twice the connection's ``timeout_seconds``.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, whose journal knows every attempt.
    :param deferrable: wait for OVH without a worker; otherwise a worker waits.
    :returns: ``account``, ``rule``, ``answered``, ``by_state`` (``answered``, ``refused`` by OVH, and the reasons for
        which others got none: ``opted_out``, ``too_old``, ``no_columns``, ``no_number``, ``erased``, ``enough``,
        ``before_restore``), ``credits_spent`` and ``left``. No number and no text.
    :raises ConfigurationError: the text or the name of the rule is wrong.
    :raises InsufficientCredits: the account holds too few credits beside those that others have reserved.
    :raises RequestRefused: OVH refused an answer; the others were made unless it refused three.
    :raises JournalUnavailable: the journal is missing, or is not the one that the other workers use.
    :raises OutcomeUnknown: OVH may have accepted an answer, and the next try must reconcile.

    Source: POST ``/sms/{serviceName}/jobs``.
    """

    template_fields: Sequence[str] = (
        *OvhSmsOperator.template_fields,
        *("rule", "event", "campaign", "dag_id_of_run", "run_id"),
    )
    ui_color = "#e3f4ea"

    def __init__(
        self,
        *,
        message: str,
        without_columns: str | None = None,
        rule: str | None = None,
        event: str | None = None,
        campaign: str | None = None,
        dag_id_of_run: str | None = None,
        run_id: str | None = None,
        sender: str | None = None,
        max_age: timedelta = timedelta(hours=48),
        per_day: int = 3,
        most: int = 500,
        quiet_period: timedelta = timedelta(minutes=2),
        reconcile_timeout: timedelta = timedelta(minutes=20),
        results_conn_id: str = "ovh_sms_results",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            quiet_period=quiet_period, reconcile_timeout=reconcile_timeout, results_conn_id=results_conn_id, **kwargs
        )
        self.message = message
        self.without_columns = without_columns
        self.rule = rule
        self.event = event
        self.campaign = campaign
        self.dag_id_of_run = dag_id_of_run
        self.run_id = run_id
        self.sender = sender
        self.max_age = max_age
        self.per_day = per_day
        self.most = most

    def execute(self, context: Context) -> dict[str, Any]:
        """Answer what is due, or go on with what an earlier try left."""
        from ovh_sms.clock import SystemClock
        from ovh_sms.inbound.answers import ReplyAnswers

        policy, rule = self.policy(), self._rule()
        with self.once() as store:
            found = ReplyAnswers(
                rule=rule,
                holder=task_tag(context),
                client=self.hook.client,
                store=store,
                task=self.task_try(context),
                policy=policy,
                clock=SystemClock(),
            ).run()
        self.log.info("rule=%s %s credits=%g left=%d", found.rule, found.by_state, found.credits_spent, found.left)
        return found.to_xcom()

    def _rule(self) -> AnswerRule:
        from ovh_sms.inbound.answer_rules import AnswerRule
        from ovh_sms.inbound.answer_texts import AnswerText
        from ovh_sms.store.inbound import InboundFilter

        name = self.rule or self.event or "reply"
        if not _RULE.fullmatch(name):
            raise ConfigurationError(
                f"'rule' is {name!r}.",
                action="Nothing was sent. Name it with lower-case letters, digits, '_', '.' and '-', at most 40.",
            )
        if not self.message.strip():
            raise ConfigurationError("The answer is empty.", action="Nothing was sent. Give 'message'.")
        return AnswerRule(
            name=name,
            wanted=InboundFilter(
                account=self.hook.account,
                campaign=self.campaign or None,
                dag_id=self.dag_id_of_run or None,
                run_id=self.run_id or None,
                action=self.event or None,
            ),
            text=AnswerText(message=self.message, without_columns=self.without_columns),
            sender=self.sender or "",
            max_age=self.max_age,
            per_day=self.per_day,
            most=self.most,
        )
