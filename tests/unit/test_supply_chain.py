"""Everything from elsewhere is named exactly: packages by hash, actions and hooks by commit, images by version."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,-]+\])?==\S+( ; .+)?")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
COMMIT = re.compile(r"[0-9a-f]{40}")


def test_each_package_has_its_hashes_and_both_files_agree() -> None:
    lines = (ROOT / "requirements.hashes.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.removesuffix(" \\") for line in lines if not line.startswith(" ")]
    assert pins == (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines(), "make requirements"
    assert [pin for pin in pins if not PIN.fullmatch(pin)] == []
    assert [line for line in lines if line.startswith(" ") and not HASH.fullmatch(line)] == []
    bare = [line for line, below in zip(lines, [*lines[1:], ""], strict=True) if line[:1] != " " and below[:1] != " "]
    assert bare == []


def test_each_action_is_named_by_its_commit_and_its_version() -> None:
    for file in (ROOT / ".github" / "workflows").iterdir():
        used = re.findall(r"uses: (.*)", file.read_text(encoding="utf-8"))
        assert used
        for each in used:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", each), f"{file.name}: {each}"


def test_each_hook_is_named_by_its_commit() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [
        each["repo"] for each in hooks["repos"] if each["repo"] != "local" and not COMMIT.fullmatch(each["rev"])
    ] == []


def images() -> dict[str, str]:
    """Images by the file that names them; those that are built here are not loaded from elsewhere."""
    compose = ROOT / "docker-compose.yaml"
    services = yaml.safe_load(compose.read_text(encoding="utf-8"))["services"]
    found = {f"{compose.name}: {name}": each["image"] for name, each in services.items() if "build" not in each}
    texts = {compose.name: compose.read_text(encoding="utf-8")}
    texts |= {file.name: file.read_text(encoding="utf-8") for file in ROOT.glob("Dockerfile*")}
    for name, text in texts.items():
        for at, image in enumerate(re.findall(r"^\s*FROM (?:--\S+ )?(\S+)", text, re.MULTILINE)):
            found[f"{name}: FROM {at + 1}"] = image
    return found


@pytest.mark.parametrize("where", images())
def test_each_image_has_an_exact_version(where: str) -> None:
    image = images()[where]
    assert re.search(r":\D*\d+\.\d+(\.\d+)?[\w.-]*$|@sha256:[0-9a-f]{64}$", image), image


def test_the_workflow_runs_each_python_that_the_package_names() -> None:
    from support.fresh_environment import PYTHONS

    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yaml").read_text(encoding="utf-8"))
    assert flow["jobs"]["test"]["strategy"]["matrix"]["python"] == PYTHONS


def test_each_dependency_has_a_lowest_version() -> None:
    from support.fresh_environment import PROJECT

    project = PROJECT["project"]
    asked = [*project["dependencies"], *(each for extra in project["optional-dependencies"].values() for each in extra)]
    assert [each for each in asked if not re.search(r">=\d", each)] == []
