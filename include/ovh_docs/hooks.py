"""Hooks of MkDocs: references made from the code, copies of linked files, and links that lead to both."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
ASSETS = Path(__file__).resolve().parent / "assets"
for folder in ("include", "plugins"):
    if str(ROOT / folder) not in sys.path:
        sys.path.insert(0, str(ROOT / folder))
# Airflow writes files where it is imported.
os.environ.setdefault("AIRFLOW_HOME", str(ROOT / "build" / "docs-airflow"))

from ovh_docs.github_flavour import GitHubFlavour, as_python_markdown, slug  # noqa: E402
from ovh_docs.labelled_tables import with_labels  # noqa: E402
from ovh_docs.links import COPIES, copied_files, for_site  # noqa: E402
from ovh_docs.navigation import with_pages  # noqa: E402
from ovh_docs.reference import references  # noqa: E402


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Have Markdown read as in the repository."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = slug
    config.markdown_extensions.append(GitHubFlavour())  # type: ignore[arg-type]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are made, then name all pages in the navigation."""
    pages = {each.src_uri: each.content_string for each in files.documentation_pages()}
    made = references(ROOT)
    for name, text in {**made, **copied_files(ROOT, {**pages, **made})}.items():
        files.append(File.generated(config, name, content=text))
    for asset in ASSETS.iterdir():
        files.append(File.generated(config, f"assets/{asset.name}", abs_src_path=str(asset)))
    every = [each.src_uri for each in files.documentation_pages()]
    config.nav = with_pages(config.nav or [], every)
    # Copies of sources are reached by the links that lead to them.
    config.not_in_nav = _patterns("/repository/**")
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn one page of the repository into one of the site."""
    if page.file.src_uri.startswith(f"{COPIES}/"):
        page.meta["search"] = {"exclude": True}  # old changes and sources would hide the guides
    return as_python_markdown(for_site(page.file.src_uri, markdown))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Prepare the tables of a page for a phone."""
    return with_labels(html)


def _patterns(*lines: str) -> Any:
    from pathspec.gitignore import GitIgnoreSpec

    return GitIgnoreSpec.from_lines(lines)
