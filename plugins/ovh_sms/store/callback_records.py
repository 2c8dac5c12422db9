"""The rows of callbacks as typed values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

#: The kinds of callbacks: a delivery receipt, a reply, a STOP.
RECEIPT, REPLY, STOP = "receipt", "reply", "stop"
KINDS = (RECEIPT, REPLY, STOP)
#: What became of a call: stored, known already, or refused for one of these reasons.
STORED, REPEATED, FORGED, MALFORMED, OVERSIZED, NOT_STORED = (
    "stored",
    "repeated",
    "forged",
    "malformed",
    "oversized",
    "not_stored",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Callback:
    """One callback that was accepted.

    :param key: keyed digest of all that distinguishes it; the same again is a repeated one.
    :param kind: ``receipt``, ``reply`` or ``stop``.
    :param ovh_id: OVH's id of the reply or the message; empty for a STOP.
    :param number: of somebody who said STOP, E.164; ``None`` if it is not given, and once it is worked off.
    :param received_at: set by the results.
    """

    key: str
    account: str
    kind: str
    ovh_id: str = ""
    number: str | None = None
    delivery_receipt: int | None = None
    ptt: int | None = None
    received_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackCount:
    """Calls of one day and account.

    :param day: in UTC.
    :param account: empty, as ``kind``, if the secret is not known.
    :param result: ``stored``, ``repeated``, ``forged``, ``malformed``, ``oversized`` or ``not_stored``.
    """

    day: date
    account: str
    kind: str
    result: str
    calls: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackSecret:
    """A secret that the addresses of an account hold, or have held.

    :param digest: see :func:`~ovh_sms.inbound.callback_addresses.digest_of`.
    :param checked_at: when OVH's settings were last compared with it; ``None`` until they were.
    :param ends_at: it is refused from then on; moved on as long as OVH's settings show it.
    """

    digest: str
    account: str
    made_at: datetime
    checked_at: datetime | None
    ends_at: datetime
