"""The site of the documentation: built, and its pages read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from support.pages import ROOT


def build(folder: Path) -> Path:
    """Build the site, strictly.

    :returns: the folder of the site.
    """
    folders = os.pathsep.join(str(ROOT / each) for each in ("plugins", "include"))
    env = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": folders, "AIRFLOW_HOME": str(folder / "airflow")}
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder / "site")]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    return folder / "site"


@dataclass
class Html(HTMLParser):
    """One page: its anchors, links and files, and how many it has of each element of its article."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    without_text: list[str] = field(default_factory=list)
    article: Counter[str] = field(default_factory=Counter)
    within: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    @classmethod
    def read(cls, path: Path) -> Html:
        page = cls()
        page.feed(path.read_text(encoding="utf-8"))
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {given[name] or "" for name in ("id", "name") if name in given}
        if tag == "article":
            self.within = True
        if self.within and given.get("class") != "headerlink":
            self.article[tag] += 1
        target = given.get("href") or given.get("src")
        if target is None:
            return
        if tag == "a":
            self.links.append(target)
        else:
            self.loaded.append(target)
        if tag == "img" and not given.get("alt"):
            self.without_text.append(target)

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self.within = False
