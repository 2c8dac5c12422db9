"""DAG factories: each makes the DAG of a file, or one of the DAGs that all campaigns share."""

from __future__ import annotations

import ovh_sms.hooks  # noqa: F401 - it opens the object storage of lists and reports
