"""The documents against the code: what they name exists, and what exists is named."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

import ovh_sms.errors
import ovh_sms.operators
import ovh_sms.sensors
import ovh_sms.triggers
from ovh_sms.api.rights import CAMPAIGN_TASKS, CREDITS_TASKS, RIGHTS, action_for, needed_rules
from ovh_sms.campaign import Campaign, Contacts, Topup
from ovh_sms.errors import NotFound
from ovh_sms.hooks.settings import LABELS, connection_settings
from ovh_sms.messaging.parts import is_gsm7
from ovh_sms.messaging.reasons import RejectReason
from ovh_sms.policy import retry_policy
from ovh_sms.yaml_files import load_file
from support.airflow_task import Store, connection, context
from support.sandbox import SandboxProcess
from support.worlds import sandbox, world

__all__ = ["sandbox", "world"]

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ACCOUNT = "sms-xx12345-1"
TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=False,
).stdout.splitlines()
#: Folders without documents of our own, where this is no git checkout.
SKIPPED = {".venv", "build", ".git", "node_modules"}
FILES = [ROOT / name for name in TRACKED] or [
    path for path in ROOT.rglob("*") if not SKIPPED & set(path.relative_to(ROOT).parts)
]
PAGES = sorted(path for path in FILES if path.suffix == ".md" and path.is_file())
FENCE = re.compile(r"^```(\w*)[ \t]*(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def chapter(page: str, heading: str) -> str:
    """What stands under a heading, up to the next one of the same or a higher level."""
    found = re.search(rf"^(#+) {re.escape(heading)}$", page, re.MULTILINE)
    assert found, f"no heading {heading!r}"
    rest = page[found.end() :]
    following = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: following.start()] if following else rest


def rows(part: str) -> list[list[str]]:
    """Cells of the table rows of a text, the escaped bars of Markdown put right."""
    lines = [line for line in part.splitlines() if line.startswith("|") and not line.startswith("|---")]
    cells = [re.split(r"(?<!\\)\|", line.strip()[1:-1]) for line in lines]
    return [[cell.strip().replace("\\|", "|") for cell in row] for row in cells]


def table(part: str) -> dict[str, list[str]]:
    """Rows by the first cell, without its backticks."""
    return {row[0].strip("`"): row[1:] for row in rows(part)}


def blocks(page: Path) -> list[tuple[str, str, str]]:
    return [(lang, mark, body) for lang, mark, body in FENCE.findall(page.read_text(encoding="utf-8"))]


def marked(name: str, mark: str) -> list[str]:
    return [body for _, found, body in blocks(DOCS / name) if found == mark]


def classes(package: Any, base: type) -> Iterator[type]:
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for _, found in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(found, base) and found.__module__ == module.name:
                yield found


def public_classes() -> list[type]:
    from airflow.sdk import BaseOperator
    from airflow.triggers.base import BaseTrigger

    return [
        *classes(ovh_sms.operators, BaseOperator),
        *classes(ovh_sms.sensors, BaseOperator),
        *classes(ovh_sms.triggers, BaseTrigger),
    ]


# --- operators.md


def test_every_operator_sensor_and_trigger_is_described_with_its_parameters() -> None:
    page = text("operators.md")
    found = public_classes()
    assert len(found) >= 10
    for each in found:
        part = chapter(page, each.__name__)
        assert f"`{each.__module__}`" in part
        told = table(part)
        parameters = inspect.signature(each.__init__).parameters.values()
        for parameter in parameters:
            if parameter.kind is not parameter.KEYWORD_ONLY:
                continue
            assert parameter.name in told, f"{each.__name__}: {parameter.name}"
            if len(told[parameter.name]) == 2:  # parameter, default, meaning
                assert told.pop(parameter.name)[0] == shown_default(parameter.default), parameter.name
            else:
                del told[parameter.name]
        assert set(told) <= {"Parameter", "ovh_sms_conn_id", "account"}, (
            f"{each.__name__}: unknown parameters"
        )


def shown_default(value: object) -> str:
    if value is inspect.Parameter.empty:
        return "required"
    return f"`{value}`" if value != "" else '`""`'


def test_templated_parameters_are_marked() -> None:
    page = text("operators.md")
    for each in public_classes():
        told = table(chapter(page, each.__name__))
        for name in {*getattr(each, "template_fields", ())} - {"ovh_sms_conn_id", "account"}:
            assert "Templated" in told[name][-1], f"{each.__name__}.{name}"
        for name, cells in told.items():
            if "Templated" in cells[-1]:
                assert name in each.template_fields, f"{each.__name__}.{name}"


def example() -> Any:
    (code,) = marked("operators.md", "dag")
    space: dict[str, Any] = {"__name__": "docs_example"}
    exec(compile(code, "docs/operators.md", "exec"), space)
    return space["sms_stock_is_low"]()


def test_the_example_is_a_dag() -> None:
    dag = example()
    assert dag.dag_id == "sms_stock_is_low"
    assert dag.task_ids == ["send", "collect", "report"]
    assert dag.get_task("collect").upstream_task_ids == {"send"}
    assert dag.get_task("report").upstream_task_ids == {"collect"}


def test_the_example_sends_collects_and_reports(sandbox: SandboxProcess) -> None:
    dag = example()
    sent = dag.get_task("send").execute(context())
    assert sent["submitted"] == 2
    collect = dag.get_task("collect")
    collect.sending = sent
    collected = collect.execute_complete(context(), {"status": "final", "message": "all final"})
    report = dag.get_task("report")
    report.collected = collected
    assert Path(report.execute(context())["report"]).is_file()
    assert sandbox.truth(sent["tag"])["accepted"] == 2


# --- campaigns.md


@pytest.mark.parametrize(
    ("model", "heading"),
    [(Campaign, "The campaign file"), (Contacts, "The campaign file"), (Topup, "The account top-up file")],
)
def test_every_field_of_a_file_is_told_with_its_default(model: type, heading: str) -> None:
    told = table(chapter(text("campaigns.md"), heading))
    for name, about in model.model_fields.items():  # type: ignore[attr-defined]
        if name == "name":
            continue
        assert name in told, f"{model.__name__}.{name}"
        default = "required" if about.is_required() else yaml_value(about.default)
        assert told[name][1] == default, f"{model.__name__}.{name}"


def yaml_value(value: object) -> str:
    known = {None: "`null`", False: "`false`", "": '`""`'}
    return known.get(value, f"`{value}`") if isinstance(value, str | bool | None) else f"`{value:g}`"


def test_no_field_is_told_that_does_not_exist() -> None:
    known = {*Campaign.model_fields, *Contacts.model_fields}
    assert set(table(chapter(text("campaigns.md"), "The campaign file"))) <= known | {"Field"}
    told = set(table(chapter(text("campaigns.md"), "The account top-up file")))
    assert told <= {*Topup.model_fields, "Field"}


def test_every_reject_reason_is_told_with_meaning_and_remedy() -> None:
    told = table(chapter(text("campaigns.md"), "Rejected rows"))
    told.pop("Reason")
    assert set(told) == {reason.value for reason in RejectReason}
    assert all(len(cells) == 2 and all(cells) for cells in told.values())


def test_the_characters_are_counted_as_told() -> None:
    part = chapter(text("campaigns.md"), "Length and credits")
    stay, twice, unicode = [], [], []
    for row in rows(part[part.index("| Stay in GSM") :])[1:]:
        for cell, into in zip(row, (stay, twice, unicode), strict=True):
            if "emoji counts" not in cell:
                into += re.findall(r"`([^`]+)`", cell)
    from ovh_sms.messaging.parts import measure

    assert len(stay) > 15
    assert len(unicode) > 15
    assert all(is_gsm7(each) and measure(each).characters == len(each) for each in stay)
    assert all(is_gsm7(each) and measure(each).characters == 2 for each in twice)
    assert not any(is_gsm7(each) for each in unicode)


def test_the_numbers_become_what_is_told() -> None:
    from ovh_sms.messaging.numbers import normalise

    told = rows(chapter(text("campaigns.md"), "Numbers"))[1:]
    for forms, becomes in told:
        for form in re.findall(r"`([^`]+)`", forms):
            number = normalise(form, allow_fiction=True).e164
            assert becomes.startswith("rejected") if number is None else becomes == f"`{number}`", form


# --- connection.md


def subclasses(base: type) -> Iterator[type]:
    yield base
    for each in base.__subclasses__():
        if each.__module__ == base.__module__:
            yield from subclasses(each)


def test_every_error_is_told_with_whether_it_is_tried_again() -> None:
    told = table(chapter(text("connection.md"), "What an error means"))
    told.pop("Error")
    assert set(told) == {each.__name__ for each in subclasses(ovh_sms.errors.OvhSmsError)}
    waits = {rule.exception.rsplit(".", 1)[-1]: rule.retry_delay for rule in retry_policy().rules}
    for name, cells in told.items():
        wait = waits.get(name)
        expected = f"after {wait.total_seconds() / 60:g} min" if wait else "no"
        assert cells[1] == expected, name


def test_every_field_of_the_connection_form_is_told() -> None:
    told = table(chapter(text("connection.md"), "The form"))
    told.pop("Field")
    assert set(told) == set(LABELS.values())
    special = {"application_key": "`login`", "application_secret": "`password`"}
    for name, label in LABELS.items():
        assert told[label][0] == special.get(name, f"`{name}` in `extra`")


def test_the_pool_shown_is_the_one_that_is_made_everywhere() -> None:
    from ovh_demo.local_airflow import POOL, POOL_SLOTS

    ((made, slots), *more) = re.findall(r"airflow pools set (\w+) (\d+)", text("connection.md"))
    assert not more
    assert (made, int(slots)) == (POOL, POOL_SLOTS)
    assert re.findall(r"export OVH_SMS_POOL=(\w+)", text("connection.md")) == [POOL]


def connections(name: str) -> list[tuple[str, str]]:
    found = re.findall(r"export AIRFLOW_CONN_(\w+)='([^']+)'", text(name))
    return [(conn_id.lower(), value) for conn_id, value in found]


def test_the_connections_shown_are_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import BaseHook

    shown = [*connections("connection.md"), *connections("sandbox.md")]
    assert len(shown) == 4
    for conn_id, value in shown:
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", value)
        settings = connection_settings(BaseHook.get_connection(conn_id))
        assert settings.account.startswith("sms-")


def test_the_results_connection_shown_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow.sdk import BaseHook

    from ovh_sms.hooks.results import connection_url

    ((conn_id, value),) = connections("results-and-report.md")
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", value)
    url = connection_url(BaseHook.get_connection(conn_id))
    assert url == "postgresql://sms:PASSWORD@db.example.com/sms?sslmode=require"


def rights(task: str, account: str = ACCOUNT) -> list[str]:
    told = rows(chapter(text("connection.md"), "Keys"))
    column = told[0].index(task)
    return [row[0].strip("`").replace(ACCOUNT, account) for row in told[1:] if row[column] == "x"]


def test_the_rights_told_are_those_that_the_connection_test_looks_for() -> None:
    assert rights("Test") == needed_rules(CAMPAIGN_TASKS, ACCOUNT)
    assert sorted(rights("Top-up")) == sorted(needed_rules(CREDITS_TASKS, ACCOUNT))
    (address,) = re.findall(r"^https://eu\.api\.ovh\.com/createToken/\?(.+)$", text("connection.md"), re.M)
    assert [pair.replace("=", " ", 1) for pair in address.split("&")] == rights("Test")


def test_the_iam_actions_told_are_those_of_the_rights() -> None:
    told = table(chapter(text("connection.md"), "OAuth2 instead of keys"))
    actions = {right.rule(ACCOUNT): action_for(right.method, right.template) for right in RIGHTS}
    for task in ("Campaign", "Report", "Top-up"):
        wanted = {actions[rule] for rule in rights(task)} - {""}
        assert set(re.findall(r"`([^`]+)`", told[task][0])) == wanted, task


def use_key(box: SandboxProcess, patch: pytest.MonkeyPatch, *tasks: str) -> None:
    rules = {tuple(rule.split(" ", 1)) for task in tasks for rule in rights(task, box.account_name)}
    consumer = box.key([(method, path) for method, path in sorted(rules)])
    patch.setenv("AIRFLOW_CONN_OVH_SMS_DEFAULT", connection(box, consumer_key=consumer))


def test_a_campaign_and_its_report_run_with_the_rights_told(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.operators.cancel import CancelSendingsOperator
    from ovh_sms.operators.jobs import SendJobOperator
    from ovh_sms.operators.prepare import PreflightOperator, PrepareContactsOperator
    from ovh_sms.operators.receivers import FreeReceiversOperator, UploadReceiversOperator
    from ovh_sms.sensors.outgoing import CollectOutgoingSensor

    (tmp_path / "a.csv").write_text("number;prenom\n06 39 98 00 12;Camille\n", encoding="utf-8")
    body = "sender: MYSHOP\nkind: transactional\nmessage: 'Bonjour #prenom#'\ncontacts: {file: a.csv}\nbudget: 5\n"
    (tmp_path / "spring.yaml").write_text(body, encoding="utf-8")
    it = load_file(tmp_path / "spring.yaml", Campaign)

    use_key(sandbox, monkeypatch, "Campaign")
    given = PrepareContactsOperator(task_id="prepare", **it.preparing(tmp_path)).execute(context())
    PreflightOperator(task_id="preflight", prepared=given, **it.checking()).execute(context())
    uploaded = UploadReceiversOperator(task_id="upload", prepared=given).execute(context())
    quick = {"settling": timedelta(seconds=4), "give_up": timedelta(seconds=12)}
    send = {"receivers": uploaded, "prepared": given, **it.sending(), **quick}
    store = Store()
    sent = SendJobOperator(task_id="send", **send).execute(context(store))
    store.set("sending", {"state": "intent", "intent": {**store.journal[0]["intent"]}})
    sandbox.clock(advance=60)  # it has left, so OVH lists it
    again = SendJobOperator(task_id="send", **send).execute(context(store))  # looks it up
    assert again["submitted"] == sent["submitted"] == 1
    assert FreeReceiversOperator(task_id="free", receivers=uploaded).execute(context())

    stop = {"sent_by": "a_dag", "sent_in": "run_1", "settling": timedelta(0)}
    stopped = CancelSendingsOperator(task_id="cancel", campaigns=str(tmp_path), **stop).execute(context())
    assert (stopped["taken_back"], stopped["left"]) == (0, 1)
    with pytest.raises(NotFound):  # not MissingRight: the key may delete what waits
        OvhSmsHook().client.cancel_job(1)

    use_key(sandbox, monkeypatch, "Report")
    sandbox.block("+33639980012")  # the STOP is read too
    collect = CollectOutgoingSensor(task_id="collect", sending=sent)
    found = collect.execute_complete(context(), {"status": "final", "message": "all final"})
    assert (found["messages"], found["stops"]) == (1, 1)


def test_credits_are_ordered_with_the_rights_told(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovh_sms.errors import OpenOrderExists
    from ovh_sms.operators.credits import OrderCreditsOperator

    use_key(sandbox, monkeypatch, "Top-up")
    order = {"threshold": 2000, "quantity": 100, "max_price": 1000}
    assert OrderCreditsOperator(task_id="order", **order).execute(context(task_id="order"))["ordered"]
    with pytest.raises(OpenOrderExists):
        OrderCreditsOperator(task_id="order", **order).execute(context(task_id="order", run_id="run_2"))


def test_the_connection_test_is_green_with_the_rights_told(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ovh_sms.hooks.sms import OvhSmsHook

    use_key(sandbox, monkeypatch, "Test")
    green, said = OvhSmsHook().test_connection()
    assert green, said
    assert "Missing rights" not in said


# --- results-and-report.md


def test_every_column_of_the_results_is_told() -> None:
    from ovh_sms.results import tables

    page = text("results-and-report.md")
    for each in tables.metadata.sorted_tables:
        told = table(chapter(page, each.name))
        told.pop("Column")
        assert set(told) == {column.name for column in each.columns}, each.name
    assert f"`{tables.VERSION_TABLE}`" in page


def test_every_file_of_a_run_is_told() -> None:
    from ovh_sms.contacts.prepared import MANIFEST_NAME, REJECTS_NAME
    from ovh_sms.contacts.shards import LIST_NAME, TABLE_NAME
    from ovh_sms.operators.begun import MARK

    told = table(chapter(text("results-and-report.md"), "Files of a run"))
    written = {LIST_NAME, TABLE_NAME, MANIFEST_NAME, REJECTS_NAME, MARK}
    for source in (
        *(ROOT / "plugins/ovh_sms").glob("operators/*.py"),
        ROOT / "plugins/ovh_sms/sensors/collect.py",
    ):
        written |= set(re.findall(r'"([a-z_]+\.(?:csv|html|json))"', source.read_text(encoding="utf-8")))
    assert set(told) - {"File"} == written


# --- every page


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    body = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", body):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{named(page)}: {target}"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{named(page)}: {target}"


def anchors(page: Path) -> set[str]:
    """Anchors of the headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_make_commands_exist(page: Path) -> None:
    body = page.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE))
    shown = re.findall(r"`make ([a-z][\w-]*)", body)
    for _, _, code in blocks(page):
        shown += re.findall(r"(?:^|&&|;)[ \t]*(?:\$ )?make ([a-z][\w-]*)", code, re.MULTILINE)
    assert set(shown) <= targets


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_code_compiles(page: Path) -> None:
    for language, _, code in blocks(page):
        if language in {"python", "py"}:
            compile(code, named(page), "exec")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_yaml_code_is_what_it_is_said_to_be(page: Path, tmp_path: Path) -> None:
    for language, mark, code in blocks(page):
        if language not in {"yaml", "yml"}:
            continue
        (tmp_path / "shown.yaml").write_text(code, encoding="utf-8")
        if mark == "campaign":
            load_file(tmp_path / "shown.yaml", Campaign)
        elif mark == "topup":
            load_file(tmp_path / "shown.yaml", Topup)
        else:
            yaml.safe_load(code)


