"""The modules that make the first tables beside the migration itself, in their order."""

from __future__ import annotations

from ovh_sms.store.migrations import (
    approval_tables,
    callback_tables,
    credit_tables,
    inbound_tables,
    number_check_tables,
    outbox_tables,
    paced_tables,
    pilot_tables,
    resend_tables,
    suppression_tables,
    usage_tables,
    user_tables,
)

MORE = (
    credit_tables,
    inbound_tables,
    suppression_tables,
    callback_tables,
    outbox_tables,
    resend_tables,
    approval_tables,
    usage_tables,
    user_tables,
    paced_tables,
    number_check_tables,
    pilot_tables,
)
