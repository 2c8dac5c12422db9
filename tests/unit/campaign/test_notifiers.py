"""A wrong notifier is one clear error of its file, and its module is not imported to find it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from ovh_sms.campaign.notifiers import NotifierEntry

SMTP = "airflow.providers.smtp.notifications.smtp"


@pytest.mark.parametrize("path", [f"{SMTP}.SmtpNotifier", "support.notifiers.KeepingNotifier"])
def test_a_notifier_that_is_there_is_accepted(path: str) -> None:
    assert NotifierEntry(notifier=path, arguments={"to": "ops@example.org"}).notifier == path


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("SmtpNotifier", "is no class such as"),
        (f"{SMTP}.SmtpNotifer", "has no class 'SmtpNotifer'; did you mean 'SmtpNotifier'"),
        ("airflow.providers.nowhere.Notifier", "there is no module 'airflow.providers.nowhere'"),
        ("nowhere_at_all.Notifier", "there is no module 'nowhere_at_all'"),
    ],
)
def test_a_wrong_path_is_named(path: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        NotifierEntry(notifier=path)


def test_its_module_is_not_imported() -> None:
    code = (
        "import sys; from ovh_sms.campaign.notifiers import NotifierEntry; "
        f"NotifierEntry(notifier='{SMTP}.SmtpNotifier'); "
        f"assert '{SMTP}' not in sys.modules and 'pandas' not in sys.modules"
    )
    plugins = Path(__file__).resolve().parents[3] / "plugins"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(plugins), "PATH": "/usr/bin"})
