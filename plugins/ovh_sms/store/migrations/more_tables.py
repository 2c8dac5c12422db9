"""The tables that have modules of their own, in the order in which they are made; not among the versions."""

from __future__ import annotations

from ovh_sms.store.migrations import (
    approval_tables,
    callback_tables,
    credit_tables,
    inbound_tables,
    outbox_tables,
    suppression_tables,
)

_MODULES = (credit_tables, inbound_tables, suppression_tables, callback_tables, outbox_tables, approval_tables)


def make_tables() -> None:
    """Make these tables."""
    for each in _MODULES:
        each.make_tables()


def drop_tables() -> None:
    """Drop these tables."""
    for each in reversed(_MODULES):
        each.drop_tables()
