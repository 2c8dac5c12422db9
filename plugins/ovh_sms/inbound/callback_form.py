"""Reads what OVH writes in a callback; both known spellings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b

from ovh_sms.store.callback_records import RECEIPT, REPLY, STOP, Callback

#: OVH's guide calls the delivery receipt ``description``, programs that read it ``dlr``.
_RECEIPT_FIELDS = ("description", "dlr")
#: OVH does not document the fields of a STOP: these are the names by which its other calls know a person.
_NUMBER_FIELDS = ("number", "senderid", "sender", "receiver", "from", "msisdn", "phone")
#: OVH's delivery receipts.
_RECEIPTS = frozenset({0, 1, 2, 4, 8, 16})
_ID = re.compile(r"[A-Za-z0-9-]{1,40}", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)
_PTT = re.compile(r"[0-9]{1,5}", re.ASCII)


class MalformedCallback(ValueError):
    """A callback lacks a field, or has one that OVH does not write. It names the field, never its value."""


def read_form(kind: str, account: str, form: Mapping[str, str], *, key: bytes, now: datetime) -> Callback:
    """Read a callback.

    :param form: names and values; unknown ones do not matter.
    :param key: secret of the results, which keys the digest of the callback.
    :param now: aware; it distinguishes STOPs without any field.
    :raises MalformedCallback: nothing can be done with it.
    """
    fields = {name.strip().lower(): value.strip() for name, value in form.items()}
    if kind == RECEIPT:
        return _receipt(account, fields, key)
    if kind == REPLY:
        ovh_id = _value(fields, "id", _DIGITS)
        return Callback(key=_key(key, account, kind, ovh_id), account=account, kind=kind, ovh_id=ovh_id)
    return _stop(account, fields, key, now)


def _receipt(account: str, fields: Mapping[str, str], key: bytes) -> Callback:
    ovh_id = _value(fields, "id", _ID)
    # If both are there, one may hold it in words.
    receipts = [int(fields[name]) for name in _RECEIPT_FIELDS if _PTT.fullmatch(fields.get(name, ""))]
    receipt = receipts[0] if receipts else None
    if receipt not in _RECEIPTS:
        raise MalformedCallback("description")
    ptt = int(_value(fields, "ptt", _PTT)) if fields.get("ptt") else None
    return Callback(
        key=_key(key, account, RECEIPT, ovh_id, str(receipt), str(ptt)),
        account=account,
        kind=RECEIPT,
        ovh_id=ovh_id,
        delivery_receipt=receipt,
        ptt=ptt,
    )


def _stop(account: str, fields: Mapping[str, str], key: bytes, now: datetime) -> Callback:
    number = next((found for name in _NUMBER_FIELDS if (found := _number(fields.get(name, "")))), None)
    said = [f"{name}={fields[name]}" for name in sorted(fields)] or [f"{now.astimezone(UTC):%Y-%m-%dT%H:%M}"]
    return Callback(key=_key(key, account, STOP, *said), account=account, kind=STOP, number=number)


def _number(text: str) -> str | None:
    """Return a phone number in E.164; ``None`` for a short number and all else that is none."""
    from ovh_sms.messaging.phone_numbers import EVERY_TYPE, normalise

    digits = text.removeprefix("+").removeprefix("00")
    if not (8 <= len(digits) <= 17 and digits.isascii() and digits.isdigit()):
        return None
    for written in (text, f"+{digits}"):
        found = normalise(written, region="FR", allow_fiction=True, also_accept=EVERY_TYPE).e164
        if found is not None:
            return found
    return None


def _value(fields: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    value = fields.get(name, "")
    if not form.fullmatch(value):
        raise MalformedCallback(name)
    return value


def _key(key: bytes, *said: str) -> str:
    text = "\x1f".join(said).encode("utf-8", "replace")
    return blake2b(text, key=key, digest_size=16, person=b"called").hexdigest()
