"""Two files about the users of one account: neither is applied, as they may give one login two quotas."""

from __future__ import annotations

from pathlib import Path

from ovh_sms.dag_factories.users import users_dag


def test_neither_of_two_files_for_one_account_is_applied_and_the_error_names_both(tmp_path: Path) -> None:
    files = {
        "one": "users: {logins: {desk: {quota: 100}}}\n",
        "two": "account: sms-sb00001-1\nusers: {logins: {desk: {quota: 500}}}\n",
        "third": "connection: ovh_sms_other\nusers: {logins: {desk: {quota: 5}}}\n",
        "replies": "replies: {every_minutes: 5}\n",
    }
    (tmp_path / "accounts").mkdir()
    for name, text in files.items():
        (tmp_path / "accounts" / f"{name}.yaml").write_text(text, encoding="utf-8")
    dag = users_dag(tmp_path, schedule=None, timezone="Europe/Paris")
    tasks = {task.task_id: task for task in dag.tasks}
    assert tasks.keys() >= {"one.invalid_file", "two.invalid_file", "third.apply"}
    assert not tasks.keys() & {"one.apply", "two.apply", "third.invalid_file"}
    for name in ("one", "two"):
        error = tasks[f"{name}.invalid_file"].error
        assert "'one'" in error
        assert "'two'" in error
        assert "Nothing is changed by any of them" in error
