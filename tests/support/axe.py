"""axe-core, which checks a page for those who cannot see or use a mouse: from npm's registry, pinned by its digest."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.sandbox import ROOT

if TYPE_CHECKING:
    from support.browser import Page

VERSION = "4.14.1"
INTEGRITY = "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
KEPT = ROOT / "build" / f"axe-core-{VERSION}.js"
#: What axe calls a fault that keeps somebody from using the page.
GRAVE = ("serious", "critical")


def faults(page: Page) -> list[str]:
    """Faults that axe calls serious or critical in the page that is open, with the elements."""
    page.call("Page.setBypassCSP", enabled=True)  # for axe alone: it is run in the page
    page.value(f"{source()}; 0")
    found: dict[str, Any] = page.value_of_promise("axe.run(document, {resultTypes: ['violations']})")
    page.call("Page.setBypassCSP", enabled=False)
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:5]]}"
        for each in found["violations"]
        if each["impact"] in GRAVE
    ]


@lru_cache(maxsize=1)
def source() -> str:
    """axe's script, kept in ``build/``."""
    if not KEPT.exists():
        KEPT.parent.mkdir(exist_ok=True)
        KEPT.write_bytes(_fetched())
    return KEPT.read_text(encoding="utf-8")


def _fetched() -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed: tests/services/install.sh")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", f"axe-core@{VERSION}"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=120)
        (archive,) = Path(folder).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        assert f"sha512-{digest}" == INTEGRITY, "this is not the axe-core that the tests know"
        with tarfile.open(archive) as files:
            script = files.extractfile("package/axe.min.js")
            assert script is not None
            return script.read()
