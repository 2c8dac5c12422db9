"""The users of an account: their settings alone. They submit nothing here, so nothing of theirs is called."""

import json
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ..errors import Refusal
from ..models import Strict
from ..sandbox import Box

router = APIRouter()


class NewUser(Strict):
    """A user to add."""

    login: str = Field(min_length=1, max_length=40)
    password: str = Field(pattern=r"^[A-Za-z0-9]{8}$")


class Settings(BaseModel):
    """The fields of a user that may be changed; its login is read-only and ignored."""

    model_config = ConfigDict(extra="ignore")

    callBack: str | None = None
    stopCallBack: str | None = None
    ipRestrictions: list[str] = Field(default_factory=list)
    password: str = ""
    quotaInformations: dict[str, Any] = Field(default_factory=dict)
    alertThresholdInformations: dict[str, Any] = Field(default_factory=dict)


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
    sql = "SELECT settings FROM users WHERE account = ? AND login = ?"
    return {"login": login, **json.loads(box.find(f"The user {login}", sql, serviceName, login)["settings"])}


@router.put("/sms/{serviceName}/users/{login}")
def change_user(box: Box, serviceName: str, login: str, changes: Settings) -> None:
    with box.state.write() as db:
        settings = {**user(box, serviceName, login), **changes.model_dump(exclude_unset=True)}
        settings.pop("login")
        values = (json.dumps(settings), serviceName, login)
        db.execute("UPDATE users SET settings = ? WHERE account = ? AND login = ?", values)


@router.delete("/sms/{serviceName}/users/{login}")
def delete_user(box: Box, serviceName: str, login: str) -> None:
    with box.state.write() as db:
        user(box, serviceName, login)
        db.execute("DELETE FROM users WHERE account = ? AND login = ?", (serviceName, login))
