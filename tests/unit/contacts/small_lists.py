"""A prepared list of a few rows, and its rejects."""

from __future__ import annotations

import csv
from pathlib import Path

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.prepare import prepare
from ovh_sms.contacts.prepared_list import PreparedList

FICTION = ContactOptions(allow_fiction=True)
GUIDE = """Numero ;nom ;prenom ;adresse
0639980000 ;Durant ;Pierre ;xx rue montaigne Paris
0639980001 ;Dupont ;Jean ;xx rue montaigne Paris
"""
GUIDE_MESSAGE = "Bonjour #prenom# #nom#, votre commande va être livrée à l’adresse : #adresse# . Cordialement."


def run(
    folder: Path,
    text: str | bytes,
    message: str = "Hello",
    *,
    stop: bool = False,
    options: ContactOptions = FICTION,
    suppressed: tuple[str, ...] = (),
) -> PreparedList:
    source = folder / "list.csv"
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    given = {"options": options, "suppressed": suppressed}
    return prepare(source, out=folder / "out", message=message, stop_clause=stop, **given)


def rejects(prepared: PreparedList) -> list[tuple[str, ...]]:
    with prepared.rejects_path.open(encoding="utf-8", newline="") as handle:
        rows = [tuple(row) for row in csv.reader(handle, delimiter=";")]
    assert rows[0] == ("line", "column", "value", "reason")
    return rows[1:]
