"""The report as one page that opens anywhere: no network, no other file, light or dark, on paper too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ovh_sms.report import page, words
from ovh_sms.report.headline import tiles
from ovh_sms.report.models import Figures

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"


def write_html(
    figures_list: Sequence[Figures], path: Path, *, title: str, zone: str = "Europe/Paris", made_at: datetime
) -> Path:
    """Write the report of one or several campaigns as one self-contained page.

    :param path: written beside and renamed at the end, so that it is whole or absent.
    """
    text = render_html(figures_list, title=title, zone=zone, made_at=made_at)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    return unfinished.replace(path)


def render_html(figures_list: Sequence[Figures], *, title: str, zone: str = "Europe/Paris", made_at: datetime) -> str:
    """Make the page that :func:`write_html` writes; the parameters are the same."""
    local = ZoneInfo(zone)
    campaigns = [page.campaign(figures, local) for figures in figures_list]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=title,
            zone=zone,
            made_at=words.moment(made_at, local),
            campaigns=campaigns,
            total=tiles(figures_list) if len(campaigns) > 1 else None,
            css=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
            script=_script() if any(campaign.drawn for campaign in campaigns) else "",
        )
    )


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"count": words.count, "percent": words.percent, "json": _json}
    return environment


def _json(value: Any) -> Any:
    """Write JSON for a ``<script>``: nothing in it can end the element or start another."""
    from markupsafe import Markup

    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - made safe in the line above


def _script() -> str:
    from plotly.offline import get_plotlyjs

    own = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    return f"{get_plotlyjs()}\n{own}"
