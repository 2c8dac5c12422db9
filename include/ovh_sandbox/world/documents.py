"""Private documents: pre-signed addresses to put and get them, files on disk beside the state."""

import hashlib
import hmac
import json
import secrets
import sqlite3
from pathlib import Path
from typing import Any

from ..clock import iso, iso_or_none
from ..sandbox import Sandbox


def path_of(box: Sandbox, document: str) -> Path:
    """Return the path of a document's content."""
    return box.state.files / f"document-{document}"


def create(box: Sandbox, name: str, tags: list[dict[str, str]], *, export: dict[str, Any] | None = None) -> str:
    """Make an empty document and return its id; ``export`` describes the export that will fill it."""
    document = box.new_uuid()
    box.state.change(
        "INSERT INTO documents (id, name, tags, created, secret, export) VALUES (?, ?, ?, ?, ?, ?)",
        *(document, name, json.dumps(tags), box.now, secrets.token_hex(16)),
        None if export is None else json.dumps(export),
    )
    return document


def find(box: Sandbox, document: str) -> sqlite3.Row:
    """Find a document that has not expired; refused with 404 if there is none."""
    sql = "SELECT * FROM documents WHERE id = ? AND (expires IS NULL OR expires > ?)"
    return box.find(f"The document {document}", sql, document, box.now)


def shown(box: Sandbox, found: sqlite3.Row, url: str) -> dict[str, Any]:
    """Show a document as OVH does; ``url`` is the sandbox's address as the caller wrote it."""
    ready = found["ready_real"] is None or box.clock.machine() >= found["ready_real"]
    return {
        "creationDate": iso(found["created"]),
        "expirationDate": iso_or_none(found["expires"]),
        "getUrl": f"{url}/documents/{found['id']}?signature={_signature(found, 'GET')}",
        "id": found["id"],
        "name": found["name"],
        "putUrl": f"{url}/documents/{found['id']}?signature={_signature(found, 'PUT')}",
        "size": found["size"] if ready else 0,
        "tags": json.loads(found["tags"]),
        "validationDate": iso_or_none(found["validated"]) if ready else None,
    }


def _signature(found: sqlite3.Row, method: str) -> str:
    return hashlib.sha256(f"{found['secret']}/{method}".encode()).hexdigest()[:40]


def opened(box: Sandbox, document: str, method: str, signature: str) -> sqlite3.Row | None:
    """Find the document of a pre-signed address; None if the signature is not for it and this method."""
    found = box.state.row("SELECT * FROM documents WHERE id = ?", document)
    if found is None or not hmac.compare_digest(_signature(found, method).encode(), signature.encode()):
        return None
    return None if found["expires"] is not None and found["expires"] <= box.now else found


def store(box: Sandbox, document: str, written: Path, *, ready_real: float | None = None) -> None:
    """Make a written file the document's content; it shows from the real moment ``ready_real`` on."""
    row = (written.stat().st_size, box.now, ready_real, document)
    written.replace(path_of(box, document))
    box.state.change("UPDATE documents SET size = ?, validated = ?, ready_real = ? WHERE id = ?", *row)


def delete(box: Sandbox, document: str) -> None:
    """Delete a document and its content."""
    box.state.change("DELETE FROM documents WHERE id = ?", document)
    path_of(box, document).unlink(missing_ok=True)
