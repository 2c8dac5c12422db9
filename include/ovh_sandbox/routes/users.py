"""The users of an account: logins, settings and quotas; what they send is in :mod:`.user_messages`."""

import json
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ..errors import Refusal
from ..models import Changes, Strict
from ..sandbox import Box
from ..world import callbacks
from ..world import users as users_world

router = APIRouter()


class NewUser(Strict):
    """A user to add."""

    login: str = Field(min_length=1, max_length=40)
    password: str = Field(pattern=r"^[A-Za-z0-9]{8}$")


class Quota(Changes):
    """Credits for a user alone, taken out of the account's while it is active."""

    quotaLeft: float | None = None
    quotaStatus: Literal["active", "inactive"] | None = None


class Alert(Changes):
    """An alert to whom, once the quota falls to the threshold."""

    alertEmail: str | None = None
    alertNumber: str | None = None
    alertThreshold: int | None = None
    support: Literal["both", "mail", "sms"] | None = None


class Settings(BaseModel):
    """The fields of a user that may be changed; its login is read-only and ignored."""

    model_config = ConfigDict(extra="ignore")

    callBack: str | None = None
    stopCallBack: str | None = None
    ipRestrictions: list[str] = Field(default_factory=list)
    password: str = ""
    quotaInformations: Quota = Quota()
    alertThresholdInformations: Alert = Alert()


def _settings() -> dict[str, Any]:
    return {
        "callBack": None,
        "stopCallBack": None,
        "ipRestrictions": [],
        "password": "",
        "quotaInformations": {"quotaLeft": 0, "quotaStatus": "inactive"},
        "alertThresholdInformations": {"alertEmail": "", "alertNumber": "", "alertThreshold": 0, "support": "mail"},
    }


@router.get("/sms/{serviceName}/users")
def users(box: Box, serviceName: str) -> list[str]:
    found = box.state.rows("SELECT login FROM users WHERE account = ? ORDER BY login", serviceName)
    return [row["login"] for row in found]


@router.post("/sms/{serviceName}/users")
def add_user(box: Box, serviceName: str, new: NewUser) -> None:
    with box.state.write() as db:
        if box.state.row("SELECT 1 FROM users WHERE account = ? AND login = ?", serviceName, new.login):
            raise Refusal(409, f"User {new.login} already exists")
        settings = json.dumps({**_settings(), "password": new.password})
        db.execute("INSERT INTO users VALUES (?, ?, ?)", (serviceName, new.login, settings))


@router.get("/sms/{serviceName}/users/{login}")
def user(box: Box, serviceName: str, login: str) -> dict[str, Any]:
    return users_world.shown(box, serviceName, login)


@router.put("/sms/{serviceName}/users/{login}")
def change_user(box: Box, serviceName: str, login: str, changes: Settings) -> None:
    """Change a user. A quota is taken out of the account's credits; a lower one, or none, returns them."""
    given = changes.model_dump(exclude_unset=True)
    for part in ("quotaInformations", "alertThresholdInformations"):
        if part in given:
            given[part] = {name: value for name, value in given[part].items() if value is not None}
    with box.state.write():
        users_world.change(box, serviceName, login, given)
        callbacks.watch(box, serviceName)


@router.delete("/sms/{serviceName}/users/{login}")
def delete_user(box: Box, serviceName: str, login: str) -> None:
    """Delete a user; its quota goes back to the account, its messages stay."""
    with box.state.write():
        users_world.delete(box, serviceName, login)
        callbacks.watch(box, serviceName)
