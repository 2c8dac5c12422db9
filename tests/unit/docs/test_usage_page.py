"""docs/usage.md against the account file, the files and the command, which is run on the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ovh_sms.accounts.usage_files import CSV, PAGE, PARQUET
from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.campaign.account_usage import PayerRule, Tariff, UsageRules
from ovh_sms.hooks.sms import OvhSmsHook
from support.cli import Command
from support.pages import DOCS, blocks, chapter, table, text
from support.sandbox import SandboxProcess

NUMBERS = [f"+336399802{at:02d}" for at in range(30)]


def example(language: str, mark: str) -> str:
    (found,) = [body for lang, given, body in blocks(DOCS / "usage.md") if (lang, given) == (language, mark)]
    return found


@pytest.fixture
def ovhs_clock(sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    yield sandbox
    sandbox.clock(offset=0.0)
    sandbox.features(ends={})


def set_to(sandbox: SandboxProcess, moment: str) -> None:
    sandbox.clock(offset=datetime.fromisoformat(moment).timestamp() - datetime.now(UTC).timestamp())


def send(tag: str, numbers: list[str]) -> None:
    about = {"message": "Bonjour", "stop_clause": False, "tag": tag, "sender": "MYSHOP"}
    OvhSmsHook().client.jobs.submit(SubmissionRequest(receivers=numbers, **about))


@pytest.fixture
def ovh_sms(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")
    monkeypatch.setenv("COLUMNS", "120")
    return Command(capsys)


def test_the_command_says_what_the_page_shows(
    ovhs_clock: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ovh_sms: Command
) -> None:
    sandbox = ovhs_clock
    monkeypatch.setenv("OVH_SMS_INCLUDE", str(tmp_path))
    (tmp_path / "accounts").mkdir()
    file = example("yaml", "account").replace("sms-ab12345-1", sandbox.account_name).replace("[helpdesk]", "[x]")
    # The sandbox's users have a test of their own; here a tag stands for the user.
    (tmp_path / "accounts" / "shop.yaml").write_text(file.replace("users: [x]", "tags: [desk]"), encoding="utf-8")
    sandbox.features(ends=dict.fromkeys(NUMBERS, (1, 4)))
    sandbox.account(creditsLeft=0)
    set_to(sandbox, "2025-09-10T10:00:00+02:00")
    sandbox.settle_order(OvhSmsHook().client.orders.create(100).order_id)
    set_to(sandbox, "2025-10-04T06:00:00+02:00")
    assert ovh_sms("usage", "--account", "shop", "--month", "2025-09").code == 0
    set_to(sandbox, "2025-10-10T10:00:00+02:00")
    send("flyer", NUMBERS[:20])
    send("desk", NUMBERS[20:])
    set_to(sandbox, "2025-11-04T06:00:00+01:00")
    ended = ovh_sms("usage", "--account", "shop", "--month", "2025-10")
    lines, shown = ended.out.splitlines(), example("text", "usage").replace("sms-ab12345-1", sandbox.account_name)
    assert lines[:5] == shown.splitlines()
    files = {Path(line.strip()).name: Path(line.strip()) for line in lines[5:]}
    assert set(files) == {CSV, PARQUET, PAGE}
    before = {name: path.read_bytes() for name, path in files.items()}
    assert ovh_sms("usage", "--account", "shop", "--month", "2025-10", "--format", "csv").out.strip() == str(files[CSV])
    assert {name: path.read_bytes() for name, path in files.items()} == before, "the same month gives the same bytes"
    sandbox.features(ends={})
    set_to(sandbox, "2025-10-30T10:00:00+01:00")
    send("late", NUMBERS[:1])
    set_to(sandbox, "2025-11-05T06:00:00+01:00")
    closed = ovh_sms("usage", "--account", "shop", "--month", "2025-10").out
    assert "+1 messages, +1 credits, in 1 lines" in closed
    assert {name: path.read_bytes() for name, path in files.items()} == before, "a closed month keeps its figures"
    opened = ovh_sms("usage", "--account", "shop", "--month", "2025-10", "--reopen").out
    assert "31 messages" in opened
    assert "OVH shows other figures" not in opened


def test_the_fields_and_files_of_the_page_are_those_of_the_package() -> None:
    fields = table(chapter(text("usage.md"), "Set it up"))
    fields.pop("Field of `usage`", None)
    assert {name for name in fields if "Field" not in name} == set(UsageRules.model_fields)
    for name in (*Tariff.model_fields, *PayerRule.model_fields):
        assert f"`{name}`" in chapter(text("usage.md"), "Set it up")
    files = chapter(text("usage.md"), "What it gives")
    for name in (CSV, PARQUET, PAGE):
        assert f"`{name}`" in files
