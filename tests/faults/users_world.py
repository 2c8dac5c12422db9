"""The tasks of the faults at users, what users spend meanwhile, and the guard that can be switched off in them."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

#: Seconds of quiet_period and reconcile_timeout.
QUIET, TIMEOUT = 1.2, 8.0
#: Seconds for which a call waits for its answer.
READ_TIMEOUT = 2.0
WEAK = ("", "journal")


def surroundings(home: Path) -> None:
    """Make the results database."""
    from support.stores import new_store

    new_store(home / "data" / "results.sqlite").close()


def apply(home: Path, sandbox: Any, wanted: Mapping[str, Any], weak: str) -> Callable[[], Any]:
    """A task that applies users; it returns how many writes it made."""

    def work() -> dict[str, Any]:
        from pydantic import SecretStr

        from ovh_sms.accounts.apply_users import apply_users
        from ovh_sms.clock import SystemClock
        from ovh_sms.idempotency.protocol import TaskTry
        from ovh_sms.idempotency.remote_write import ReconcilePolicy
        from ovh_sms.store.store import Store

        if weak == "journal":
            _forget(home)
        policy = ReconcilePolicy(quiet_period=timedelta(seconds=QUIET), reconcile_timeout=timedelta(seconds=TIMEOUT))
        made = apply_users(
            client_of(sandbox),
            Store(url_of(home)),
            _users(wanted),
            passwords={login: SecretStr("Secret01") for login in wanted},
            approved=None,
            task=TaskTry(is_last=False, is_deferrable=False, log=logging.getLogger("users")),
            policy=policy,
            clock=SystemClock(),
        )
        (home / "modules.json").write_text(json.dumps(sorted(sys.modules)))
        return made.to_xcom()

    return work


def client_of(sandbox: Any) -> Any:
    """A client as a task has one."""
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.api.credentials import Credentials

    keys = sandbox.keys
    return OvhSmsClient(
        credentials=Credentials(
            sandbox.endpoint, keys.application_key, keys.application_secret, consumer_key=keys.consumer_key
        ),
        account=sandbox.account_name,
        calls_per_minute=60_000,
        read_timeout=READ_TIMEOUT,
    )


def spend(sandbox: Any, login: str, messages: int) -> bool:
    """A user sends; returns whether OVH has accepted it: it may not be there, or be blocked."""
    from support.signed import Signed

    people = [f"+3363998{number:04d}" for number in range(messages)]
    body = {"message": "Bonjour", "sender": "MYSHOP", "receivers": people, "noStopClause": True}
    answer = Signed(sandbox).post(f"/sms/{sandbox.account_name}/users/{login}/jobs", body)
    return bool(answer.status == 200)


def url_of(home: Path) -> str:
    """The results of a world."""
    return f"sqlite:///{home}/data/results.sqlite"


def _users(wanted: Mapping[str, Any]) -> dict[str, Any]:
    from ovh_sms.campaign.account_users import AccountUser

    return {login: AccountUser(**settings) for login, settings in wanted.items()}


def _forget(home: Path) -> None:
    """Empty the journal, as if it had never been."""
    from sqlalchemy import NullPool, create_engine, text

    engine = create_engine(url_of(home), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM ovh_sms_attempts WHERE kind = 'user'"))
    engine.dispose()
