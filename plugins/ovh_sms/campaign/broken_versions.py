"""When each campaign file broke, kept in the data folder: a copy of the same file has another date."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ovh_sms.campaign.kept_files import keep_text, kept_text

_log = logging.getLogger(__name__)
_GOOD = ""


def broken_since(name: str, files: Sequence[Path]) -> datetime:
    """Return when a file was saved broken as it is now: the same moment for as long as its content is the same.

    A data folder that cannot be written is logged; the moment is then the file's own date.

    :param name: of the campaign, safe in a path.
    :param files: the file; several if they share the name.
    :returns: aware, in whole seconds, later than that of every other broken version of the file.
    """
    digest = _digest(files)
    known, since = _known(name)
    if known == digest:
        return since
    saved = max((path.stat().st_mtime for path in files if path.exists()), default=0.0)
    # Not the time of reading: two processes that read the file at once must agree.
    moment = max(datetime.fromtimestamp(int(saved), UTC), since + timedelta(seconds=1))
    _keep(name, digest, moment)
    return moment


def note_good(name: str) -> None:
    """Note that a file is good: if it breaks as before, that is another time."""
    known, since = _known(name)
    if known not in (None, _GOOD):
        _keep(name, _GOOD, since)


def _digest(files: Sequence[Path]) -> str:
    """Digest the contents; a file that cannot be read counts as empty."""
    digest = hashlib.sha256()
    for path in sorted(files):
        try:
            content = path.read_bytes()
        except OSError:
            content = b""
        digest.update(f"{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def _known(name: str) -> tuple[str | None, datetime]:
    """Read the digest of the last broken version and its moment."""
    try:
        found = json.loads(kept_text(_name(name)))
        return str(found["digest"]), datetime.fromisoformat(found["since"]).astimezone(UTC)
    except (OSError, ValueError, TypeError, KeyError):
        return None, datetime.fromtimestamp(0, UTC)


def _keep(name: str, digest: str, since: datetime) -> None:
    try:
        keep_text(_name(name), json.dumps({"digest": digest, "since": since.isoformat()}))
    except OSError as error:
        _log.warning("the date of the broken file of campaign %s was not kept: %s", name, error)


def _name(campaign: str) -> str:
    return f"{campaign}.broken.json"
