"""The tag by which OVH labels the messages of one batch."""

from __future__ import annotations

import base64
import hashlib

#: Most characters of a tag that every part of OVH is known to keep.
TAG_LENGTH = 20


def submission_tag(dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> str:
    """Name one submission: the same for every try of a task instance, different for any other.

    :param map_index: index of a mapped task, -1 if it is not mapped.
    :returns: 20 ASCII characters: 95 bits of a SHA-256 digest.
    """
    identity = "\x1f".join([dag_id, run_id, task_id, str(map_index)])
    digest = hashlib.sha256(identity.encode()).digest()
    return "c" + base64.b32encode(digest).decode("ascii").lower()[: TAG_LENGTH - 1]
