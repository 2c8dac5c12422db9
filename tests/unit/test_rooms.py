"""The rooms of the package as CONTRIBUTING.md shows them, and the ports that only a higher room fills."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator

import ovh_sms.metrics
from ovh_sms.campaign import dag_ids
from ovh_sms.metrics import Metric
from support.pages import ROOT, chapter

PACKAGE = ROOT / "plugins" / "ovh_sms"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
#: The modules that alone fill a port of a lower room.
PORTS = {"use_opener": {"hooks/__init__.py"}, "record_with": {"hooks/metrics.py"}}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def test_every_room_of_the_contract_is_in_the_table_of_the_house() -> None:
    floors = [re.findall(r"\w+", layer) for layer in CONTRACTS[0]["layers"]]
    house = chapter((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "The rooms of the house")
    shown = {each.removesuffix("/").removesuffix(".py") for each in re.findall(r"`(\w+(?:/|\.py))`", house)}
    assert {room for floor in floors for room in floor} - {"__main__"} - shown == set()


def test_only_hooks_fill_the_ports_of_lower_rooms() -> None:
    found: dict[str, set[str]] = {}
    for name, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PORTS:
                found.setdefault(node.func.id, set()).add(name)
    assert found == PORTS


def test_ids_of_campaign_dags_are_spelled_in_one_module() -> None:
    spelled = {dag_ids.CAMPAIGN_PREFIX, dag_ids.BROKEN_PREFIX, *dag_ids.OF_ALL}
    found = {
        name
        for name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in spelled
    }
    assert found == {"campaign/dag_ids.py"}


def dict_keys(function: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """The names to which a function assigns a dictionary, with its keys."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            yield ast.unparse(node.targets[0]), {str(ast.literal_eval(key)) for key in node.value.keys if key}


def recorded_tags(tree: ast.Module) -> Iterator[tuple[str, set[str]]]:
    """Each call that records a metric: the metric's constant, and the names of the tags that it gives."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for node in ast.walk(function):
            metric, _, called = ast.unparse(node.func).partition(".") if isinstance(node, ast.Call) else ("", "", "")
            if isinstance(node, ast.Call) and called == "record" and metric.isupper():
                keys = dict(dict_keys(function))
                tags = [{each.arg} if each.arg else keys[ast.unparse(each.value)] for each in node.keywords]
                yield metric, set().union(*tags)


def test_every_record_of_a_metric_gives_each_of_its_tags() -> None:
    metrics = {name: each for name, each in vars(ovh_sms.metrics).items() if isinstance(each, Metric)}
    calls = [(path, *call) for path, tree in modules() for call in recorded_tags(tree)]
    wrong = [(path, name, tags) for path, name, tags in calls if tags != set(metrics[name].tags)]
    assert wrong == []
    # The time of a turn is recorded as a function that takes the seconds alone.
    assert metrics.keys() - {name for _, name, _ in calls} == {"TURN_WAIT"}
    assert metrics["TURN_WAIT"].tags == ()
