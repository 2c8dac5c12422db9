"""The common things of all pages: language, links, templates."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.assets import plotly_styles, version_of
from ovh_sms.dashboard.reading import store
from ovh_sms.dashboard.rights import OUTBOX_DAG, USAGE_DAG, USERS_DAG, RightsDep
from ovh_sms.messaging.number_display import grouped_number, masked_number
from ovh_sms.report import words
from ovh_sms.report.html import TEMPLATES as REPORT_TEMPLATES
from ovh_sms.report.language import LANGUAGES, Translator, preferred_language, translator
from ovh_sms.report.short_moments import short_moment
from ovh_sms.report.state_names import BATCH_STATE_NAMES, STATE_NAMES
from ovh_sms.report.task_names import BEGIN, END

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

    from ovh_sms.dashboard.rights import Rights

TEMPLATES = Path(__file__).parent / "templates"
COOKIE = "ovh_sms_language"
ZONE = "Europe/Paris"
_KEEP_SECONDS = 365 * 86_400


class View:
    """Makes pages for the person who asks, in their language."""

    def __init__(self, request: Request, rights: Rights) -> None:
        self.request, self.rights = request, rights
        self._asked = request.query_params.get("language", "")
        kept = request.cookies.get(COOKIE, "")
        chosen = next((each for each in (self._asked, kept) if each in LANGUAGES), None)
        self.say: Translator = translator(chosen or preferred_language(request.headers.get("accept-language", "")))

    def page(self, template: str, *, status: int = 200, **content: Any) -> HTMLResponse:
        """Make a page.

        :param template: name of a template of this package.
        :param content: its values.
        """
        say, language = self.say, self.say.language
        text = (
            environment()
            .get_template(template)
            .render(
                say=say,
                language=language,
                other_language=self._with_language(next(each for each in LANGUAGES if each != language)),
                page=template.removesuffix(".html.j2"),
                may_see_credits=self.rights.may_read_credits(),
                may_see_usage=self.rights.may_read(USAGE_DAG),
                may_see_outbox=self.rights.may_read(OUTBOX_DAG),
                may_see_users=self.rights.may_read(USERS_DAG)
                and any(map(self.rights.may_read_account, store().users.accounts())),
                may_search=self.rights.may_see_some_numbers(),
                count=lambda value: words.count(value, language),
                money=lambda value, currency: words.money(value, currency, language),
                percent=lambda value: words.percent(value, language),
                moment=lambda value: _moment(value, language),
                weekday=lambda value, zone=ZONE: short_moment(value, ZoneInfo(zone), language),
                states=STATE_NAMES,
                batch_states=BATCH_STATE_NAMES,
                duration=lambda value: words.duration(value, language),
                **content,
            )
        )
        answer = HTMLResponse(text, status_code=status)
        if self._asked in LANGUAGES:
            path = self.request.scope.get("root_path") or "/"
            answer.set_cookie(COOKIE, self._asked, max_age=_KEEP_SECONDS, path=path, httponly=True, samesite="lax")
        return answer

    def _with_language(self, language: str) -> str:
        """Return the relative address of this page in another language."""
        kept = [(name, value) for name, value in self.request.query_params.multi_items() if name != "language"]
        return f"?{urlencode([*kept, ('language', language)])}"


def _view(request: Request, rights: RightsDep) -> View:
    return View(request, rights)


ViewDep = Annotated[View, Depends(_view)]


def link(path: str, *several: dict[str, Any], **params: Any) -> str:
    """Write the address of a page relative to the others, which all lie side by side; empty values are left out.

    :param several: parameters; of two with one name the later one counts.
    """
    every = {name: value for each in (*several, params) for name, value in each.items()}
    given = {name: value for name, value in every.items() if value not in ("", None, False)}
    return f"{path}?{urlencode(given)}" if given else path


def airflow_run(dag_id: str, run_id: str) -> str:
    """Write the address of a run in Airflow relative to the pages, so that Airflow may lie behind a path."""
    return f"../dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"


def task_names(text: str) -> Markup:
    """Escape a text, and set off the names of tasks that are marked in it."""
    from markupsafe import Markup, escape

    # Both values are constants of ours; the text between them is escaped.
    return Markup(str(escape(text)).replace(BEGIN, "<code>").replace(END, "</code>"))  # noqa: S704


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return the templates; everything in them is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        autoescape=True,
        loader=FileSystemLoader([TEMPLATES, REPORT_TEMPLATES]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["task_names"] = task_names
    made.filters["zipped"] = lambda values: [(value, value) for value in values]
    made.globals |= {
        "link": link,
        "airflow_run": airflow_run,
        "static": lambda name: f"static/{version_of(name)}/{name}",
        "plotly_styles": plotly_styles,
        "masked": masked_number,
        "grouped": grouped_number,
        "sentence": words.sentence,
    }
    return made


def compile_templates() -> None:
    """Compile the templates of all pages, which takes longer than any page."""
    for name in environment().list_templates(["j2"]):
        environment().get_template(name)


def _moment(value: datetime | None, language: str) -> str:
    return words.moment(value, ZoneInfo(ZONE), language)
