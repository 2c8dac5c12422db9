"""Brings the users of an account to what their file wants, each write at most once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.accounts.difference import Difference, compare
from ovh_sms.accounts.user_post import UserPost, month_of, read_user
from ovh_sms.credits.readings import note_credits
from ovh_sms.errors import Unavailable, UsersNotApproved
from ovh_sms.idempotency.journal import ClaimRules, Journal, WriteIdentity
from ovh_sms.idempotency.protocol import OnceOnlyWrite
from ovh_sms.idempotency.remote_write import NothingToMake
from ovh_sms.messaging.tag import digest_tag
from ovh_sms.store.models import USER, USERS_DAG
from ovh_sms.store.user_records import SAME, UserRow

if TYPE_CHECKING:
    from pydantic import SecretStr

    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.campaign.account_users import AccountUser
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.store.store import Store

#: Writes at one user in one run: it is created, then changed.
MOST_WRITES = 3
#: OVH shows a new user within this time.
SHOWN_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class UserChangesMade:
    """The writes that were made at the users of an account.

    :param writes: writes that were made, by ``create``, ``update`` and ``delete``, earlier tries' among them.
    """

    account: str
    writes: Mapping[str, int]

    def to_xcom(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {"account": self.account, **{name: self.writes.get(name, 0) for name in ("create", "update", "delete")}}


def read_difference(client: OvhSmsClient, store: Store, wanted: Mapping[str, AccountUser]) -> Difference:
    """Compare the users of a file with those of OVH, and keep the comparison for the pages. Nothing is changed.

    Source: GET ``/sms/{serviceName}/users``, GET ``/sms/{serviceName}/users/{login}``.
    """
    account = client.account_name
    # One that is listed late can be read already.
    logins = sorted({*client.users.logins(), *wanted})
    found = {login: user for login in logins if (user := read_user(client, login)) is not None}
    applied = {login: store.users.applied(account, login) for login in wanted}
    month, key = month_of(client.time()), store.identity.secret()
    difference = compare(account, wanted, found, applied, month=month, key=key)
    now = store.clock.now()
    rows = [
        UserRow(
            account=account,
            login=each.login,
            state=each.state,
            at=now,
            quota=_quota_of(wanted.get(each.login)),
            quota_left=each.quota_before,
            changes=[field.to_json() for field in each.fields],
            drift=[drift.to_json() for drift in each.drift],
        )
        for each in difference.users
        if each.state != SAME or each.login in found
    ]
    store.users.record(account, rows)
    return difference


def apply_users(
    client: OvhSmsClient,
    store: Store,
    wanted: Mapping[str, AccountUser],
    *,
    passwords: Mapping[str, SecretStr],
    approved: Collection[str] | None,
    task: TaskTry,
    policy: ReconcilePolicy,
    clock: Clock,
) -> UserChangesMade:
    """Make the changes that a file asks for, and compare again.

    It may be killed at any time, and repeated: each write stands in the journal, and one whose answer was lost is
    reconciled by reading the user before anything else is done.

    :param passwords: of the users that are to be created, by login.
    :param approved: the steps that a person approved; ``None`` if nobody must.
    :raises InsufficientCredits: the account cannot spare the quotas; nothing was changed.
    :raises MissingRight: the key lacks a right to read, create, change or delete users; nothing was changed.
    :raises UsersNotApproved: a change is not among those that were approved; nothing was changed.
    :raises OutcomeUnknown: a write may have been made; the next try reconciles it.
    :raises ResolutionRequired: only a person can decide whether a write was made.

    Source: GET and POST ``/sms/{serviceName}/users``, GET, PUT and DELETE ``/sms/{serviceName}/users/{login}``,
    GET ``/sms/{serviceName}``.
    """
    client.account.require("users")
    difference = read_difference(client, store, wanted)
    undecided = store.users.undecided(client.account_name) & set(wanted)
    writer = UserWriter(client=client, store=store, task=task, policy=policy, clock=clock, approved=approved)
    made: dict[str, int] = {}
    for login in sorted(undecided):  # before any check: they may have made what is still missing
        _count(made, writer.bring(login, wanted[login], passwords.get(login), writes=1, reconciles_only=True))
    if undecided:
        difference = read_difference(client, store, wanted)
    _refuse_unapproved(difference, approved)
    if difference.takes:
        reserved = store.reservations.reserved(client.account_name)
        difference.refuse_uncovered(client.account.get().credits_left, reserved)
    for each in difference.writes:
        _count(made, writer.bring(each.login, wanted[each.login], passwords.get(each.login)))
    if made:
        read_difference(client, store, wanted)
    return UserChangesMade(account=client.account_name, writes=made)


@dataclass(frozen=True, kw_only=True)
class UserWriter:
    """Writes at the users of one account.

    :param approved: the steps that a person approved; ``None`` if nobody must.
    """

    client: OvhSmsClient
    store: Store
    task: TaskTry
    policy: ReconcilePolicy
    clock: Clock
    approved: Collection[str] | None

    def bring(
        self,
        login: str,
        wanted: AccountUser,
        password: SecretStr | None,
        *,
        writes: int = MOST_WRITES,
        reconciles_only: bool = False,
    ) -> list[str]:
        """Bring one user to what its file wants.

        :param writes: at most so many.
        :param reconciles_only: decide an earlier write alone.
        :returns: the writes that were made: ``create``, ``update`` or ``delete``.
        """
        made: list[str] = []
        for _ in range(writes):
            journal = self._journal(login)
            self._await_shown(login)
            write = UserPost(
                login=login, wanted=wanted, client=self.client, journal=journal, clock=self.clock, log=self.task.log,
                password=password, approved=self.approved, only_reconciles=reconciles_only,
            )  # fmt: skip
            once = OnceOnlyWrite(write=write, journal=journal, task=self.task, policy=self.policy, clock=self.clock)
            try:
                answer = once.run()
            except NothingToMake:
                break
            made.append(answer["action"])
            self.task.log.info("user=%s %sd", login, answer["action"])
            if answer.get("credits_left") is not None:
                note_credits(self.store, self.client.account_name, answer["credits_left"])
        return made

    def _journal(self, login: str) -> Journal:
        """The journal of the user's next write: one at a time, by any DAG."""
        account = self.client.account_name
        number = self.store.users.applied(account, login).writes
        tag = digest_tag(USER, account, login, str(number))
        wanted = WriteIdentity(tag=tag, kind=USER, campaign=USERS_DAG, dag_id=USERS_DAG, run_id=tag, account=account)
        return Journal(self.store, wanted, ClaimRules(), self.clock)

    def _await_shown(self, login: str) -> None:
        """Wait until OVH shows a user that was created a moment ago: it must not be created again."""
        applied = self.store.users.applied(self.client.account_name, login)
        if applied.created_at is None or read_user(self.client, login) is not None:
            return
        if self.client.time() - applied.created_at < SHOWN_WITHIN:
            raise Unavailable(
                f"OVH does not show the user {login} yet, which was created on {applied.created_at:%Y-%m-%d %H:%M:%S}.",
                action="Nothing else was changed. Try again later.",
            )


def _refuse_unapproved(difference: Difference, approved: Collection[str] | None) -> None:
    if approved is None:
        return
    new = [each.login for each in difference.writes if not each.steps <= set(approved)]
    if new:
        raise UsersNotApproved(
            f"The changes of {', '.join(new)} on {difference.account} are not those that a person approved.",
            action="Nothing was changed. Start a new run, which asks about them.",
        )


def _count(made: dict[str, int], actions: Collection[str]) -> None:
    for each in actions:
        made[each] = made.get(each, 0) + 1


def _quota_of(user: AccountUser | None) -> float | None:
    return user.quota if user is not None and isinstance(user.quota, float) else None
