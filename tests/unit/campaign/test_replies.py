"""Keywords of replies, as campaign and account files say them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import CampaignFileError

CAMPAIGN = """kind: transactional
sender_for_response: true
message: Venez-vous ?
budget: 10
contacts: {file: list.csv}
"""


def campaign(tmp_path: Path, replies: str) -> Campaign:
    (tmp_path / "visit.yaml").write_text(CAMPAIGN + replies, encoding="utf-8")
    return load_file(tmp_path / "visit.yaml", Campaign)


def account(tmp_path: Path, text: str) -> AccountFile:
    (tmp_path / "main.yaml").write_text(text, encoding="utf-8")
    return load_file(tmp_path / "main.yaml", AccountFile)


def test_words_are_read_as_they_are_written(tmp_path: Path) -> None:
    found = campaign(
        tmp_path, "replies: {key: client, keywords: [{words: [OUI, YES, on, 1, 01, 2026-12-05], event: yes_}]}"
    )
    assert found.replies is not None
    assert found.replies.keywords[0].words == ("OUI", "YES", "on", "1", "01", "2026-12-05")
    assert found.replies.rules() == [
        {"words": ["OUI", "YES", "on", "1", "01", "2026-12-05"], "event": "yes_", "anywhere": False}
    ]
    assert found.list_options()["key_column"] == "client"


def test_a_campaign_without_replies_has_no_rules_and_no_key(tmp_path: Path) -> None:
    assert campaign(tmp_path, "").replies is None
    assert "key_column" not in campaign(tmp_path, "replies: {}").list_options()


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (
            "{words: [OUI], event: Confirmed}",
            r"field `replies\.keywords.*event` is wrong: name it with lower-case letters",
        ),
        ("{words: [OUI], event: inbox}", "`inbox` is where replies without a rule go"),
        ("{words: [OUI, Stop], event: confirmed}", "the word Stop opts out in any campaign"),
        ("{words: ['!!'], event: confirmed}", "'!!' holds neither a letter nor a digit"),
        ("{words: [], event: confirmed}", "words"),
        ("{words: [OUI]}", "event"),
        ("{words: [OUI], event: a, any: true}", "any"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_named_with_its_line(tmp_path: Path, rule: str, says: str) -> None:
    with pytest.raises(CampaignFileError, match=says) as caught:
        campaign(tmp_path, f"replies:\n  keywords:\n    - {rule}\n")
    assert "visit.yaml" in str(caught.value)


def test_a_usual_word_and_stop_itself_may_be_given_an_event(tmp_path: Path) -> None:
    rules = "[{words: [CANCEL], event: cancelled}, {words: [STOP], event: opt_out, anywhere: true}]"
    found = campaign(tmp_path, f"replies: {{keywords: {rules}}}").replies
    assert found is not None
    assert [each.event for each in found.keywords] == ["cancelled", "opt_out"]


def test_an_account_file_may_be_about_replies_alone(tmp_path: Path) -> None:
    file = account(tmp_path, "replies: {keywords: [{words: [INFO], event: asked}]}")
    assert (file.has_needs, file.orders) == (False, False)
    assert account(tmp_path, "account: sms-ab1-1\nreplies: {}").replies is not None
    with pytest.raises(CampaignFileError, match="give `threshold` or `cover_days` with `quantity`"):
        account(tmp_path, "replies: {}\nquantity: 1000\n")
    with pytest.raises(CampaignFileError, match="key"):
        account(tmp_path, "replies: {key: client}")
