"""docker-compose.yaml and .env.example: safe by default, complete, and read by a real compose tool."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ovh_demo.local_airflow import POOL, POOL_SLOTS
from ovh_sandbox.world import seed
from support.cluster.compose_file import FILE, ROOT, example, filled_in, read_services

DOCKERFILE = (ROOT / "Dockerfile").read_text()
TOOL = Path(sys.executable).with_name("podman-compose")

AIRFLOW = {"db-init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}
#: They end once they have prepared something.
ONCE = {"results-database", "db-init"}
VARIABLE = re.compile(r"\$\{(\w+)(?P<required>:\?[^}]+)?(?::-[^}]*)?\}")
SECRET = re.compile(r"(KEY|SECRET|PASSWORD|SQL_ALCHEMY_CONN|^AIRFLOW_CONN_\w+)$")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text())["services"]


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """Values of the empty variables, made as .env.example says."""
    return {name: value for name, value in filled_in().items() if value and not example()[name]}


def test_it_has_one_service_for_each_part_and_the_sandbox_only_on_demand(services: dict[str, Any]) -> None:
    assert set(services) == {*AIRFLOW, "postgres", "redis", "results-database", "ovh-sandbox"}
    assert services["ovh-sandbox"]["profiles"] == ["sandbox"]
    assert [name for name, service in services.items() if "profiles" in service] == ["ovh-sandbox"]


def test_every_part_of_airflow_has_the_same_image_settings_and_folders(services: dict[str, Any]) -> None:
    first = services["db-init"]
    for name in AIRFLOW:
        more = {"DUMB_INIT_SETSID": "0"} if name == "worker" else {}
        assert services[name]["environment"] == first["environment"] | more, name
        assert services[name]["build"] == first["build"], name
        assert set(first["volumes"]) <= set(services[name]["volumes"]), name
    more = {name: set(services[name]["volumes"]) - set(first["volumes"]) for name in AIRFLOW}
    assert {name: left for name, left in more.items() if left} == {"api-server": {"auth:/auth"}}


def test_the_image_is_of_the_airflow_that_is_pinned(services: dict[str, Any]) -> None:
    pinned = re.search(r"^apache-airflow==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert services["db-init"]["build"] == "."
    assert f"FROM apache/airflow:slim-{pinned[1]}-python3.12\n" in DOCKERFILE
    assert "--constraint /requirements/requirements.txt" in DOCKERFILE
    assert "psycopg2" in DOCKERFILE
    assert "pip install --no-cache-dir --no-deps --no-build-isolation --editable /opt/airflow\n" in DOCKERFILE
    assert services["db-init"]["image"].endswith(f":{pinned[1]}")


def test_the_image_holds_what_is_needed_at_run_time_and_no_tool_of_the_tests(tmp_path: Path) -> None:
    """Its own command cuts requirements.in where the tools of tests and checks begin."""
    command = re.search(r"sed '[^']+'", DOCKERFILE)
    assert command is not None
    given = (ROOT / "requirements.in").read_text()
    done = subprocess.run(["sh", "-c", command[0]], input=given, capture_output=True, text=True, check=True)
    kept = {re.split(r"[\[<>=; ]", line)[0] for line in done.stdout.splitlines() if line and not line.startswith("#")}
    assert {"apache-airflow", "apache-airflow-providers-celery", "asyncpg", "ovh", "redis", "s3fs"} <= kept
    assert not kept & {"pytest", "mypy", "moto", "mkdocs-material", "uv"}


def test_images_of_others_have_exact_versions(services: dict[str, Any]) -> None:
    theirs = {service["image"] for service in services.values() if "build" not in service}
    assert len(theirs) == 2
    assert all(re.fullmatch(r"(postgres|redis):\d+\.\d+(\.\d+)?-bookworm", image) for image in theirs), theirs


def test_airflow_knows_every_setting_by_its_name(services: dict[str, Any]) -> None:
    from airflow.configuration import conf

    known = {
        f"AIRFLOW__{section.upper()}__{option.upper()}"
        for section, described in conf.configuration_description.items()
        for option in described["options"]
    }
    used = {name for name in services["scheduler"]["environment"] if name.startswith("AIRFLOW__")}
    assert used
    # A section of free options, which Airflow hands to the broker: it does not describe each of them.
    assert used - {"AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT"} <= known


def test_settings_that_must_not_change(services: dict[str, Any]) -> None:
    settings = services["scheduler"]["environment"]
    assert settings["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert settings["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"
    assert settings["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"].startswith("/auth/")
    assert settings["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://api-server:8080/execution/"
    assert settings["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    assert settings["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].startswith("postgresql+psycopg2://")
    assert settings["AIRFLOW__CELERY__RESULT_BACKEND"].startswith("db+postgresql+psycopg2://")
    assert settings["AIRFLOW__CELERY__BROKER_URL"].endswith("@redis:6379/0")
    assert set(settings["AIRFLOW__CORE__SENSITIVE_VAR_CONN_NAMES"].split(",")) == {"consumer_key", "application_key"}
    assert settings["PYTHONPATH"] == "/opt/airflow/plugins:/opt/airflow/include"


def test_the_pool_that_all_tasks_name_is_made_before_any_runs(services: dict[str, Any]) -> None:
    """Airflow would not run a task whose pool does not exist."""
    named = services["scheduler"]["environment"]["OVH_SMS_POOL"]
    shell, option, script = services["db-init"]["command"]
    assert (shell, option) == ("bash", "-c")
    migrate, pool, store = script.split(" && ")
    assert (migrate, store) == ("airflow db migrate", "ovh-sms db init")
    made = re.fullmatch(r'\{ airflow pools get (\S+) \|\| airflow pools set (\S+) (\d+) "[^"$]+"; \}', pool)
    assert made is not None, pool
    assert made[1] == made[2] == named == POOL
    filled = read_services(filled_in())
    tasks = int(filled["scheduler"]["environment"]["AIRFLOW__CORE__PARALLELISM"])
    assert int(made[3]) == POOL_SLOTS == tasks / 2
    at_once = int(filled["worker"]["environment"]["AIRFLOW__CELERY__WORKER_CONCURRENCY"])
    assert tasks == at_once * int(filled["worker"]["deploy"]["replicas"]), "no task waits in Redis"


def test_db_init_makes_the_pool_once_and_ends_in_error_where_it_cannot(
    services: dict[str, Any], tmp_path: Path
) -> None:
    """Its script, with a program in the place of airflow that notes what it is asked."""
    script = services["db-init"]["command"][2]
    for program in ("airflow", "ovh-sms"):
        fake = tmp_path / program
        fake.write_text('#!/bin/sh\necho "$1 $2" >> "${0%/*}/asked"\ncase " $FAILS " in *" $2 "*) exit 1;; esac\n')
        fake.chmod(0o700)

    def run(fails: str) -> tuple[int, list[str]]:
        asked = tmp_path / "asked"
        asked.unlink(missing_ok=True)
        env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "FAILS": fails}
        code = subprocess.run(["bash", "-c", script], env=env, check=False, timeout=30).returncode
        return code, asked.read_text().splitlines()

    assert run("") == (0, ["db migrate", "pools get", "db init"])
    assert run("get") == (0, ["db migrate", "pools get", "pools set", "db init"])
    assert run("init") == (1, ["db migrate", "pools get", "db init"])
    assert run("get set") == (1, ["db migrate", "pools get", "pools set"])
    assert run("migrate") == (1, ["db migrate"])


def test_no_secret_stands_in_the_file(services: dict[str, Any]) -> None:
    found = 0
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            if SECRET.search(name):
                found += 1
                given = VARIABLE.search(value)
                assert given, f"{name} has a literal value"
                assert given["required"] or name == "AIRFLOW_CONN_SMS_FILES", f"{name} may be empty"
    assert found > len(AIRFLOW)


def test_the_sandbox_gets_nothing_of_airflows_secrets(services: dict[str, Any]) -> None:
    assert set(services["ovh-sandbox"]["environment"]) == {"PYTHONPATH"}


def test_ports_are_open_to_this_machine_only(services: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert set(ports) == {"api-server", "ovh-sandbox"}
    assert all(port.startswith("127.0.0.1:") for each in ports.values() for port in each)


def test_every_service_waits_for_what_it_needs(services: dict[str, Any]) -> None:
    assert services["results-database"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert set(services["db-init"]["depends_on"]) == {"postgres", "results-database"}
    for name in AIRFLOW - {"db-init"}:
        needs = services[name]["depends_on"]
        assert needs["postgres"] == {"condition": "service_healthy"}
        assert needs["db-init"] == {"condition": "service_completed_successfully"}
        assert needs["redis"] == {"condition": "service_healthy"}
    assert services["worker"]["depends_on"]["api-server"] == {"condition": "service_healthy"}
    lacking = {name for name, service in services.items() if "healthcheck" not in service}
    assert lacking == ONCE
    restarted = {name: service["restart"] for name, service in services.items()}
    assert restarted == {name: "no" if name in ONCE else "unless-stopped" for name in services}


def test_the_database_counts_as_ready_once_other_services_reach_it(services: dict[str, Any]) -> None:
    """At its first start the image's server answers at its socket before it listens: what waits would fail for good."""
    assert " --host 127.0.0.1 " in " ".join(services["postgres"]["healthcheck"]["test"])


