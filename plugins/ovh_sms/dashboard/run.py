"""One run of one campaign: its state and the next step first, then the way of every row, messages and files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from ovh_sms.dashboard.airflow_runs import ended_runs
from ovh_sms.dashboard.reading import batches_of, store
from ovh_sms.dashboard.resend import may_resend
from ovh_sms.dashboard.rights import ReadableRun
from ovh_sms.dashboard.view import ViewDep, airflow_run
from ovh_sms.object_storage.stored_path import as_path
from ovh_sms.report.campaign_test_words import TEST_STATES, TEXT_KINDS
from ovh_sms.report.figures import of_run
from ovh_sms.report.line_words import RunLines
from ovh_sms.report.page import run_view
from ovh_sms.report.run_lines import batch_problems, problem_details, run_lines
from ovh_sms.report.run_state import RunState, RunStatus, run_status
from ovh_sms.report.run_timeline import CurvePoint, Step, polyline, run_curve, run_steps, thinned
from ovh_sms.report.task_names import page_translator
from ovh_sms.settings import data_path

if TYPE_CHECKING:
    from ovh_sms.dashboard.rights import Run
    from ovh_sms.dashboard.view import View
    from ovh_sms.report.view import RunView

router = APIRouter()
#: The curve is drawn from so many counts on.
FEWEST_POINTS = 3


@dataclass(frozen=True, kw_only=True)
class ListOfRun:
    """One contact list of a run: mostly its only one.

    :param figures: its report; ``None`` as long as nothing was sent.
    :param is_collected: whether the report knows what became of any message.
    :param problems: those of its batches in words, each once; ``details``: the same for OVH's support.
    :param may_resend: whether messages failed for a temporary reason, and the person may resend them.
    :param curves: the curve of its messages as SVG points, by the name of the count.
    """

    status: RunStatus
    lines: RunLines
    steps: list[Step]
    points: list[CurvePoint]
    curves: dict[str, str]
    figures: RunView | None
    is_collected: bool
    folder: str
    problems: list[str]
    details: list[str]
    may_resend: bool


@router.get("/run", response_class=HTMLResponse)
def run(run: ReadableRun, view: ViewDep) -> HTMLResponse:
    """Show the state of one run, and its results so far."""
    found = [_list_of_run(each, view) for each in _statuses(run, view)]
    if not found:
        return view.page("no_run.html.j2", run=run, campaign=run.dag_id)
    has_charts = any(each.is_collected and each.figures and each.figures.has_charts for each in found)
    return view.page(
        "run.html.j2",
        run=run,
        lists=found,
        name=_name(found),
        has_charts=has_charts,
        tests=store().campaign_tests.of_run(run.dag_id, run.run_id),
        text_kinds=TEXT_KINDS,
        test_states=TEST_STATES,
        answer=f"{airflow_run(run.dag_id, run.run_id)}/tasks/approve/required_actions",
    )


def _statuses(run: Run, view: View) -> list[RunStatus]:
    now = store().clock.now()
    results = store().run_results.of_run(run.dag_id, run.run_id)
    ended = ended_runs(view.rights.session, [each.record for each in results], now)
    return [run_status(each, now, has_ended=(run.dag_id, run.run_id) in ended) for each in results]


def _list_of_run(status: RunStatus, view: View) -> ListOfRun:
    record = status.results.record
    tags = [each.results.record.tag for each in status.batches if each.results.record.tag]
    points = run_curve(store().polls.of(tags)) if tags else []
    whole = max(1, status.sent)
    drawn = len(points) >= FEWEST_POINTS and status.state is not RunState.FINAL  # its report has curves of its own
    submitted = [each for each in batches_of(record.dag_id, record.run_id) if each.tag in tags]
    figures = None
    if submitted:  # also for what it says of a resolution or a forced run before anything is collected
        figures = run_view(of_run(store(), submitted), ZoneInfo(record.timezone), view.say)
    return ListOfRun(
        status=status,
        lines=run_lines(status, page_translator(view.say), store().clock.now()),
        steps=run_steps(status, view.say),
        points=thinned(points),
        curves={name: polyline(points, name, whole) for name in ("left", "final", "delivered")} if drawn else {},
        figures=figures,
        is_collected=bool(submitted) and all(each.collected_at for each in submitted),
        folder=_folder(record.folder),
        problems=batch_problems(status, view.say, store().clock.now()),
        details=problem_details(status),
        may_resend=figures is not None and may_resend(figures.figures, view),
    )


def _folder(folder: str | None) -> str:
    """The folder of a run's files, relative to the data folder: the rest is the same for all."""
    if not folder:
        return ""
    path = as_path(folder)
    return str(path.relative_to(data_path())) if path.is_relative_to(data_path()) else path.name


def _name(found: list[ListOfRun]) -> str:
    return found[0].status.results.record.campaign
