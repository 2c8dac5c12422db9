"""Makes the bill of materials of what runs: ``python -m support.sbom FILE``, a CycloneDX document."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from support.sandbox import ROOT

UV = Path(sys.executable).with_name("uv")
#: An environment of its own: beside Airflow, it would make each import of Airflow two seconds slower.
TOOL = [UV, "tool", "run", "--quiet", "--from", "cyclonedx-bom==7.5.0"]
VALIDATE = """
import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
sys.exit(f"The bill of materials is no CycloneDX 1.6: {error}" if error else 0)
"""
COMPILE = ["--universal", "--python-version", "3.11", "--no-annotate", "--no-header", "--no-emit-index-url"]


def runtime_pins() -> str:
    """The package's own dependencies and extras at the versions of requirements.txt, each with its hashes."""
    command = [UV, "pip", "compile", "--quiet", *COMPILE, "--generate-hashes", "--all-extras"]
    command += ["--constraint", "requirements.txt", "pyproject.toml"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def bill_of(pins: str) -> dict[str, Any]:
    """The bill of materials of some pins, checked against the schema of CycloneDX."""
    from ovh_sms import __version__

    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(pins)
        file.flush()
        command = [*TOOL, "cyclonedx-py", "requirements", file.name, "--pyproject", "pyproject.toml"]
        command += ["--mc-type", "library", "--output-reproducible", "--of", "JSON"]
        made = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    bill: dict[str, Any] = json.loads(made)
    for each in bill["components"]:  # the line of a file that nobody has
        each.pop("description", None)
    bill["metadata"]["component"]["version"] = __version__
    subprocess.run([*TOOL, "python", "-c", VALIDATE], input=json.dumps(bill), text=True, check=True)
    return bill


def main() -> None:
    """Write the file that is named."""
    file = Path(sys.argv[1])
    file.parent.mkdir(parents=True, exist_ok=True)
    bill = bill_of(runtime_pins())
    file.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    sys.stdout.write(f"{file}: {len(bill['components'])} packages\n")


if __name__ == "__main__":
    main()
