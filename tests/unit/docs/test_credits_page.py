"""The first order of docs/credits.md is made as the page says, on the sandbox."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.operators.check_credits import CheckCreditsOperator
from ovh_sms.operators.order_credits import OrderCreditsOperator
from ovh_sms.store.store import Store
from support.airflow_task import context
from support.campaign_runs import PARIS
from support.cli import Command
from support.pages import DOCS, blocks, chapter, text
from support.sandbox import SandboxProcess


def example(language: str) -> str:
    (found,) = [body for lang, mark, body in blocks(DOCS / "credits.md") if (lang, mark) == (language, "first")]
    return found


def age(store: Store, days: int) -> None:
    """Let the orders be so many days old."""
    from sqlalchemy import update

    from ovh_sms.store.credit_tables import orders

    with store.database.writing() as connection:
        connection.execute(update(orders).values(ordered_at=store.clock.now() - timedelta(days=days)))


@pytest.fixture
def ovh_sms(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")
    monkeypatch.setenv("COLUMNS", "120")
    return Command(capsys)


def pattern(shown: str, account: str, order_id: int) -> str:
    """The lines of the page, with the account, the number and the moments of this run, two days after its order."""
    if (datetime.now(PARIS) - timedelta(days=2)).month != datetime.now(PARIS).month:  # nothing was ordered this month
        shown = re.sub(r"  Orders of .*\n", "", shown)
    known = shown.replace("sms-ab12345-1", account).replace("230000001", str(order_id))
    found = re.escape(" ".join(known.split()))
    found = re.sub(r"[A-Z]\w\w\\ \d+\\ \w+\\ \d\d:\d\d", r"\\w{3} \\d+ \\w+ \\d\\d:\\d\\d", found)
    return re.sub(r"November\\ 2026:\\ 360", r"\\w+ \\d+: \\d+", found)


def test_the_first_order_is_made_and_shown_as_on_the_page(
    sandbox: SandboxProcess, tmp_path: Path, ovh_sms: Command
) -> None:
    (tmp_path / "shop.yaml").write_text(example("yaml"), encoding="utf-8")
    file = load_file(tmp_path / "shop.yaml", AccountFile)
    sandbox.account(creditsLeft=900)
    check = CheckCreditsOperator(task_id="shop.check", **file.check_arguments()).execute(context(task_id="shop.check"))
    order = OrderCreditsOperator(task_id="shop.order", check=check).execute(context(task_id="shop.order"))
    (made,) = [each for each in sandbox.orders() if each["account"] == sandbox.account_name]
    assert (order["order_id"], made["quantity"], made["status"]) == (made["id"], 5000, "notPaid")
    age(ResultsHook().store, 2)
    said = " ".join(ovh_sms("credits", "shop").out.split())
    assert re.search(pattern(example("text"), sandbox.account_name, made["id"]), said), said


def test_the_errors_of_the_triage_exist() -> None:
    from ovh_sms import errors

    named = re.findall(r"`([A-Z]\w+)`", chapter(text("credits.md"), "Triage"))
    assert len(named) > 3
    assert [name for name in named if not hasattr(errors, name)] == []
