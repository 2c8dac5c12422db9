"""The uploaded list does not stay at OVH as a document."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from support.sandbox import SandboxProcess
from support.sent import batches, campaign, upload
from support.signed import Signed


def test_the_uploaded_document_expires_a_day_after_its_creation(sandbox: SandboxProcess, tmp_path: Path) -> None:
    api = Signed(sandbox)
    before = set(api.get("/me/document").json)
    campaign(tmp_path)
    upload(batches(tmp_path, 900)[0])
    (document,) = set(api.get("/me/document").json) - before
    shown = api.get(f"/me/document/{document}").json
    created, expires = (datetime.fromisoformat(shown[name]) for name in ("creationDate", "expirationDate"))
    assert expires - created == timedelta(days=1)
