"""The tables of the usage of accounts by month, as the newest migration leaves them. They hold no phone number."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Boolean, Column, Integer, String, Table

from ovh_sms.store.tables import UtcDateTime, metadata

# One month of an account. Credits are whole ten-thousandths, money is whole cents: sums are exact.
usage_months = Table(
    "ovh_sms_usage_months",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("computed_at", UtcDateTime, nullable=False),
    # Its figures are kept from then on, until somebody asks for others.
    Column("closed_at", UtcDateTime),
    Column("messages", BigInteger, nullable=False),
    Column("segments", BigInteger, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("cost_without_tax", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
    Column("currency", String(8), nullable=False),
    # Credits that OVH took and nothing explains; null if nobody could check it.
    Column("not_explained", BigInteger),
    Column("has_changed", Boolean, nullable=False),
    # Rates, stock of credits, balance, comparison, files: what the same figures are made from again.
    Column("basis", JSON, nullable=False),
)

# The lines of a month.
usage_lines = Table(
    "ovh_sms_usage_lines",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("payer", String(250), nullable=False),
    Column("user_name", String(64), nullable=False),
    Column("campaign", String(250), nullable=False),
    Column("tag", String(250), nullable=False),
    Column("sender", String(64), nullable=False),
    Column("country", String(8), nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("segments", BigInteger, nullable=False),
    Column("credits_taken", BigInteger, nullable=False),
    Column("credits_refunded", BigInteger, nullable=False),
    # Of the credits, those that no known order has paid.
    Column("credits_unpriced", BigInteger, nullable=False),
    Column("cost_without_tax", BigInteger, nullable=False),
    Column("tax", BigInteger, nullable=False),
)
