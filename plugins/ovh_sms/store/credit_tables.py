"""The tables of credits that were ordered and transferred, as the newest migration leaves them."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Float, Index, Integer, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# Orders of credits. The link carries OVH's password of the order: it stands here alone, never in a log or an XCom.
orders = Table(
    "ovh_sms_orders",
    metadata,
    Column("order_id", BigInteger, primary_key=True, autoincrement=False),
    Column("account", String(64), nullable=False),
    Column("tag", String(20), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("price_with_tax", Float),
    Column("price_without_tax", Float),
    Column("currency", String(8)),
    Column("url", String(1000)),
    Column("contracts", JSON, nullable=False),
    Column("ordered_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("status", String(32), nullable=False),
    Column("status_at", UtcDateTime),
    # The end of its payment by this package, empty if it made none.
    Column("paid", String(32), nullable=False),
    # Its run pays it next.
    Column("will_be_paid", Boolean, nullable=False),
    Column("delivered_at", UtcDateTime),
    Column("undelivered_at", UtcDateTime),
    Column("arrived_at", UtcDateTime),
    Column("given_up_at", UtcDateTime),
)
Index("ovh_sms_orders_account", orders.c.account, orders.c.ordered_at)

# Credits transferred from one account to another, with the balances right before and after.
transfers = Table(
    "ovh_sms_transfers",
    metadata,
    Column("tag", String(20), primary_key=True),
    Column("source", String(64), nullable=False),
    Column("target", String(64), nullable=False),
    Column("credits", Float, nullable=False),
    Column("source_before", Float),
    Column("source_after", Float),
    Column("target_before", Float),
    Column("target_after", Float),
    Column("at", UtcDateTime, nullable=False),
)
Index("ovh_sms_transfers_target", transfers.c.target, transfers.c.at)
Index("ovh_sms_transfers_source", transfers.c.source, transfers.c.at)
