"""The bill of materials names what runs with the package, and nothing else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import ovh_sms
from support.fresh_environment import PROJECT
from support.sandbox import ROOT


def test_the_bill_of_materials_has_each_pin_that_runs(tmp_path: Path) -> None:
    file = tmp_path / "sbom.cdx.json"
    subprocess.run(
        [sys.executable, "-m", "support.sbom", file], check=True, capture_output=True
    )  # it is validated there
    bill = json.loads(file.read_text(encoding="utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    about = bill["metadata"]["component"]
    assert (about["name"], about["version"]) == ("airflow-provider-ovh-sms", ovh_sms.__version__)
    found = {(each["name"], each["version"]) for each in bill["components"]}
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned = {tuple(line.partition(" ;")[0].split("==")) for line in lines}
    pinned = {(re.sub(r"\[.*", "", name), version) for name, version in pinned}
    assert found <= pinned
    needed = {re.split(r"[<>=\[]", each)[0] for each in PROJECT["project"]["dependencies"]}
    assert needed | {"python-calamine", "psycopg2-binary"} <= {name for name, _ in found}
    assert not {"pytest", "ruff", "mypy", "moto"} & {name for name, _ in found}
    assert all(each["purl"].startswith("pkg:pypi/") for each in bill["components"])
    hashes = [each["externalReferences"][0]["hashes"] for each in bill["components"]]
    assert all(kinds[0]["alg"] == "SHA-256" for kinds in hashes)
