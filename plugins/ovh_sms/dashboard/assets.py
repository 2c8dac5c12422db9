"""The style sheet, the scripts and plotly: each under an address of its version, so that a browser loads it once."""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, Response

from ovh_sms.report.html import TEMPLATES

STATIC = Path(__file__).parent / "static"
#: Files of the report that its pages share with these.
SHARED = ("sections.css", "charts.js")
PLOTLY = "plotly.min.js"
_KINDS = {".css": "text/css", ".js": "text/javascript"}
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}

router = APIRouter()


@router.get("/static/{version}/{name}")
def asset(version: str, name: str, request: Request) -> Response:
    """Give one file; a browser keeps it for good if it asked for the version that is here."""
    file = files().get(name)
    if file is None:
        raise HTTPException(404)
    kept = _FOREVER if version == version_of(name) else {}
    headers = {**kept, "Vary": "Accept-Encoding"}
    kind = _KINDS[file.suffix]
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(file, media_type=kind, headers=headers)
    return Response(_packed(name), media_type=kind, headers={**headers, "Content-Encoding": "gzip"})


@lru_cache(maxsize=1)
def files() -> dict[str, Path]:
    """Return the files by name; no other file of this machine can be asked for."""
    plotly = find_spec("plotly")  # its folder alone: the package is not imported
    ours = {path.name: path for path in STATIC.iterdir() if path.suffix in _KINDS}
    ours |= {name: TEMPLATES / name for name in SHARED}
    if plotly is None or plotly.origin is None:
        return ours
    return {**ours, PLOTLY: Path(plotly.origin).parent / "package_data" / PLOTLY}


@lru_cache(maxsize=32)
def version_of(name: str) -> str:
    """Return the digest of a file's content."""
    return blake2b(files()[name].read_bytes(), digest_size=8).hexdigest()


@lru_cache(maxsize=1)
def plotly_styles() -> list[str]:
    """List the ids under which plotly.js writes styles of its parts into a page, unless such an element is there."""
    return sorted(set(re.findall(r'getElementById\("([0-9a-f]{64})"\)', files()[PLOTLY].read_text(encoding="utf-8"))))


@lru_cache(maxsize=32)
def _packed(name: str) -> bytes:
    return gzip.compress(files()[name].read_bytes(), 6, mtime=0)
