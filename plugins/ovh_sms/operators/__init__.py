"""Operators: the steps of a campaign."""

from __future__ import annotations

import ovh_sms.hooks  # noqa: F401 - it opens the object storage of lists and reports
