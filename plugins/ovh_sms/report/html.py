"""The report as one page that opens anywhere: no network, no other file, light or dark, on paper too."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ovh_sms.report import words
from ovh_sms.report.headline import tiles
from ovh_sms.report.language import ENGLISH, translator
from ovh_sms.report.models import Figures
from ovh_sms.report.page import run_view

if TYPE_CHECKING:
    from jinja2 import Environment

#: Folder of the templates; ``sections.html.j2`` renders one run for other pages too, with ``colours.css``,
#: ``sections.css`` and ``charts.js``.
TEMPLATES = Path(__file__).parent / "templates"
_STYLES = ("colours.css", "sections.css", "report.css")


def write_html(
    figures_list: Sequence[Figures],
    path: Path,
    *,
    title: str,
    zone: str = "Europe/Paris",
    made_at: datetime,
    language: str = ENGLISH,
) -> Path:
    """Write the report of one or several campaigns as one self-contained page.

    :param path: written beside and renamed at the end, so that it is whole or absent.
    """
    text = render_html(figures_list, title=title, zone=zone, made_at=made_at, language=language)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    return unfinished.replace(path)


def write_json(figures: Figures, path: Path) -> Path:
    """Write the figures as JSON, with the part and the whole of each rate.

    :param path: written beside and renamed at the end, so that it is whole or absent.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(json.dumps(figures.to_dict(), indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return unfinished.replace(path)


def render_html(
    figures_list: Sequence[Figures],
    *,
    title: str,
    zone: str = "Europe/Paris",
    made_at: datetime,
    language: str = ENGLISH,
) -> str:
    """Make the page that :func:`write_html` writes; the parameters are the same."""
    local, say = ZoneInfo(zone), translator(language)
    campaigns = [run_view(figures, local, say) for figures in figures_list]
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            say=say,
            title=title,
            zone=zone,
            made_at=words.moment(made_at, local, say.language),
            campaigns=campaigns,
            total=tiles(figures_list, say) if len(campaigns) > 1 else None,
            css="\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in _STYLES),
            script=_script() if any(campaign.has_charts for campaign in campaigns) else "",
            count=words.count,
            percent=words.percent,
        )
    )


def render_page(template: str, **content: object) -> str:
    """Make a page of its own from a template of this folder, with the styles of reports.

    :param template: such as ``usage.html.j2``; the stylesheet of the same name follows those of reports.
    """
    styles = (*_STYLES, template.replace(".html.j2", ".css"))
    css = "\n".join((TEMPLATES / name).read_text(encoding="utf-8") for name in styles)
    return _environment().get_template(template).render(css=css, **content)


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        autoescape=True,
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _script() -> str:
    from plotly.offline import get_plotlyjs

    own = (TEMPLATES / "charts.js").read_text(encoding="utf-8")
    return f"{get_plotlyjs()}\n{own}"
