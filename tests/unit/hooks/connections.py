"""An Airflow connection that is not saved."""

from __future__ import annotations

import json
from typing import Any

from airflow.sdk import Connection


def connection(*, login: str | None = None, password: str | None = None, **extra: Any) -> Connection:
    return Connection(conn_id="mine", conn_type="ovh_sms", login=login, password=password, extra=json.dumps(extra))
