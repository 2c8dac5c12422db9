"""A valid campaign file, to be changed by tests."""

from __future__ import annotations

from pathlib import Path

from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file

GOOD = "sender: MYSHOP\nkind: marketing\nmessage: Bonjour\ncontacts: {file: a.csv}\nbudget: 10\n"


def load(folder: Path, text: str, name: str = "spring.yaml") -> Campaign:
    (folder / name).write_text(text, encoding="utf-8")
    return load_file(folder / name, Campaign)
