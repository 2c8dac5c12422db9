"""The rights of people on the pages. Airflow protects nothing of an app that a plugin mounts: this module does.

- A page needs the right to read its campaign's DAG; lists show the campaigns of those DAGs alone.
- Phone numbers, the values of rejected rows and the search for a receiver need the right to edit the DAG, which every
  auth manager of Airflow knows (``PUT``): the role *user* of the SimpleAuthManager, ``can_edit`` on the DAG with FAB.
- The credits of accounts need the right to read the DAG ``sms_credits_topup``; the form at which an order is paid needs
  the right to edit it.
- The usage of accounts needs the right to read the DAG ``sms_usage_monthly``.
- To resend failed messages needs the right to start runs of the DAG, as Airflow's own button does.
- The users of accounts are shown to those who may read the DAG ``sms_accounts``.
- Single SMS are shown to those who may read the DAG ``sms_outbox``, and taken from those who may start a run of it.
- Of all these, only rows of accounts are shown on which a campaign runs whose DAG the person may read.
- A form is accepted with its own token only, made for the person who opened it.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.common.db.common import SessionDep
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.models.dag import DagModel
from fastapi import Depends, Form, HTTPException, status

from ovh_sms.dashboard.reading import store

if TYPE_CHECKING:
    from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod

#: The DAG whose rights are those of the accounts' credits.
TOPUP = "sms_credits_topup"
#: The DAG whose rights are those of single SMS.
OUTBOX_DAG = "sms_outbox"
#: The DAG whose rights are those of the users of accounts.
USERS_DAG = "sms_accounts"
#: The DAG whose rights are those of the accounts' usage.
USAGE_DAG = "sms_usage_monthly"
#: DAGs that serve every account.
OF_ALL = {TOPUP, OUTBOX_DAG, USERS_DAG, USAGE_DAG, "sms_credits_balance", "sms_replies", "sms_callbacks"}
#: Every route of the app depends on it: people who may read no DAG get no file either.
MAY_READ_DAGS = Depends(requires_access_dag("GET"))


class Rights:
    """The rights of the person who asks."""

    def __init__(self, user: Any, session: Any) -> None:
        self._user, self.session = user, session
        self._known: dict[str, set[str]] = {}
        self._sees_numbers = False
        self._reads_credits: bool | None = None
        self._accounts: Collection[str] | None = None
        self._knows_accounts = False

    @property
    def user_id(self) -> str:
        """The person's id in Airflow."""
        return str(self._user.get_id())

    @property
    def user_name(self) -> str:
        """The person's name in Airflow."""
        return str(self._user.get_name())

    def readable_dags(self) -> set[str]:
        """List the DAGs that the person may read."""
        return self._dags("GET")

    def editable_dags(self) -> set[str]:
        """List the DAGs whose phone numbers the person may see."""
        return self._dags("PUT")

    def may_read(self, dag_id: str) -> bool:
        """Return whether the person may read the campaign of a DAG."""
        return self._may("GET", dag_id)

    def may_read_credits(self) -> bool:
        """Return whether the person may see the credits of accounts, with their orders."""
        if self._reads_credits is None:
            self._reads_credits = self._may("GET", TOPUP)
        return self._reads_credits

    def may_edit_credits(self) -> bool:
        """Return whether the person may open the form at which an order is paid."""
        return self._may("PUT", TOPUP)

    def readable_accounts(self) -> Collection[str] | None:
        """List the accounts whose rows the person may see; ``None``: all.

        The DAGs of credits, users, usage and single SMS serve every account. So an account is that of the campaigns
        that run on it: one of their DAGs must be the person's to read. An account without any, and rows that name no
        account, are shown to those from whom no campaign is withheld; if there is one account, such rows are its own.
        """
        if not self._knows_accounts:
            readable = self.readable_dags()
            known = {account: found - OF_ALL for account, found in store().runs.dags_of_accounts().items()}
            may_read = {each: each in readable or self.may_read(each) for each in set().union(*known.values())}
            if not all(may_read.values()):
                found = {account for account, dag_ids in known.items() if any(map(may_read.get, dag_ids))}
                self._accounts = frozenset(found | {""} if found and len(known) == 1 else found)
            self._knows_accounts = True
        return self._accounts

    def may_read_account(self, account: str) -> bool:
        """Return whether the person may see rows of an account, if they may read the DAG that these are of."""
        accounts = self.readable_accounts()
        return accounts is None or account in accounts

    def may_see_numbers(self, dag_id: str) -> bool:
        """Return whether the person may see the phone numbers of a DAG's campaign."""
        may = self._may("PUT", dag_id)
        self._sees_numbers |= may
        return may

    def may_start(self, dag_id: str) -> bool:
        """Return whether the person may start a run of a DAG."""
        return self._may("POST", dag_id, DagAccessEntity.RUN)

    def may_see_some_numbers(self) -> bool:
        """Return whether the person may see the phone numbers of one DAG at least.

        Most people may see those of each DAG or of none: all of them are asked only if one is refused.
        """
        return self._sees_numbers or self._may_see_one_of(self._known.get("GET")) or bool(self.editable_dags())

    def _may_see_one_of(self, dag_ids: set[str] | None) -> bool:
        return bool(dag_ids) and self.may_see_numbers(min(dag_ids or ()))

    def _dags(self, method: ResourceMethod) -> set[str]:
        if method not in self._known:
            manager = get_auth_manager()
            self._known[method] = manager.get_authorized_dag_ids(user=self._user, method=method, session=self.session)
        return self._known[method]

    def _may(self, method: ResourceMethod, dag_id: str, entity: DagAccessEntity | None = None) -> bool:
        if dag_id in ("", "~"):  # to Airflow these are all DAGs
            return False
        details = DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id))
        manager, about = get_auth_manager(), {"details": details, "user": self._user}
        return bool(manager.is_authorized_dag(method=method, access_entity=entity, **about))


