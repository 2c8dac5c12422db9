"""Names of tasks in a run's lines: between asterisks in a notice, set off on a page, and never a person's text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ovh_sms.dashboard.view import task_names
from ovh_sms.report.language import translator
from ovh_sms.report.run_lines import run_lines
from ovh_sms.report.run_state import run_status
from ovh_sms.report.task_names import BEGIN, END, page_translator
from ovh_sms.store.models import Resolution
from ovh_sms.store.run_records import Problem
from ovh_sms.store.run_results import BatchResults, RunResults
from unit.report.run_cases import ASKED, DAY, RUN, batch, lines, problem, sent


def shown(*batches: BatchResults, language: str = "en", **run: object) -> str:
    """The action of a run as a page has it."""
    status = run_status(RunResults(record=replace(RUN, **run), batches=batches), DAY, has_ended=True)  # type: ignore[arg-type]
    return str(task_names(run_lines(status, page_translator(translator(language)), DAY).action))


@pytest.mark.parametrize(
    ("language", "notice", "page"),
    [
        ("en", "then clear the task *send* of batch 2", "then clear the task <code>send</code> of batch 2"),
        ("fr", "la tâche *send* du lot 2", "la tâche <code>send</code> du lot 2"),
    ],
)
def test_a_page_sets_off_the_task_that_a_notice_has_between_asterisks(language: str, notice: str, page: str) -> None:
    asked = batch(2, state="unknown", claimed_at=DAY, question=ASKED)
    assert notice in lines(sent(1), asked, language=language, has_ended=True)[1].action
    found = shown(sent(1), asked, language=language)
    assert page in found.replace("&#39;", "'")
    assert "*" not in found


def test_the_tasks_to_clear_are_set_off_one_by_one() -> None:
    stopped = [batch(each, problem=replace(problem("SenderRefused"), step=f"send_{each}")) for each in (2, 3)]
    notice = lines(sent(1), *stopped, has_ended=True, batches=3)[1].action
    assert "clear the failed tasks *send_2*, *send_3* of this run" in notice
    page = shown(sent(1), *stopped, batches=3)
    assert "clear the failed tasks <code>send_2</code>, <code>send_3</code> of this run" in page


def test_the_advice_of_an_error_names_its_task() -> None:
    advice = "Raise 'budget' to 156 in the campaign file, then clear *preflight*."
    run = {"problem": replace(problem(), action=advice)}
    assert lines(**run)[1].action == advice
    assert "then clear <code>preflight</code>." in shown(**run)


@pytest.mark.parametrize("text", ["*send*", "<b>x</b>", f"{BEGIN}x{END}", f"clear *x* {BEGIN}<i>"])
def test_a_text_of_a_person_is_never_markup(text: str) -> None:
    written = Problem(
        step="prepare",
        error="ContactListInvalid",
        what=f"No column {text}.",
        action=f"Name {text}.",
        at=DAY.isoformat(),
    )
    status = run_status(RunResults(record=replace(RUN, problem=written), batches=()), DAY, has_ended=True)
    made = run_lines(status, page_translator(translator("en")), DAY)
    page = task_names(made.first + made.action)
    assert page.count("<") == page.count("<code>prepare</code>") * 2 == 2
    assert text.replace(BEGIN, "").replace(END, "") in page.unescape()


def test_the_name_of_a_person_who_resolved_a_batch_is_shown_as_it_is() -> None:
    by = Resolution(way="sent", by=f"*send* {BEGIN}<em>{END}", at=DAY.isoformat())
    resolved = batch(1, state="unknown", claimed_at=DAY, question=ASKED, resolution=by)
    status = run_status(RunResults(record=RUN, batches=(resolved,)), DAY, has_ended=True)
    page = task_names(run_lines(status, page_translator(translator("en")), DAY).first)
    assert "*send* &lt;em&gt; resolved it; clear its task <code>send</code> to go on." in page
