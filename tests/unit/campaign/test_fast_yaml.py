"""The fast parser of campaign files reads the same as PyYAML's own, or leaves the text to it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml

from ovh_sms.campaign import strict_yaml
from ovh_sms.campaign.fast_yaml import UseOtherParser, compose
from support.campaign_text import GOOD

ROOT = Path(__file__).resolve().parents[3]
TEXTS = [
    GOOD,
    (ROOT / "include" / "campaigns" / "guide.yaml").read_text(encoding="utf-8"),
    "message: >-\n  Bonjour #prenom#,\n\n    à demain !\n  L’équipe 🎉\nwords: [YES, 1, oui]\nat: 2026-12-05\n",
    "message: |+\n  a\n   b\n\nlimits: &l {a: 1, 'b': \"c\\n#d#\"}\nmore: {<<: *l, e: [~, yes, 12:30]}\n",
]
DAMAGE = [
    " ",
    "\n",
    "\n  ",
    "\n\n",
    ": ",
    "- ",
    "#",
    " #",
    "'",
    '"',
    "|",
    ">-",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "? ",
    "! ",
    "é",
]
CHANGES = 2_500


def shape(node: yaml.Node | None) -> object:
    """All that the package uses of a node."""
    if node is None:
        return None
    about = type(node), node.tag, node.start_mark.line
    if isinstance(node, yaml.ScalarNode):
        if not node.style and not node.value:
            return type(node), node.tag  # nothing stands there
        return *about, node.value, node.style or None, None if node.style else node.end_mark.index
    if isinstance(node, yaml.SequenceNode):
        return *about, tuple(shape(each) for each in node.value)
    return *about, tuple((shape(key), shape(value)) for key, value in node.value)


def slow_shape(text: str) -> object:
    return shape(strict_yaml._StrictLoader(text).get_single_node())


def fast_shape(text: str) -> object:
    return shape(compose(text, strict_yaml._check_mapping))


@pytest.mark.parametrize("text", TEXTS)
def test_both_parsers_give_the_same_nodes(text: str) -> None:
    assert fast_shape(text) == slow_shape(text)


def test_both_parsers_give_the_same_nodes_of_every_damaged_file_that_the_fast_one_takes() -> None:
    chance, taken = random.Random(1), 0
    for _ in range(CHANGES):
        text = chance.choice(TEXTS)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            text = text[:at] + chance.choice([*DAMAGE, ""]) + text[at + chance.randint(0, 2) :]
        try:
            found = fast_shape(text)
        except (UseOtherParser, yaml.YAMLError):
            continue
        taken += 1
        assert found == slow_shape(text), text
    assert taken > CHANGES / 5


@pytest.mark.parametrize(
    "text", ["a:\tb", "a: ! ", "? a\n: b", "%YAML 1.1\n---\na: b", "a: >#\n b", "\ufeffa: b", "a\x85b: c"]
)
def test_a_text_that_the_parsers_take_differently_is_left_to_pyyaml(text: str) -> None:
    with pytest.raises(UseOtherParser):
        compose(text, strict_yaml._check_mapping)


def test_a_machine_without_libyaml_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = [strict_yaml._load(text).content for text in TEXTS]
    monkeypatch.delattr(yaml, "CSafeLoader")
    with pytest.raises(UseOtherParser):
        fast_shape(TEXTS[0])
    assert [strict_yaml._load(text).content for text in TEXTS] == fast