def test_every_named_volume_is_declared_and_its_folder_is_made_in_the_image() -> None:
    content = yaml.safe_load(FILE.read_text())
    used = {
        tuple(volume.split(":")[:2])
        for service in content["services"].values()
        for volume in service.get("volumes", [])
        if not volume.startswith(".")
    }
    assert {name for name, _ in used} == set(content["volumes"])
    ours = {path for name, path in used if name not in {"postgres", "logs"}}
    assert ours <= set(DOCKERFILE.split())


def test_the_example_lists_every_variable_and_says_how_to_make_the_empty_ones(made: dict[str, str]) -> None:
    content = "\n".join(line for line in FILE.read_text().splitlines() if not line.lstrip().startswith("#"))
    assert {name for name, *_ in VARIABLE.findall(content)} == set(example())
    may_be_empty = set(re.findall(r"\$\{(\w+):-\}", content))
    assert may_be_empty, "settings that nobody needs"
    assert {name for name, value in example().items() if not value} == set(made) | may_be_empty


def test_the_example_makes_values_that_are_long_enough_and_differ(made: dict[str, str]) -> None:
    assert len(base64.urlsafe_b64decode(made["AIRFLOW_FERNET_KEY"])) == 32
    assert len(made["AIRFLOW_JWT_SECRET"]) >= 64, "HS512 wants 64 bytes"
    assert made["POSTGRES_PASSWORD"].isalnum(), "it is part of a URL"
    assert len(set(made.values())) == len(made)