def test_the_pages_show_campaigns_and_topups() -> None:
    assert marked("campaigns.md", "campaign")
    assert marked("campaigns.md", "topup")
    assert marked("getting-started.md", "campaign")


INTERNATIONAL = re.compile(r"(?<![\w.+-])(?:\+|00)[1-9](?:[ .\-]?\(?\d\)?){7,14}(?!\w)")
NATIONAL = re.compile(r"(?<![\w.+])0[1-9](?:[ .\-]?\d\d){4}(?!\d)")
FICTION = re.compile(r"(?:33)?0*63998\d{4}")
#: The digits in their order stand in tables of characters.
LADDER = "0123456789"


def strangers(body: str) -> list[str]:
    """Phone numbers that may belong to somebody."""
    found = [*INTERNATIONAL.findall(body), *NATIONAL.findall(body)]
    digits = [re.sub(r"\D", "", number).lstrip("0") for number in found]
    return [
        number
        for number, plain in zip(found, digits, strict=True)
        if number != LADDER and not FICTION.fullmatch(plain.removeprefix("33").lstrip("0"))
    ]


def test_what_counts_as_somebodys_number() -> None:
    mine = ["06 39 98 00 12", "+33639980012", "0033639980012", "+33 (0)6 39 98 00 12"]
    assert not strangers(" , ".join(mine))
    others = [
        f"0{6}12345678",
        f"+33 {6} 12 34 56 78",
        f"0{1} 98 76 54 32",
        f"+1{202}5550100",
    ]
    assert strangers(" , ".join(others)) == [others[1], others[3], others[0], others[2]]


def test_no_committed_number_may_belong_to_somebody() -> None:
    """Tests make such numbers at run time; everything else has fiction only."""
    found = {}
    for path in FILES:
        if path.parts[len(ROOT.parts)] == "tests" or not path.is_file():
            continue
        try:
            body = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        if numbers := strangers(body):
            found[named(path)] = numbers
    assert not found
