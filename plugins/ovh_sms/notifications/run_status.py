"""The state of a run for notifications, in the words of its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ovh_sms.report.language import translator
from ovh_sms.report.line_words import RunLines
from ovh_sms.report.run_lines import run_lines
from ovh_sms.report.run_state import run_status

if TYPE_CHECKING:
    from ovh_sms.report.run_state import RunState
    from ovh_sms.store.run_results import RunResults
    from ovh_sms.store.store import Store


def states(store: Store, results: list[RunResults], *, has_ended: bool) -> list[RunState]:
    """List the states of a run's contact lists, mostly one."""
    return [run_status(each, store.clock.now(), has_ended=has_ended).state for each in results]


def lines(store: Store, results: list[RunResults], language: str, *, has_ended: bool) -> list[RunLines]:
    """Say the states of a run's contact lists."""
    now, say = store.clock.now(), translator(language)
    return [run_lines(run_status(each, now, has_ended=has_ended), say, now) for each in results]


def first_lines(store: Store, dag_id: str, run_id: str, language: str) -> list[str]:
    """Say the state of a run in one line for each of its contact lists; nothing of a run that is not recorded."""
    results = store.run_results.of_run(dag_id, run_id)
    return [each.first for each in lines(store, results, language, has_ended=False)]
