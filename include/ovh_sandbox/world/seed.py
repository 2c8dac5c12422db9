"""The first world: fixed keys, two accounts, three senders each."""

import json
import time
from dataclasses import asdict
from typing import Any

from ..clock import Clock
from ..state import State

APPLICATION = {"application_key": "sandboxApplication1", "application_secret": "sandboxSecretNotForRealAccounts1"}
CONSUMER_KEY = "sandboxConsumerWithAllRights0001"
CLIENT_ID = "EU.sandbox0000000001"
CLIENT_SECRET = "sandboxClientSecretNotForRealUse"
ACCOUNT = "sms-sb00001-1"
SECOND_ACCOUNT = "sms-sb00001-2"
ALL_RIGHTS = [{"method": method, "path": "/*"} for method in ("GET", "POST", "PUT", "DELETE")]

FEATURES: dict[str, Any] = {
    "batch_header": True,
    "batch_most": 0,
    "batch_merge": False,
    "pagination": True,
    "cache_seconds": 0.0,
    "export_seconds": 1.0,
    "document_shape": "string",
    "stop_in_message": True,
    "late_orders": 0.0,
    "order_days": 15.0,
    "delivery_seconds": 60.0,
    "credit_seconds": 0.0,
    "recredit_seconds": 0.0,
    "discount_percent": 0,
    "surcharge_percent": 0,
    "second_payment": "refused",
    "late_messages": 0.0,
    "strangers_per_second": 0.0,
    "unreachable": [],
    "ends": {},
    "replies": [],
    "reply_ids": "rising",
    "late_replies": 0.0,
    "broken_replies": {},
    "stop_in_incoming": True,
    "callback_retries": [5.0, 30.0, 120.0],
    "callback_spelling": "guide",
    "callbacks_lost": 0.0,
    "callbacks_doubled": 0.0,
    "token_seconds": 3600.0,
    "check_seconds": 10.0,
    "checks": {},
    "user_messages": "both",
    "user_slots": "own",
}

SENDERS = {
    "MYSHOP": ("enable", "Opened for sending", None),
    "WAITING": ("waitingValidation", "Waits for validation", None),
    "REFUSED": ("refused", "Refused", "The sender name does not belong to your company"),
}


def settings(description: str) -> dict[str, Any]:
    """Return an account's settings as OVH names them."""
    return {
        "automaticRecreditAmount": None,
        "callBack": None,
        "channel": "both",
        "creditThresholdForAutomaticRecredit": 0,
        "description": description,
        "smpp": False,
        "smsResponse": {
            "responseType": "none",
            **dict.fromkeys(("cgiUrl", "text", "trackingDefaultSmsSender")),
            "trackingOptions": [],
        },
        "stopCallBack": None,
        "templates": {
            "customizedEmailMode": False,
            "customizedSmsMode": False,
            **dict.fromkeys(("emailBody", "emailFrom", "emailSubject", "smsBody", "time2chatAutomaticResponse")),
        },
    }


def add_account(state: State, name: str, *, credit: float, description: str = "Sandbox account") -> None:
    """Add an account with the usual three senders."""
    with state.write() as db:
        row = (name, credit, json.dumps(settings(description)))
        db.execute("INSERT INTO accounts (name, credits, settings) VALUES (?, ?, ?)", row)
        db.execute("INSERT OR REPLACE INTO given (account, start) VALUES (?, ?)", (name, credit))
        db.executemany(
            "INSERT INTO senders VALUES (?, ?, ?, ?, ?)", [(name, sender, *about) for sender, about in SENDERS.items()]
        )


def add_key(
    state: State, consumer: str, rules: list[dict[str, str]], *, created: float, expires: float | None = None
) -> None:
    """Add a consumer key of the default application; ``created`` and ``expires`` are real seconds since 1970."""
    state.change(
        "INSERT INTO credentials (consumer, app_key, rules, created, expires) VALUES (?, ?, ?, ?, ?)",
        *(consumer, APPLICATION["application_key"], json.dumps(rules), created, expires),
    )


def plant(state: State, *, seed: int, clock: Clock) -> None:
    """Fill an empty state with the default world."""
    with state.write() as db:
        first = {"seed": seed, "clock": asdict(clock), "features": FEATURES, "counter": 0}
        for key, value in first.items():
            state.put(key, value)
        db.execute("INSERT INTO applications VALUES (?, ?)", tuple(APPLICATION.values()))
        client = (CLIENT_ID, CLIENT_SECRET, json.dumps(ALL_RIGHTS))
        db.execute("INSERT INTO oauth_clients VALUES (?, ?, ?)", client)
        add_key(state, CONSUMER_KEY, ALL_RIGHTS, created=time.time())
        add_account(state, ACCOUNT, credit=100_000)
        add_account(state, SECOND_ACCOUNT, credit=500, description="Second sandbox account")
