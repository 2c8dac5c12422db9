"""Every document: links, commands and code are good, and no number may belong to somebody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ovh_sms.campaign.account_file import AccountFile
from ovh_sms.campaign.campaign_file import Campaign
from ovh_sms.campaign.yaml_files import load_file
from support.pages import FENCE, FILES, PAGES, ROOT, blocks, marked, named


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    body = FENCE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", body):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{named(page)}: {target}"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{named(page)}: {target}"


def anchors(page: Path) -> set[str]:
    """Anchors of the headings, as GitHub makes them."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_make_commands_exist(page: Path) -> None:
    body = page.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE))
    shown = re.findall(r"`make ([a-z][\w-]*)", body)
    for _, _, code in blocks(page):
        shown += re.findall(r"(?:^|&&|;)[ \t]*(?:\$ )?make ([a-z][\w-]*)", code, re.MULTILINE)
    assert set(shown) <= targets


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_code_compiles(page: Path) -> None:
    for language, _, code in blocks(page):
        if language in {"python", "py"}:
            compile(code, named(page), "exec")


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_yaml_code_is_what_it_is_said_to_be(page: Path, tmp_path: Path) -> None:
    for language, mark, code in blocks(page):
        if language not in {"yaml", "yml"}:
            continue
        (tmp_path / "shown.yaml").write_text(code, encoding="utf-8")
        if mark == "campaign":
            load_file(tmp_path / "shown.yaml", Campaign)
        elif mark == "account":
            load_file(tmp_path / "shown.yaml", AccountFile)
        else:
            yaml.safe_load(code)


def test_the_pages_show_campaigns_and_accounts() -> None:
    assert marked("campaigns.md", "campaign")
    assert marked("credits.md", "account")
    assert marked("getting-started.md", "campaign")
    assert marked("when-it-leaves.md", "campaign")


INTERNATIONAL = re.compile(r"(?<![\w.+-])(?:\+|00)[1-9](?:[ .\-]?\(?\d\)?){7,14}(?!\w)")
NATIONAL = re.compile(r"(?<![\w.+])0[1-9](?:[ .\-]?\d\d){4}(?!\d)")
FICTION = re.compile(r"(?:33)?0*63998\d{4}")
#: The digits in their order stand in tables of characters.
LADDER = "0123456789"


def strangers(body: str) -> list[str]:
    """Phone numbers that may belong to somebody."""
    found = [*INTERNATIONAL.findall(body), *NATIONAL.findall(body)]
    digits = [re.sub(r"\D", "", number).lstrip("0") for number in found]
    return [
        number
        for number, plain in zip(found, digits, strict=True)
        if number != LADDER and not FICTION.fullmatch(plain.removeprefix("33").lstrip("0"))
    ]


def test_what_counts_as_somebodys_number() -> None:
    mine = ["06 39 98 00 12", "+33639980012", "0033639980012", "+33 (0)6 39 98 00 12"]
    assert not strangers(" , ".join(mine))
    others = [f"0{6}12345678", f"+33 {6} 12 34 56 78", f"0{1} 98 76 54 32", f"+1{202}5550100"]
    assert strangers(" , ".join(others)) == [others[1], others[3], others[0], others[2]]


def test_no_committed_number_may_belong_to_somebody() -> None:
    """Tests make such numbers at run time; everything else has fiction only."""
    found = {}
    for path in FILES:
        if path.parts[len(ROOT.parts)] in ("tests", "requirements.hashes.txt") or not path.is_file():
            continue  # digits of hashes are no numbers
        try:
            body = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        if numbers := strangers(body):
            found[named(path)] = numbers
    assert not found
