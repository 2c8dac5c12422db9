"""docs/users.md against the models; its file is applied and its DAG is run against the sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.account_users import LONGEST_LOGIN, AccountUser, AccountUsers
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import ConfigurationError
from ovh_sms.operators.apply_users import ApplyUsersOperator
from ovh_sms.operators.compare_users import CompareUsersOperator
from support.airflow_task import context
from support.pages import marked, rows, run_marked, table, text
from support.sandbox import SandboxProcess

PAGE = text("users.md")


@pytest.fixture(autouse=True)
def _passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DESK", "SHOP"):
        secret = json.dumps({"conn_type": "generic", "password": "Secret01"})
        monkeypatch.setenv(f"AIRFLOW_CONN_OVH_USER_{name}", secret)


def test_every_field_is_described() -> None:
    described = set(table(PAGE)) | {row[0].strip("`") for row in rows(PAGE)}
    assert {*AccountUsers.model_fields, *AccountUser.model_fields} <= described
    assert f"at most {LONGEST_LOGIN} characters" in PAGE


def test_the_file_is_applied_and_the_second_time_nothing_is_written(sandbox: SandboxProcess, tmp_path: Path) -> None:
    from ovh_sms.dag_factories.users import users_dag

    (code,) = marked("users.md", "account")
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "shop.yaml").write_text(code, encoding="utf-8")
    file = load_file(tmp_path / "accounts" / "shop.yaml", AccountFile)
    assert file.users is not None
    dag = users_dag(tmp_path, schedule=None, timezone="Europe/Paris")
    assert dag.task_ids == ["shop.compare", "shop.approve", "shop.apply"]
    for made in (4, 0):
        compared = dag.get_task("shop.compare").execute(context())
        apply: Any = dag.get_task("shop.apply")
        apply.approval = {"approved": True, "steps": compared["steps"]}
        done = apply.execute(context())
        assert done["create"] + done["update"] == made
    found = {each["login"]: each["quota_left"] for each in sandbox.truth(account=sandbox.account_name)["users"]}
    assert found == {"desk": 150, "shop": 100}


def test_the_dag_creates_and_changes_one_user(sandbox: SandboxProcess) -> None:
    dag = run_marked("users.md", "dag")["sms_new_shop"]()
    made = dag.get_task("create").execute(context())
    assert made == {"account": sandbox.account_name, "create": 1, "update": 1, "delete": 0}
    assert dag.get_task("limit").execute(context())["update"] == 1
    assert dag.get_task("limit").execute(context())["update"] == 0


@pytest.mark.parametrize(("password", "said"), [("short-1", "8 letters and digits"), ("", "has no password")])
def test_a_password_that_ovh_does_not_take_is_reported_before_a_person_is_asked(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, password: str, said: str
) -> None:
    secret = json.dumps({"conn_type": "generic", "password": password})
    monkeypatch.setenv("AIRFLOW_CONN_OVH_USER_SHOP", secret)
    users = {name: {"password_conn_id": f"ovh_user_{name}"} for name in ("desk", "shop")}
    for operator in (CompareUsersOperator, ApplyUsersOperator):
        with pytest.raises(ConfigurationError, match=said) as refused:
            operator(task_id="users", users=users).execute(context())
        assert "Nothing was changed" in str(refused.value)
    assert sandbox.truth(account=sandbox.account_name)["users"] == []
