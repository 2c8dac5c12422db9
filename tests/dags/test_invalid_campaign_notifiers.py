"""The notifiers of broken campaign files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dags.test_invalid_campaign import BROKEN, ERROR, GOOD, OTHERS, Folder, import_error, include, read_dags

__all__ = ["include"]


def test_the_notifiers_of_the_setting_get_the_error(
    include: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Writes a file where Airflow's own notifiers call a service.
    (tmp_path / "shop_notifier.py").write_text(
        "from pathlib import Path\n"
        "from airflow.sdk import BaseNotifier\n"
        "class ToFile(BaseNotifier):\n"
        "    template_fields = ('text',)\n"
        "    def __init__(self, path, text):\n"
        "        super().__init__()\n"
        "        self.path, self.text = path, text\n"
        "    def notify(self, context):\n"
        "        Path(self.path).write_text(self.text + str(context['exception']))\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    arguments = {"path": str(tmp_path / "notified"), "text": "{{ dag.dag_id }} {{ sms_title }} {{ sms_text }}: "}
    setting = [{"notifier": "shop_notifier.ToFile", "arguments": arguments}]
    monkeypatch.setenv("OVH_SMS_NOTIFY", json.dumps(setting))
    include.save(BROKEN)
    dag = read_dags().dags["sms_broken_spring"]
    (notify,) = dag.get_task("invalid_file").on_failure_callback
    notify({"dag": dag, "exception": ERROR})
    assert (tmp_path / "notified").read_text() == f"sms_broken_spring sms_broken_spring {ERROR}: {ERROR}"


@pytest.mark.parametrize("text", ["me@shop.fr", '{"notifier": "a.B"}', '[{"notify": "a.B"}]', '["a.B"]'])
def test_a_wrong_setting_of_the_notifiers_is_an_import_error_and_hides_no_campaign(
    include: Folder, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("OVH_SMS_NOTIFY", text)
    include.save(GOOD)
    found = read_dags()
    assert set(found.dags) == OTHERS | {"sms_campaign_spring"}
    assert "OVH_SMS_NOTIFY" in import_error(found)
