"""docs/resend.md against what a resend does: its statement counts each message once, its options are the command's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text as sql

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.report.figures import of_run, with_history
from ovh_sms.report.language import translator
from ovh_sms.report.page import run_view
from support.failed_runs import ABSENT, DELIVERED, EXPIRED, asked, collected, ending, resent, sent
from support.leaping_time import LeapingTime
from support.pages import chapter, marked, table, text
from support.sandbox import SandboxProcess
from support.worlds import leaping, sandbox, world

__all__ = ["leaping", "sandbox", "world"]

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def include(sandbox: SandboxProcess, leaping: LeapingTime, tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "include"
    sandbox.features(ends={})


def test_the_statement_of_the_page_counts_each_message_once_as_the_figures_do(
    sandbox: SandboxProcess, include: Path
) -> None:
    first = sent(sandbox, include, {0: DELIVERED, 1: ABSENT, 2: ABSENT, 3: EXPIRED})
    ending(sandbox, {1: DELIVERED, 2: ABSENT, 3: DELIVERED})
    second = resent(asked(first, close=True), include)
    collected(sandbox, second)
    store = ResultsHook().store
    (statement,) = marked("resend.md", "once")
    statement = statement.replace("sms_campaign_spring", first.dag_id).replace("'RUN'", f"'{first.run_id}'")
    with store.database.reading() as connection:
        assert tuple(connection.execute(sql(statement.strip().removesuffix(";"))).one()) == (4, 3)
    figures = of_run(store, store.submissions.of_run(first.dag_id, first.run_id))
    assert (figures.delivered, figures.reached_with_resends, figures.submitted) == (1, 3, 4)
    notices = run_view(figures, ZoneInfo("Europe/Paris"), translator("en")).notices
    assert notices[-1] == "With resends, 3 of 4 messages were delivered (75.0 %): each message counts once."
    again = of_run(store, store.submissions.of_run(second.dag_id, second.run_id))
    assert again.resend_of is not None
    assert with_history(store, again).usual == ()
    earlier = store.figures.earlier_runs(again.account, marketing=False, since=FIRST, before=LAST)
    assert [each.run_id for each in earlier] == [first.run_id]
    plain = figures.to_dict()
    assert (plain["resends"][0]["delivered"], plain["reached_with_resends"]) == (2, 3)


def test_every_option_of_the_command_is_described() -> None:
    from typer.main import get_command

    from ovh_sms.cli import app

    command = get_command(app).commands["resend"]  # type: ignore[attr-defined]
    options = {name for each in command.params for name in each.opts if name.startswith("--")}
    described = table(chapter(text("command-line.md"), "Resend options"))
    assert {*described} - {"Option"} == options - {"--json"}
