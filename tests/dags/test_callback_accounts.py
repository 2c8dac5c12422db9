"""The accounts whose callbacks are worked off: receipts and STOPs come without replies, too."""

from __future__ import annotations

from pathlib import Path

from ovh_sms.dag_factories.callbacks import callbacks_dag
from ovh_sms.dag_factories.replies import replies_dag

CAMPAIGN = """\
kind: transactional
night: send
sender: MYSHOP
account: sms-{name}-1
message: "Bonjour"
contacts: {{file: contacts/list.csv}}
budget: 10
"""


def test_an_account_whose_campaigns_expect_no_reply_has_a_task_for_its_callbacks(tmp_path: Path) -> None:
    for folder in ("campaigns", "accounts"):
        (tmp_path / folder).mkdir()
    (tmp_path / "campaigns" / "news.yaml").write_text(CAMPAIGN.format(name="news"), encoding="utf-8")
    (tmp_path / "accounts" / "main.yaml").write_text("account: sms-main-1\nreplies: {}\n", encoding="utf-8")
    callbacks = callbacks_dag(tmp_path, schedule=None, timezone="Europe/Paris")
    replies = replies_dag(tmp_path, schedule=None, timezone="Europe/Paris")
    assert not replies.has_task("campaigns-ovh_sms_default-sms-news-1")
    assert callbacks.get_task("campaigns-ovh_sms_default-sms-news-1").account == "sms-news-1"
    expected = [("ovh_sms_default", "sms-main-1"), ("ovh_sms_default", "sms-news-1")]
    assert sorted(callbacks.get_task("other_accounts").accounts) == expected
