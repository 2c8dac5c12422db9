"""The names of the states of runs, for filters and marks."""

from __future__ import annotations

from ovh_sms.report.batch_state import BatchState
from ovh_sms.report.language import translatable
from ovh_sms.report.run_state import RunState

#: The name of each state, for filters and marks.
STATE_NAMES = {
    RunState.UNKNOWN: translatable("outcome unknown"),
    RunState.TROUBLED: translatable("sent, with a problem"),
    RunState.ON_HOLD: translatable("held for a person"),
    RunState.AWAITING_APPROVAL: translatable("waiting for approval"),
    RunState.BLOCKED: translatable("not sent"),
    RunState.IN_PART: translatable("sent in part"),
    RunState.UNCOLLECTED: translatable("not collected"),
    RunState.CANCELLING: translatable("being cancelled"),
    RunState.CANCELLED: translatable("cancelled"),
    RunState.DROPPED: translatable("not sent whole, as decided"),
    RunState.NOT_APPROVED: translatable("not approved"),
    RunState.EMPTY: translatable("nothing to send"),
    RunState.PREPARING: translatable("being prepared"),
    RunState.AWAITING_CREDITS: translatable("waiting for credits"),
    RunState.WAITING: translatable("waiting for its hours"),
    RunState.AWAITING_PILOT: translatable("waiting for its pilot"),
    RunState.SUBMITTING: translatable("being submitted"),
    RunState.HELD: translatable("held by OVH"),
    RunState.LEAVING: translatable("leaving"),
    RunState.AWAITED: translatable("waiting for receipts"),
    RunState.FINAL: translatable("final"),
    RunState.PROVISIONAL: translatable("provisional"),
}

#: The name of each state of a batch.
BATCH_STATE_NAMES = {
    BatchState.PREPARED: translatable("prepared"),
    BatchState.WAITING: translatable("waiting for its hours"),
    BatchState.AWAITING_PILOT: translatable("waiting for its pilot"),
    BatchState.UPLOADED: translatable("uploaded"),
    BatchState.SUBMITTING: translatable("being submitted"),
    BatchState.UNKNOWN: translatable("outcome unknown"),
    BatchState.HELD: translatable("held by OVH"),
    BatchState.LEAVING: translatable("leaving"),
    BatchState.AWAITED: translatable("waiting for receipts"),
    BatchState.UNCOLLECTED: translatable("not collected"),
    BatchState.FINAL: translatable("final"),
    BatchState.PROVISIONAL: translatable("provisional"),
    BatchState.FAILED: translatable("not sent"),
    BatchState.CANCELLED: translatable("cancelled"),
    BatchState.EMPTY: translatable("everybody opted out"),
    BatchState.ON_HOLD: translatable("held for a person"),
    BatchState.DROPPED: translatable("not sent, as decided"),
}
