"""The messages of an export, one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ovh_sms.sending.export import read_export
from ovh_sms.store.models import Message, messages_in


def exported_messages(path: Path, **options: Any) -> list[Message]:
    """Read all messages of an export, as the collection reads them."""
    return [message for block in read_export(path, **options) for message in messages_in(block)]