def _rights(user: GetUserDep, session: SessionDep) -> Rights:
    return Rights(user, session)


RightsDep = Annotated[Rights, Depends(_rights)]


@dataclass(frozen=True)
class Run:
    """A run whose DAG the person may read.

    :param may_see_numbers: whether the person may see phone numbers and the values of rejected rows.
    """

    dag_id: str
    run_id: str
    may_see_numbers: bool


def _readable_dag(dag_id: str, rights: RightsDep) -> str:
    if not rights.may_read(dag_id):
        raise _refused()
    return dag_id


def _readable_run(dag_id: str, run_id: str, rights: RightsDep) -> Run:
    return Run(_readable_dag(dag_id, rights), run_id, rights.may_see_numbers(dag_id))


def _run_with_numbers(run: Annotated[Run, Depends(_readable_run)]) -> Run:
    if not run.may_see_numbers:
        raise _refused()
    return run


def _startable_run(dag_id: str, run_id: str, rights: RightsDep) -> Run:
    if not rights.may_start(dag_id):
        raise _refused()
    return _readable_run(dag_id, run_id, rights)


def _started_by_form(
    rights: RightsDep,
    dag_id: Annotated[str, Form()] = "",
    run_id: Annotated[str, Form()] = "",
    token: Annotated[str, Form()] = "",
) -> Run:
    run = _startable_run(dag_id, run_id, rights)
    _with_token(rights, token)
    return run


def _receiver_search(rights: RightsDep) -> Rights:
    """Let those pass who may see the numbers of one DAG at least; the search itself is limited to those DAGs."""
    if not rights.editable_dags():
        raise _refused()
    return rights


def _credits_reader(rights: RightsDep) -> Rights:
    if not rights.may_read_credits():
        raise _refused()
    return rights


def _usage_reader(rights: RightsDep) -> Rights:
    if not rights.may_read(USAGE_DAG):
        raise _refused()
    return rights


def _credits_editor(rights: RightsDep, token: Annotated[str, Form()] = "") -> Rights:
    if not rights.may_edit_credits():
        raise _refused()
    return _with_token(rights, token)


def _checked_form(rights: Annotated[Rights, Depends(_receiver_search)], token: Annotated[str, Form()] = "") -> Rights:
    return _with_token(rights, token)


def _with_token(rights: Rights, token: str) -> Rights:
    """Accept a form that was made for this person today or yesterday."""
    today = datetime.now(UTC)
    valid = [form_token(rights, day) for day in (today, today - timedelta(days=1))]
    if not any(hmac.compare_digest(token.encode(), each.encode()) for each in valid):
        raise HTTPException(status.HTTP_403_FORBIDDEN, "This form is too old, or it is not yours. Open it again.")
    return rights


def form_token(rights: Rights, day: datetime | None = None) -> str:
    """Make the token of a person's forms: no other page can know it. It is valid for that day and the next."""
    day = day or datetime.now(UTC)
    text = f"{rights.user_id}\n{day:%Y-%m-%d}".encode()
    return blake2b(text, key=store().identity.secret(), digest_size=24, person=b"form").hexdigest()


def _refused() -> HTTPException:
    return HTTPException(status.HTTP_403_FORBIDDEN, "Forbidden")


ReadableDag = Annotated[str, Depends(_readable_dag)]
ReadableRun = Annotated[Run, Depends(_readable_run)]
RunWithNumbers = Annotated[Run, Depends(_run_with_numbers)]
ReceiverSearch = Annotated[Rights, Depends(_receiver_search)]
CreditsReader = Annotated[Rights, Depends(_credits_reader)]
CreditsEditor = Annotated[Rights, Depends(_credits_editor)]
UsageReader = Annotated[Rights, Depends(_usage_reader)]
StartableRun = Annotated[Run, Depends(_startable_run)]
RunOfForm = Annotated[Run, Depends(_started_by_form)]
CheckedForm = Annotated[Rights, Depends(_checked_form)]
