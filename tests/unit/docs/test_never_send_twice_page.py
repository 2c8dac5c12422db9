"""docs/never-send-twice.md and its picture against the journal's states."""

from __future__ import annotations

import re

from ovh_sms.store.models import NOT_EXECUTED, STATES
from support.pages import ROOT, text

#: A submission that was not executed is as one that was never made; reconciling is what a try does with a state.
BESIDE = {"nothing", "reconciling"}


def test_the_picture_shows_every_state_of_a_submission() -> None:
    picture = (ROOT / "docs" / "images" / "never-send-twice.svg").read_text(encoding="utf-8")
    shown = re.findall(r'font-weight="600">([^<]+)<', picture)
    assert sorted(shown) == sorted({*STATES, *BESIDE} - {NOT_EXECUTED})


def test_the_page_names_every_state() -> None:
    page = text("never-send-twice.md")
    for state in STATES:
        assert f"*{state}*" in page
