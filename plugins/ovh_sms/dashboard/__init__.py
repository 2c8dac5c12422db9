"""Pages of this package in the UI of Airflow; they read the store, never OVH."""

from __future__ import annotations

import ovh_sms.hooks  # noqa: F401 - it opens the object storage of lists and reports
