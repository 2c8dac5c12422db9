"""One write at a user of an account as a remote write: it is created, changed or deleted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ovh_sms.accounts.difference import UserDifference, check_quotas, compare_user
from ovh_sms.accounts.made import Made, is_made, moved_credits
from ovh_sms.accounts.settings import digests, found_values, wanted_values
from ovh_sms.campaign.account_users import OFF
from ovh_sms.errors import ClaimOutdated, ConfigurationError, NotFound, OvhSmsError, UsersNotApproved
from ovh_sms.idempotency.reconcile import RESOLUTION, Observation
from ovh_sms.idempotency.remote_write import NothingToMake
from ovh_sms.messaging.receiver_zones import PARIS
from ovh_sms.store.user_records import CREATE, DELETE, UPDATE

if TYPE_CHECKING:
    import logging
    from datetime import datetime

    from pydantic import SecretStr

    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.models_users import User
    from ovh_sms.campaign.account_users import AccountUser
    from ovh_sms.clock import Clock
    from ovh_sms.idempotency.journal import Journal
    from ovh_sms.store.models import Attempt

#: OVH's time is known so precisely if it cannot be read after a write.
_TIME_IS_EARLY = timedelta(seconds=10)


@dataclass
class UserPost:
    """The remote write that brings a user one step nearer to its file; see
    :class:`~ovh_sms.idempotency.remote_write.RemoteWrite`.

    What is to be written is decided right before the claim: by then the user has spent, or somebody has changed it.

    :param password: for a user that is created; no text of this object shows it.
    :param approved: the steps that a person approved; ``None`` if nobody must.
    :param only_reconciles: an earlier write is decided, and none is made.
    """

    login: str
    wanted: AccountUser
    client: OvhSmsClient
    journal: Journal
    clock: Clock
    log: logging.Logger | Any
    password: SecretStr | None = None
    approved: Collection[str] | None = None
    only_reconciles: bool = False
    done: str = field(default="changed", init=False)
    message_ids: Sequence[int] | None = field(default=None, init=False)
    _step: UserDifference | None = field(default=None, init=False)
    _month: str = field(default="", init=False)
    _credits_left: float = field(default=0.0, init=False)

    def expected(self, attempt: Attempt) -> int | None:
        """One user."""
        return 1

    def differences(self, earlier: Mapping[str, Any]) -> list[str]:
        """Nothing: the user is compared with its file again after each write."""
        return []

    def snapshot(self) -> dict[str, Any]:
        """Record what is to be written, as digests, and the credits before it."""
        step = self._known
        about: dict[str, Any] = {
            "login": self.login,
            "action": step.state,
            "month": self._month,
            "quota_before": step.quota_before,
            "credits_left": self._credits_left,
            "quota": None,
            "wanted": {},
            "ovh_time": self.client.time().isoformat(),
        }
        if step.state != UPDATE:
            return about
        named = {each.name for each in step.fields}
        values = {name: value for name, value in wanted_values(self.wanted).items() if name in named}
        about |= {"wanted": digests(self._key, values), "quota": OFF if step.changes.no_quota else step.quota}
        # As a transfer: credits that leave the account, and are not to be counted on by a campaign meanwhile.
        return about | ({"source": self.client.account_name, "credits": step.takes} if step.takes else {})

    def precheck(self, *, person_decided: bool = False) -> None:
        """Decide what is to be written, and refuse what must not be: nothing was changed by it then.

        :raises UsersNotApproved: it is more than a person approved: somebody else has changed the user meanwhile.
        :raises ConfigurationError: a new user has no password.
        :raises InsufficientCredits: the account cannot spare its quota.
        """
        if self.only_reconciles:
            raise NothingToMake(f"Earlier writes at the user {self.login} are decided.")
        self._month = month_of(self.client.time())
        applied = self.journal.store.users.applied(self.client.account_name, self.login)
        step = compare_user(
            self.login, self.wanted, read_user(self.client, self.login), applied, month=self._month, key=self._key
        )
        if not step.is_write:
            raise NothingToMake(f"The user {self.login} is as its file wants it.")
        if self.approved is not None and not step.steps <= set(self.approved):
            raise UsersNotApproved(
                f"The user {self.login} of {self.client.account_name} was changed by somebody else since its changes "
                "were approved.",
                action="The user was not changed. Start a new run, which asks again.",
            )
        if step.state == CREATE and self.password is None:
            raise ConfigurationError(
                f"The user {self.login} is not at OVH, and no connection holds a password for it.",
                action="Nothing was changed. Give it 'password_conn_id', or correct its login.",
            )
        if step.state == UPDATE and step.takes:
            # Before the credits: a batch that OVH accepts in between counts twice rather than not at all.
            reserved = self.journal.store.reservations.reserved(self.client.account_name)
            self._credits_left = self.client.account.get().credits_left
            check_quotas(self.client.account_name, step.takes, self._credits_left, reserved)
        elif step.state == UPDATE and _is_about_quota(step):
            self._credits_left = self.client.account.get().credits_left
        self._step = step

    def post(self, deadline: float) -> dict[str, Any]:
        """Write by one request, after a last check; then read the user, and the credits if its quota changed."""
        before = self._known
        try:
            self.precheck()
        except NothingToMake:
            raise _changed(self.login) from None
        if (self._known.state, self._known.steps) != (before.state, before.steps):
            raise _changed(self.login)
        not_yet, snapshot = self.client.time(), self.snapshot()
        self._write(deadline)
        user, credits_left = None, None
        try:  # it is made: a read that fails must not say otherwise
            done = self.client.read_time() + RESOLUTION
            user = read_user(self.client, self.login)
            credits_left = self.client.account.get().credits_left if snapshot["quota"] is not None else None
        except OvhSmsError as error:
            self.log.warning("the user could not be read after the change: %s", error)
            done = self.client.time() + _TIME_IS_EARLY
        return self._answer(snapshot, user, not_yet.isoformat(), done.isoformat(), credits_left=credits_left)

    def observe(self, attempt: Attempt, earlier: Sequence[Observation]) -> Observation:
        """Read the user, and the account's credits if its quota was to be changed.

        Source: GET ``/sms/{serviceName}/users/{login}``, GET ``/sms/{serviceName}``.
        """
        at, snapshot = self.client.time(), attempt.snapshot or {}
        user = read_user(self.client, self.login)
        left = self.client.account.get().credits_left if snapshot["quota"] is not None else None
        made = is_made(snapshot, user, left, self._key)
        return Observation(
            at=at,
            found=int(made in (Made.YES, Made.PROBABLY)),
            credits_missing=made is Made.UNCLEAR,
            named=made is Made.YES,
            balance=None if left is None else {"credits": left},
        )

    def adopt(self, attempt: Attempt, observation: Observation) -> dict[str, Any]:
        """Build the answer from the user as OVH shows it."""
        snapshot = attempt.snapshot or {}
        user, done = read_user(self.client, self.login), (observation.at + RESOLUTION).isoformat()
        left = (observation.balance or {}).get("credits")
        is_sure = observation.named
        return self._answer(snapshot, user, snapshot["ovh_time"], done, credits_left=left, is_sure=is_sure)

    def describe(self, attempt: Attempt, observation: Observation) -> str:
        """Name the user that a person should check."""
        snapshot = attempt.snapshot or {}
        before, quota = snapshot.get("quota_before"), snapshot.get("quota")
        held = "had no quota" if before is None else f"had {before:.12g} credits of its quota left"
        target = "" if quota is None else f", and was to get {quota if quota == OFF else f'{quota:.12g}'}"
        account = "" if quota is None else f", and the account held {snapshot.get('credits_left', 0.0):.12g},"
        return (
            f"Check the user {self.login} of {self.client.account_name} in OVH's manager: it {held}{target}{account} "
            f"on {snapshot.get('ovh_time')}."
        )

    def _write(self, deadline: float) -> None:
        step = self._known
        if step.state == CREATE:
            assert self.password is not None  # noqa: S101 - the precheck has refused it
            self.client.users.create(self.login, self.password.get_secret_value(), not_after=deadline)
        elif step.state == DELETE:
            self.client.users.delete(self.login, not_after=deadline)
        else:
            self.client.users.change(self.login, step.changes, not_after=deadline)

    def _answer(
        self,
        snapshot: Mapping[str, Any],
        user: User | None,
        not_yet_at: str,
        done_at: str,
        *,
        credits_left: float | None,
        is_sure: bool = True,
    ) -> dict[str, Any]:
        shown = digests(self._key, found_values(user)) if user is not None else {}
        return {
            "login": self.login,
            "action": snapshot["action"],
            "month": snapshot["month"],
            "quota": snapshot["quota"],
            "wanted": snapshot["wanted"],
            "shown": {name: shown[name] for name in snapshot["wanted"] if name in shown},
            "not_yet_at": not_yet_at,
            "done_at": done_at,
            "credits_left": credits_left,
            **moved_credits(snapshot, credits_left, is_sure=is_sure),
        }

    @property
    def _known(self) -> UserDifference:
        assert self._step is not None  # noqa: S101 - the protocol prechecks first
        return self._step

    @property
    def _key(self) -> bytes:
        return self.journal.store.identity.secret()


def _changed(login: str) -> ClaimOutdated:
    return ClaimOutdated(
        f"The user {login} was changed by somebody else right before this task would have changed it.",
        action="Nothing was changed. The next try compares it again.",
    )


def read_user(client: OvhSmsClient, login: str) -> User | None:
    """Read a user; ``None`` if OVH has none. Source: GET ``/sms/{serviceName}/users/{login}``."""
    try:
        return client.users.read(login)
    except NotFound:
        return None


def month_of(moment: datetime) -> str:
    """Name the calendar month of a moment in Paris, such as ``2026-12``."""
    from zoneinfo import ZoneInfo

    return f"{moment.astimezone(ZoneInfo(PARIS)):%Y-%m}"


def _is_about_quota(step: UserDifference) -> bool:
    return step.quota is not None or step.changes.no_quota
