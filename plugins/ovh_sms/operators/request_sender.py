"""Request a sender, at most once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator, WritingOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


class RequestSenderOperator(WritingOperator):
    """Request a sender, unless the account has it. OVH's moderator decides about a name; a number gets a code.

    One request is made for an account and a sender, by whichever run or command.

    :param sender: at most 11 letters, digits and blanks, or a phone number.
    :param description: its purpose, as the account's owner sees it.
    :param reason: what OVH's moderator reads.
    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, whose journal knows every attempt.
    :returns: ``sender``, ``requested``, ``status`` and ``comment``, as OVH has them now.
    :raises ConfigurationError: it cannot be a sender's name.
    :raises RequestRefused: OVH refused the request.
    :raises OutcomeUnknown: OVH may have it; the next try reads the sender.

    Source: GET ``/sms/{serviceName}/senders/{sender}``, POST ``/sms/{serviceName}/senders``.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "sender", "description", "reason")

    def __init__(
        self,
        *,
        sender: str,
        description: str = "",
        reason: str = "",
        quiet_period: timedelta = timedelta(minutes=2),
        reconcile_timeout: timedelta = timedelta(minutes=20),
        **kwargs: Any,
    ) -> None:
        super().__init__(quiet_period=quiet_period, reconcile_timeout=reconcile_timeout, **kwargs)
        self.sender = sender
        self.description = description
        self.reason = reason

    def execute(self, context: Context) -> dict[str, Any]:
        """Request it, or read it as it is."""
        from ovh_sms.accounts.senders import SenderRequest, request_sender
        from ovh_sms.clock import SystemClock

        wanted = SenderRequest(name=self.sender, description=self.description, reason=self.reason)
        policy = self.policy()
        with self.once() as store:
            found = request_sender(
                wanted,
                client=self.hook.client,
                store=store,
                task=self.task_try(context),
                policy=policy,
                clock=SystemClock(),
            )
        self.log.info("sender=%s requested=%s status=%s", found.sender, found.requested, found.status)
        return found.to_xcom()
