"""A prepared list of a file of any kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.preparation import PreparationRequest, PreparationResult, prepare_contacts
from support.lists import no_fetch

FICTION = ContactOptions(allow_fiction=True)


def prepared(path: Path, message: str = "Bonjour #prenom#", **changes: Any) -> PreparationResult:
    given = {"options": FICTION, **changes}
    source = PreparationRequest(contacts=str(path), message=message, stop_clause=False, **given)
    return prepare_contacts(source, out=path.parent / "out", fetch=no_fetch)
