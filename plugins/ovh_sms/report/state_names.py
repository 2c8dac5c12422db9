"""The names of the states of runs, for filters and marks."""

from __future__ import annotations

from ovh_sms.report.language import translatable
from ovh_sms.report.run_state import RunState

#: The name of each state, for filters and marks.
STATE_NAMES = {
    RunState.UNKNOWN: translatable("outcome unknown"),
    RunState.BLOCKED: translatable("not sent"),
    RunState.IN_PART: translatable("sent in part"),
    RunState.CANCELLED: translatable("cancelled"),
    RunState.EMPTY: translatable("nothing to send"),
    RunState.PREPARING: translatable("being prepared"),
    RunState.WAITING: translatable("waiting for its hours"),
    RunState.SUBMITTING: translatable("being submitted"),
    RunState.HELD: translatable("held by OVH"),
    RunState.LEAVING: translatable("leaving"),
    RunState.AWAITED: translatable("waiting for receipts"),
    RunState.FINAL: translatable("final"),
    RunState.PROVISIONAL: translatable("provisional"),
}
