"""Airflow's ``soft_fail`` and ``never_fail`` for this package's errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ovh_sms.errors import OvhSmsError


@contextmanager
def skips_if(soft: bool) -> Iterator[None]:
    """Skip the task instead of failing it; else keep the error's class, by which the retry policy decides.

    :param soft: whether the DAG asks for that. Airflow itself does it for its own errors only.
    """
    from airflow.sdk.exceptions import AirflowSkipException

    try:
        yield
    except OvhSmsError as error:
        if soft:
            raise AirflowSkipException(str(error)) from error
        raise
