"""Resolutions of writes whose outcome is unknown."""

from __future__ import annotations

#: Name of the Airflow Variable that holds a resolution, before the tag.
PREFIX = "ovh_sms_resolve_"


def read_resolution(tag: str) -> str:
    """Return what a person decided about a batch or an order.

    :param tag: names the write.
    :returns: ``CODE sent`` or ``CODE send``; empty if nobody decided.
    """
    from airflow.sdk import Variable

    return str(Variable.get(f"{PREFIX}{tag}", default="") or "")
