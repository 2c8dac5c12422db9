"""A person ends waits early: an Airflow Variable names the tags of submissions to collect now."""

from __future__ import annotations

import logging
import re

#: Name of the Variable: tags, separated by commas or blanks.
COLLECT_NOW = "ovh_sms_collect_now"

log = logging.getLogger(__name__)


def tags_to_collect_now() -> frozenset[str]:
    """Read the tags whose wait a person ends; none if Airflow does not answer, as waiting on is safe."""
    from airflow.sdk import Variable

    try:
        named = Variable.get(COLLECT_NOW, default=None)
    except Exception as error:
        log.warning("not known who is to be collected now: variable=%s error=%s", COLLECT_NOW, type(error).__name__)
        return frozenset()
    return frozenset(filter(None, re.split(r"[,;\s]+", str(named or ""))))
