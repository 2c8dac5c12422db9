"""The SQL that shows messages as they are at a simulated moment; nothing ticks, time is a parameter."""

import uuid

# Two sequences that no one can mistake for each other, as OVH's are.
JOB_BASE = 90_000_000
OUTGOING_BASE = 410_000_001
OUTGOING_STEP = 3
_UUID_BASE = 0x05D50A1C_E000_4000_8000_000000000000

# ``:now`` is the simulated moment. Buffered (8) shows for messages that take longer than a minute.
RECEIPT = (
    "CASE WHEN :now < m.sent_at THEN 0 WHEN :now >= m.final_at THEN m.dlr"
    " WHEN m.final_at - m.sent_at > 60 THEN 8 ELSE 4 END"
)
PTT = (
    "CASE WHEN :now < m.sent_at THEN 1000 WHEN :now >= m.final_at THEN m.ptt"
    " WHEN m.final_at - m.sent_at > 60 THEN 1 ELSE 3 END"
)
# CROSS JOIN fixes the order: the jobs of an account first, then their ranges of messages by primary key.
FROM = "FROM jobs s CROSS JOIN messages m ON m.id BETWEEN s.first AND s.last"
LIVE = "m.cancelled IS NULL"
# A job that OVH lists late is hidden by the machine's clock, not by the simulated one.
LISTED = "NOT EXISTS (SELECT 1 FROM lists l WHERE l.job = s.id AND l.listed IS NOT NULL AND l.listed > machine())"
PENDING = f"{LIVE} AND m.sent_at > :now AND {LISTED}"
OUTGOING = f"{LIVE} AND m.sent_at <= :now AND m.hidden IS NULL AND {LISTED}"


def job_id(row: int) -> int:
    """The id of a message while it is a pending job."""
    return JOB_BASE + row


def outgoing_id(row: int) -> int:
    """The id of a message once it was sent."""
    return OUTGOING_BASE + OUTGOING_STEP * row


def row_of_job(number: int) -> int:
    """The row of a pending job."""
    return number - JOB_BASE


def row_of_outgoing(number: int) -> int:
    """The row of a sent message; 0, which none has, for an id that was never given."""
    row, rest = divmod(number - OUTGOING_BASE, OUTGOING_STEP)
    return 0 if rest else row


def message_uuid(row: int) -> str:
    """The messageID of a sent message."""
    return str(uuid.UUID(int=_UUID_BASE | row))


def row_of_uuid(text: str) -> int:
    """The row behind a messageID; 0 when it is of no message here."""
    row = uuid.UUID(text).int - _UUID_BASE
    return row if 0 < row < 1 << 48 else 0
