"""The tag by which OVH labels the messages of one batch, and the one rule for it.

A tag has 1 to 20 ASCII characters, the length that every part of OVH is known to keep. It is also the name of a folder
and an argument of a command: it begins with a letter, a digit or ``_``, so that no command reads it as an option and no
folder is hidden. Blanks stand only inside, where nobody loses them. ``/`` and ``\\`` would name another folder.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shlex

from ovh_sms.errors import ConfigurationError

#: Most characters of a tag.
TAG_LENGTH = 20
#: The rule in words.
TAG_RULE = (
    f"a tag has 1 to {TAG_LENGTH} ASCII characters, begins with a letter, a digit or '_', ends without a blank and "
    "holds no '/' and no '\\'"
)
_TAG = re.compile(rf"[A-Za-z0-9_](?:[ -.0-\[\]-~]{{0,{TAG_LENGTH - 2}}}[!-.0-\[\]-~])?")


def is_tag(text: object) -> bool:
    """Return whether something can label a submission."""
    return isinstance(text, str) and _TAG.fullmatch(text) is not None


def check_tag(tag: str) -> str:
    """Return a tag that can label a submission.

    :raises ConfigurationError: it cannot; the text names the rule.
    """
    if not is_tag(tag):
        raise ConfigurationError(
            f"The tag {tag!r} cannot label a submission at OVH: {TAG_RULE}.",
            action="Nothing was sent. Give another tag.",
        )
    return tag


def resolve_command(tag: str, code: str, resolution: str) -> str:
    """Write the command that resolves an unknown outcome, ready to be pasted into a shell.

    :param code: names the question.
    :param resolution: ``sent`` or ``send``.
    """
    return shlex.join(["ovh-sms", "resolve", tag, code, resolution])


def submission_tag(dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> str:
    """Name one submission: the same for every try of a task instance, different for any other.

    :param map_index: index of a mapped task, -1 if it is not mapped.
    :returns: 20 ASCII characters: 95 bits of a SHA-256 digest.
    """
    return digest_tag(dag_id, run_id, task_id, str(map_index))


def digest_tag(*words: str) -> str:
    """Name a write by words that identify it.

    :returns: 20 ASCII characters: 95 bits of a SHA-256 digest.
    """
    digest = hashlib.sha256("\x1f".join(words).encode()).digest()
    return "c" + base64.b32encode(digest).decode("ascii").lower()[: TAG_LENGTH - 1]
