"""The keyword rules for a reply: those of its campaign's file, then those of the account file."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.dag_ids import NAME
from ovh_sms.campaign.last_good_files import last_good_version
from ovh_sms.campaign.replies import CampaignReplies
from ovh_sms.campaign.yaml_files import load_file
from ovh_sms.errors import CampaignFileError
from ovh_sms.inbound.keywords import KeywordRule

log = logging.getLogger(__name__)


class ReplyRules:
    """Reads each campaign file once, when the first reply to that campaign needs it.

    A file that is broken counts as it last was when it was good; one that is gone does too.

    :param folder: of the campaign files; ``None`` for none.
    :param account_rules: ``words``, ``event`` and ``anywhere`` of each rule of the account file.
    """

    def __init__(self, folder: Path | None, account_rules: Iterable[Mapping[str, Any]] = ()) -> None:
        self._folder = folder
        self._of_account = KeywordRule.of(account_rules)
        self._known: dict[str, CampaignReplies] = {}

    def of(self, campaign: str | None) -> tuple[KeywordRule, ...]:
        """Return the rules for a reply to a campaign, or to none that is known."""
        return (*KeywordRule.of(self._replies(campaign).rules()), *self._of_account)

    def has_key(self, campaign: str | None) -> bool:
        """Return whether a campaign names the column of its receivers' keys."""
        return self._replies(campaign).key is not None

    def _replies(self, campaign: str | None) -> CampaignReplies:
        if not campaign or self._folder is None:
            return CampaignReplies()
        if campaign not in self._known:
            found = self._campaign(self._folder, campaign)
            self._known[campaign] = found.replies if found and found.replies else CampaignReplies()
        return self._known[campaign]

    def _campaign(self, folder: Path, name: str) -> Campaign | None:
        if not NAME.fullmatch(name):  # of a run that no file made
            return None
        path = next((each for each in (folder / f"{name}.yaml", folder / f"{name}.yml") if each.is_file()), None)
        try:
            if path is not None:
                return load_file(path, Campaign)
        except CampaignFileError as error:
            log.warning("campaign=%s is broken, so its last good rules are used: %s", name, error)
        return last_good_version(name)