def test_the_examples_connection_leads_to_the_sandbox() -> None:
    connection = json.loads(example()["AIRFLOW_CONN_OVH_SMS_DEFAULT"])
    assert connection["conn_type"] == "ovh_sms"
    assert (connection["login"], connection["password"]) == tuple(seed.APPLICATION.values())
    assert connection["extra"]["consumer_key"] == seed.CONSUMER_KEY
    assert connection["extra"]["endpoint"] == "http://ovh-sandbox:8090/1.0"


def test_the_harness_reads_the_file_as_a_compose_tool_does(tmp_path: Path) -> None:
    values = filled_in()
    env_file = tmp_path / "env"
    env_file.write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
    result = compose(env_file, "--profile", "sandbox", "config")
    assert result.returncode == 0, result.stderr
    theirs, ours = yaml.safe_load(result.stdout)["services"], read_services(values)
    assert {name: each.get("environment") for name, each in ours.items()} == {
        name: each.get("environment") for name, each in theirs.items()
    }
    with pytest.raises(ValueError, match=r"REDIS_PASSWORD is not set, \.env\.example says how"):
        read_services(values | {"REDIS_PASSWORD": ""})


def compose(env_file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run podman-compose; ``--dry-run`` lets it read the file where podman itself is absent."""
    if not TOOL.exists():
        pytest.skip("podman-compose is not installed in this environment")
    command = [str(TOOL), "--dry-run", "--env-file", str(env_file), "-f", str(FILE), *words]
    names = set(example())
    env = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=env_file.parent, timeout=60)


def test_a_compose_tool_reads_it_and_fills_in_every_variable(tmp_path: Path, made: dict[str, str]) -> None:
    env_file = tmp_path / "env"
    env_file.write_text(
        "".join(f"{name}='{value}'\n" for name, value in {**example(), **made, "AIRFLOW_PORT": "8181"}.items())
    )
    result = compose(env_file, "--profile", "sandbox", "config")
    assert result.returncode == 0, result.stderr
    read = yaml.safe_load(result.stdout)["services"]
    assert "${" not in json.dumps(read)
    settings = read["scheduler"]["environment"]
    assert settings["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == (
        f"postgresql+psycopg2://airflow:{made['POSTGRES_PASSWORD']}@postgres:5432/airflow"
    )
    assert settings["AIRFLOW__API__BASE_URL"] == "http://localhost:8181"
    assert json.loads(settings["AIRFLOW_CONN_OVH_SMS_DEFAULT"])["login"] == seed.APPLICATION["application_key"]
    assert read["api-server"]["ports"] == ["127.0.0.1:8181:8080"]


@pytest.mark.parametrize("missing", ["POSTGRES_PASSWORD", "REDIS_PASSWORD", "AIRFLOW_FERNET_KEY", "AIRFLOW_JWT_SECRET"])
def test_a_compose_tool_refuses_a_missing_secret_and_names_it(
    tmp_path: Path, made: dict[str, str], missing: str
) -> None:
    env_file = tmp_path / "env"
    values = {**example(), **made, missing: ""}
    env_file.write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
    result = compose(env_file, "config")
    assert result.returncode != 0
    assert f"{missing} is missing a value: is not set, .env.example says how" in result.stderr
