"""``dead_after`` of a campaign file counts before that of its account file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.dag_factories.campaign import campaign_dag

TEXT = "kind: transactional\nsender: MYSHOP\nmessage: Bonjour\ncontacts: {file: a.csv}\nbudget: 5\n"


@pytest.mark.parametrize(
    ("campaign", "account", "counts"),
    [
        ("", "dead_after: 3\n", 3),
        ("dead_after: 2\n", "dead_after: 3\n", 2),
        ("dead_after: 0\n", "dead_after: 3\n", 0),
        ("", "replies: {}\n", None),
        ("account: sms-ab1-2\n", "dead_after: 3\n", None),
        ("account: sms-ab1-2\n", "account: sms-ab1-2\ndead_after: 3\n", 3),
    ],
)
def test_the_campaign_file_counts_before_the_account_file(
    tmp_path: Path, campaign: str, account: str, counts: int | None
) -> None:
    for name, text in (("campaigns/spring.yaml", TEXT + campaign), ("accounts/shop.yaml", account)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text(text, encoding="utf-8")
    dag = campaign_dag(load_file(tmp_path / "campaigns" / "spring.yaml", Campaign), tmp_path)
    assert dag.get_task("prepare").dead_after == counts
