"""Authentication: signatures, consumer keys, OAuth2 tokens, access rules."""

import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache

from .errors import Refusal
from .state import State

TOLERANCE_SECONDS = 180


@lru_cache(maxsize=4096)
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in path.split("*")), re.DOTALL)


def granted(rules: Sequence[Mapping[str, str]], method: str, path: str) -> bool:
    """Whether a rule grants a call; ``*`` stands for any text, and ``/sms`` and ``/sms/`` differ."""
    return any(rule["method"].upper() == method and _pattern(rule["path"]).fullmatch(path) for rule in rules)


def signature(secret: str, consumer: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    """Compute the signature that OVH asks for, over the bytes that were really sent."""
    head = "+".join((secret, consumer, method, url)).encode()
    # OVH prescribes SHA-1; nothing is protected by it here.
    return "$1$" + hashlib.sha1(head + b"+" + body + b"+" + timestamp.encode()).hexdigest()  # noqa: S324


def check(
    state: State, *, method: str, path: str, url: str, headers: Mapping[str, str], body: bytes, now: float
) -> None:
    """Let a call pass, or raise the Refusal that OVH answers.

    :param url: the whole address that the client called; ``path`` is its part after ``/1.0``.
    :param now: the real moment by the server's clock.
    """
    if path == "/auth/time":
        return
    if (method, path) == ("POST", "/auth/credential"):  # unsigned, as nobody has a key yet
        _check_application(state, headers)
        return
    bearer = headers.get("authorization", "")
    if bearer.startswith("Bearer "):
        _check_token(state, bearer.removeprefix("Bearer ").strip(), method, path)
        return
    app_key, secret = _check_application(state, headers)
    consumer = headers.get("x-ovh-consumer", "")
    if not consumer:
        raise Refusal(403, "You must login first", code="NOT_CREDENTIAL")
    known = state.row("SELECT rules, expires FROM credentials WHERE consumer = ? AND app_key = ?", *(consumer, app_key))
    if known is None or (known["expires"] is not None and known["expires"] < time.time()):
        raise Refusal(403, "This credential is not valid", code="INVALID_CREDENTIAL")
    if state.row("SELECT 1 FROM asked_keys WHERE consumer = ?", consumer) is not None:
        raise Refusal(403, "You must login first", code="NOT_CREDENTIAL")
    timestamp = headers.get("x-ovh-timestamp", "")
    expected = signature(secret, consumer, method, url, body, timestamp)
    if not hmac.compare_digest(headers.get("x-ovh-signature", "").encode(), expected.encode()):
        raise Refusal(400, "Invalid signature", code="INVALID_SIGNATURE")
    if not timestamp.isdigit() or abs(now - int(timestamp)) > TOLERANCE_SECONDS:
        raise Refusal(400, "Query out of time", code="QUERY_TIME_OUT")
    if path != "/auth/currentCredential" and not granted(json.loads(known["rules"]), method, path):
        raise Refusal(403, "This call has not been granted", code="NOT_GRANTED_CALL")


def _check_application(state: State, headers: Mapping[str, str]) -> tuple[str, str]:
    """Return the application's key and secret."""
    app_key = headers.get("x-ovh-application", "")
    application = state.row("SELECT secret FROM applications WHERE app_key = ?", app_key)
    if application is None:
        raise Refusal(403, "This application key is invalid", code="INVALID_KEY")
    return app_key, application["secret"]


def ask_key(state: State, app_key: str, rules: Sequence[Mapping[str, str]]) -> tuple[str, str]:
    """Make a consumer key that is not valid yet; return it, and the token by which a person validates it."""
    consumer, token = "asked" + secrets.token_hex(14), secrets.token_urlsafe(32)
    with state.write() as db:
        db.execute(
            "INSERT INTO credentials (consumer, app_key, rules, created, expires) VALUES (?, ?, ?, ?, NULL)",
            (consumer, app_key, json.dumps(list(rules)), time.time()),
        )
        db.execute("INSERT INTO asked_keys VALUES (?, ?)", (consumer, token))
    return consumer, token


def validate_key(state: State, token: str) -> bool:
    """Make a consumer key valid, as a person does who opens its address; whether there is such a key."""
    with state.write() as db:
        return bool(db.execute("DELETE FROM asked_keys WHERE token = ?", (token,)).rowcount)


def _check_token(state: State, token: str, method: str, path: str) -> None:
    sql = "SELECT rules, expires FROM tokens JOIN oauth_clients USING (client_id) WHERE token = ?"
    known = state.row(sql, token)
    if known is None or known["expires"] < time.time():
        raise Refusal(401, "Invalid or expired access token")
    if path == "/auth/currentCredential" or not granted(json.loads(known["rules"]), method, path):
        raise Refusal(403, "User not granted for this request")


def issue_token(state: State, client_id: str, client_secret: str, *, seconds: float) -> str | None:
    """Issue an access token for so many real seconds; None if the client or its secret is wrong."""
    client = state.row("SELECT secret FROM oauth_clients WHERE client_id = ?", client_id)
    if client is None or not hmac.compare_digest(client["secret"].encode(), client_secret.encode()):
        return None
    token = secrets.token_urlsafe(32)
    with state.write() as db:
        db.execute("DELETE FROM tokens WHERE expires < ?", (time.time(),))
        db.execute("INSERT INTO tokens VALUES (?, ?, ?)", (token, client_id, time.time() + seconds))
    return token
