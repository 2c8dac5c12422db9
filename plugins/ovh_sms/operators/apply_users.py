"""Bring the users of an account to what its file wants, each write at most once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.operators.base import OvhSmsOperator, WritingOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

#: How long nothing may have changed at OVH until a change without an answer is decided.
QUIET_PERIOD = timedelta(minutes=2)


class ApplyUsersOperator(WritingOperator):
    """Create, change and delete users as the file says. Nothing is changed that is so already.

    A user that no file names stays; one is deleted only with ``absent``. A quota is given once, see ``docs/users.md``.
    A write whose answer was lost is found by reading the user.

    :param users: by login, the fields of :class:`~ovh_sms.campaign.account_users.AccountUser`.
    :param needs_approval: a person must have approved the changes.
    :param approval: output of :class:`~ovh_sms.operators.approve_users.ApproveUsersOperator`.
    :param quiet_period: after a lost answer, how long nothing may change at OVH before it is believed.
    :param reconcile_timeout: how long that may take, before a person must decide.
    :param results_conn_id: Airflow connection of the results database, whose journal knows every attempt.
    :returns: ``account``, and how many users it has made: ``create``, ``update``, ``delete``.
    :raises InsufficientCredits: the account cannot spare the quotas; nothing was changed.
    :raises UsersNotApproved: a person must approve these changes, and has not.
    :raises JournalUnavailable: the journal is missing, or is not the one that the other workers use.
    :raises OutcomeUnknown: OVH may have made a change, and the next try must reconcile.

    Source: GET and POST ``/sms/{serviceName}/users``, GET, PUT and DELETE ``/sms/{serviceName}/users/{login}``,
    GET ``/sms/{serviceName}``.
    """

    template_fields: Sequence[str] = (*OvhSmsOperator.template_fields, "approval")
    ui_color = "#e3f4ea"

    def __init__(
        self,
        *,
        users: Mapping[str, Mapping[str, Any]],
        needs_approval: bool = False,
        approval: dict[str, Any] | None = None,
        quiet_period: timedelta = QUIET_PERIOD,
        reconcile_timeout: timedelta = timedelta(minutes=20),
        **kwargs: Any,
    ) -> None:
        super().__init__(quiet_period=quiet_period, reconcile_timeout=reconcile_timeout, **kwargs)
        self.users = users
        self.needs_approval = needs_approval
        self.approval = approval

    def execute(self, context: Context) -> dict[str, Any]:
        """Read the passwords of new users, and apply."""
        from ovh_sms.accounts.apply_users import apply_users, read_difference
        from ovh_sms.clock import SystemClock
        from ovh_sms.hooks.user_password import passwords_of
        from ovh_sms.operators.compare_users import wanted_users

        policy, wanted = self.policy(), wanted_users(self.users)
        with self.once() as store:
            passwords = passwords_of(read_difference(self.hook.client, store, wanted), wanted)
            made = apply_users(
                self.hook.client,
                store,
                wanted,
                passwords=passwords,
                approved=self._approved(),
                task=self.task_try(context),
                policy=policy,
                clock=SystemClock(),
            )
        result = made.to_xcom()
        self.log.info("users account=%s created=%s updated=%s deleted=%s", *result.values())
        return result

    def _approved(self) -> list[str] | None:
        """The steps that a person approved; none of them if nobody has, ``None`` if nobody must."""
        if not self.needs_approval:
            return None
        given = self.approval or {}
        self.hook.refuse_other(given.get("account", ""))  # the steps of two accounts have the same names
        return list(given["steps"]) if given.get("approved") is True else []
