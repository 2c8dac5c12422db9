"""The auth manager of :mod:`support.dag_rights` in an API server whose pages take another moment for now."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from ovh_sms.clock import SystemClock
from support.dag_rights import DagRights

__all__ = ["DagRights"]

#: The time of the pages is ahead of the machine's by so much.
_ahead = timedelta(seconds=float(os.environ["OVH_SMS_TESTS_AHEAD"]))

# Airflow loads its auth manager before it answers the first request; its own time and its tokens' stay the machine's.
SystemClock.now = lambda _: datetime.now(UTC) + _ahead  # type: ignore[method-assign]
