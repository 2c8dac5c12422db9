"""Campaign and account files that say whether messages go as OVH batches."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.campaign.account_files import AccountFolder
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.dag_factories.campaign import campaign_dag
from ovh_sms.dag_factories.ovh_batches import way_arguments
from ovh_sms.errors import CampaignFileError
from ovh_sms.operators.send_job import SendJobOperator

TEXT = "sender: MYSHOP\nkind: transactional\nmessage: MESSAGE\ncontacts: {file: contacts/list.csv}\nbudget: 5\n"


def campaign(include: Path, more: str = "via: ovh_batches\n", message: str = "Bonjour") -> Campaign:
    path = include / "spring.yaml"
    path.write_text(TEXT.replace("MESSAGE", f'"{message}"') + more)
    return load_file(path, Campaign)


def accounts(include: Path) -> AccountFolder:
    return AccountFolder(include / "accounts")


def account_file(include: Path, content: str) -> None:
    (include / "accounts").mkdir()
    (include / "accounts" / "main.yaml").write_text(content)


def test_a_file_without_via_uses_no_ovh_batches(tmp_path: Path) -> None:
    assert way_arguments(campaign(tmp_path, ""), accounts(tmp_path)) == {}
    assert way_arguments(campaign(tmp_path), accounts(tmp_path)) == {"via": "ovh_batches", "ovh_batches_merge": False}


@pytest.mark.parametrize("field", ["priority: low", "validity_hours: 5"])
def test_fields_that_ovh_batches_do_not_take_are_refused(tmp_path: Path, field: str) -> None:
    with pytest.raises(CampaignFileError, match=f"OVH batches take no `{field.partition(':')[0]}`"):
        campaign(tmp_path, f"via: ovh_batches\n{field}\n")
    campaign(tmp_path, f"{field}\n")


@pytest.mark.parametrize("account", ["", "replies: {keywords: []}\n", "ovh_batches_merge: false\n"])
def test_a_message_with_columns_is_refused(tmp_path: Path, account: str) -> None:
    if account:
        account_file(tmp_path, account)
    with pytest.raises(CampaignFileError, match=r"spring.yaml: field `via` is wrong. The message has #prenom#"):
        way_arguments(campaign(tmp_path, message="Bonjour #prenom#"), accounts(tmp_path))


def test_it_is_sent_if_the_file_of_its_account_says_that_ovh_fills_columns(tmp_path: Path) -> None:
    account_file(tmp_path, "ovh_batches_merge: true\n")
    found = campaign(tmp_path, message="Bonjour #prenom#")
    assert way_arguments(found, accounts(tmp_path))["ovh_batches_merge"] is True
    other = campaign(tmp_path, "via: ovh_batches\naccount: sms-xx1-2\n", message="Bonjour #prenom#")
    with pytest.raises(CampaignFileError):
        way_arguments(other, accounts(tmp_path))


def test_the_task_of_a_campaign_and_a_mapped_one_take_it(tmp_path: Path) -> None:
    made = campaign_dag(campaign(tmp_path), tmp_path)
    assert made.get_task("send").via == "ovh_batches"
    mapped = SendJobOperator.partial(task_id="send", message="Bonjour", sender="MYSHOP", via="ovh_batches")
    assert mapped.expand(prepared=[{}]).partial_kwargs["via"] == "ovh_batches"
