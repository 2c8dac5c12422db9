"""docs/callbacks.md against the code; its commands and its DAG are run against the sandbox."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ovh_sms.api.rights import RIGHTS, needed_rules
from ovh_sms.dashboard import callbacks, known_secrets
from ovh_sms.hooks.sms import OvhSmsHook
from ovh_sms.hooks.store import ResultsHook
from ovh_sms.inbound import callback_form, callback_settings, configure_callbacks
from ovh_sms.inbound.callback_addresses import PATHS, PREFIX, secret_in
from ovh_sms.inbound.rules import ReplyRules
from ovh_sms.inbound.shown_secrets import check_secrets
from ovh_sms.inbound.work_off import KEPT, LISTED_WITHIN, MOST_LEFT, work_off
from ovh_sms.store import callback_records
from support.airflow_task import connection, context
from support.cli import Command
from support.pages import DOCS, blocks, chapter, rows, run_marked, table, text
from support.sandbox import SandboxProcess

PAGE = text("callbacks.md")
ACCOUNT = "sms-xx12345-1"


def test_the_rights_are_those_that_the_calls_need() -> None:
    described = {row[0].strip("`"): row[1].strip("`") for row in rows(chapter(PAGE, "Set them")) if "/sms/" in row[0]}
    described = {right: action for right, action in described.items() if ":apiovh:" in action}
    assert sorted(described) == sorted(needed_rules(["callbacks"], ACCOUNT))
    actions = {each.rule(ACCOUNT): each.action for each in RIGHTS}
    assert described == {right: actions[right] for right in described}


def test_each_kind_has_its_setting_and_its_address() -> None:
    described = table(chapter(PAGE, "Set them"))
    for kind, field in callback_settings.FIELDS.items():
        setting, address = described[kind]
        assert f"`{field}`" in setting
        assert address.strip("`").endswith(f"{PREFIX}/<secret>/{PATHS[kind]}")


def test_the_limits_and_results_are_those_of_the_code() -> None:
    part, flat = chapter(PAGE, "How a call is answered"), " ".join(PAGE.split())
    counted = {row[2].strip("`") for row in rows(part)[1:]}
    names = ("STORED", "REPEATED", "FORGED", "MALFORMED", "OVERSIZED", "NOT_STORED")
    assert counted == {getattr(callback_records, name) for name in names}
    assert f"{callbacks.MOST_BYTES // 1024} KiB" in part
    assert f"{callbacks.MOST_HEADERS} headers" in part
    for name in callback_form._NUMBER_FIELDS:
        assert f"`{name}`" in part
    assert f"kept for {KEPT.days} days" in PAGE
    assert f"sooner than after {configure_callbacks.KEEP_OLD.days} days" in flat
    assert f"up to {MOST_LEFT['reply']} replies and {MOST_LEFT['stop']:,} STOPs" in flat
    assert (timedelta(hours=1), 5) == (LISTED_WITHIN, known_secrets.OLD_AFTER), "the page says so in words"


@pytest.fixture
def ovh_sms(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")
    monkeypatch.setattr(configure_callbacks, "_KNOWN_AFTER", 0.01)
    return Command(capsys)


def test_the_commands_and_the_dag_of_the_page_run_with_the_described_rights(
    sandbox: SandboxProcess, ovh_sms: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = [tuple(rule.split(" ", 1)) for rule in needed_rules(["callbacks"], sandbox.account_name)]
    consumer = sandbox.key([(method, path) for method, path in rules])
    monkeypatch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(sandbox, consumer_key=consumer))
    commands, *more = [code for language, _, code in blocks(DOCS / "callbacks.md") if language == "bash"]
    lines = re.findall(r"ovh-sms (.+)", commands)
    assert len(lines) == 2
    for line in lines:
        assert ovh_sms(*line.split()).code == 0
    client = OvhSmsHook().client
    first = client.callbacks.read()
    dag = run_marked("callbacks.md", "dag")["new_callback_secret"]()
    done = dag.get_task("rotate").execute(context(task_id="rotate"))
    after = client.callbacks.read()
    assert len(done["changes"]) == 3
    assert done["ending"] == 1
    old, new = secret_in(first["callBack"]), secret_in(after["callBack"])
    assert old != new
    assert len(ResultsHook().store.callback_secrets.valid()) == 2
    for secret in (old, new):
        assert secret is not None
        assert secret not in str(done)
    store = ResultsHook().store
    store.callbacks.receive(
        [
            callback_records.Callback(key="r", account=sandbox.account_name, kind="reply", ovh_id="1"),
            callback_records.Callback(key="s", account=sandbox.account_name, kind="stop", number="+33639980001"),
        ]
    )
    worked_off = work_off(client, store, ReplyRules(None))
    assert (worked_off.left, worked_off.new) == (2, 0)
    assert check_secrets(client, store) is False, "it was done right after the change"
    for line in re.findall(r"ovh-sms (.+)", "\n".join(more)):
        assert ovh_sms(*line.split()).code == 0
