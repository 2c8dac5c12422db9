"""Composes YAML with libyaml, some ten times as fast, where it and PyYAML's own parser read the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import yaml

#: What the two parsers take differently, or may: tabs, other line breaks, byte-order marks; directives and several
#: documents; tags, long keys, a comment right behind the mark of a text, and question marks within brackets.
_TAKEN_DIFFERENTLY = re.compile(
    r"[\t\r\x85\u2028\u2029\ufeff]|^(?:%|---|\.\.\.)|(?:^|[-:,?\[{]|&\S+)\s*[!?]|[|>][-+0-9]*#|[\[{][^?]*\?",
    re.MULTILINE,
)


class UseOtherParser(Exception):
    """libyaml is missing, or the two parsers may differ on this text."""


def compose(text: str, check: Callable[[yaml.MappingNode, str], None]) -> yaml.Node | None:
    """Compose the nodes of a text.

    :param check: called with each mapping, the inner ones first, and the text; may raise.
    :raises UseOtherParser: PyYAML's own parser must read it.
    """
    loader = getattr(yaml, "CSafeLoader", None)
    if loader is None or _TAKEN_DIFFERENTLY.search(text):
        raise UseOtherParser
    root: yaml.Node | None = yaml.compose(text, loader)
    for mapping in _mappings(root, set()):
        check(mapping, text)
    return root


def _mappings(node: yaml.Node | None, seen: set[int]) -> Iterator[yaml.MappingNode]:
    """Each mapping once, also if it is named at several places."""
    if id(node) in seen or not isinstance(node, yaml.CollectionNode):
        return
    seen.add(id(node))
    for each in node.value:
        for part in each if isinstance(each, tuple) else (each,):
            yield from _mappings(part, seen)
    if isinstance(node, yaml.MappingNode):
        yield node
