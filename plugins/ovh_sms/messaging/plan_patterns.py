"""Patterns of numbering plans as an automaton over digits.

The patterns of ``phonenumbers`` are finite: digits, classes, groups, alternatives and bounded repeats. All
patterns of a plan are put into one automaton, so that a single walk over a number's digits matches them all. A
pattern that needs more (``+``, ``*``, ``$``, look-around) raises :class:`UnsupportedPattern`.
"""

from __future__ import annotations

from typing import Any

_ALL_DIGITS = (1 << 10) - 1
_MOST_COPIES = 20

#: A parsed pattern: ``("digit", mask)``, ``("all", [nodes])``, ``("any", [nodes])`` or ``("repeat", node, lo, hi)``.
Node = tuple[Any, ...]


class UnsupportedPattern(Exception):
    """A pattern that is not a finite set of digit strings."""


def parse(pattern: str) -> Node:
    """Parse a regular expression over digits.

    :raises UnsupportedPattern: it is more than a finite set of digit strings.
    """
    node, at = _alternatives(pattern, 0)
    if at != len(pattern):
        raise UnsupportedPattern(pattern)
    return node


def literal(node: Node) -> str | None:
    """Return the one digit string a pattern stands for; None if there are more."""
    if node[0] == "digit":
        mask = node[1]
        return str(mask.bit_length() - 1) if mask & (mask - 1) == 0 else None
    if node[0] == "all":
        nodes = [literal(each) for each in node[1]]
        return None if None in nodes else "".join(each for each in nodes if each)
    if node[0] == "any" and len(node[1]) == 1:
        return literal(node[1][0])
    return None


def _alternatives(text: str, at: int) -> tuple[Node, int]:
    branches = []
    while True:
        node, at = _sequence(text, at)
        branches.append(node)
        if at < len(text) and text[at] == "|":
            at += 1
            continue
        return (branches[0] if len(branches) == 1 else ("any", branches)), at


def _sequence(text: str, at: int) -> tuple[Node, int]:
    nodes: list[Node] = []
    while at < len(text) and text[at] not in "|)":
        node, at = _atom(text, at)
        lo, hi, at = _repeat(text, at)
        nodes.append(node if (lo, hi) == (1, 1) else ("repeat", node, lo, hi))
    return ("all", nodes), at


def _atom(text: str, at: int) -> tuple[Node, int]:
    if text[at] == "(":
        if text.startswith("(?:", at):
            at += 2
        elif text.startswith("(?", at):
            raise UnsupportedPattern(text)
        node, at = _alternatives(text, at + 1)
        if at >= len(text):
            raise UnsupportedPattern(text)
        return node, at + 1
    if text[at] == "[":
        return _class(text, at + 1)
    if text.startswith("\\d", at):
        return ("digit", _ALL_DIGITS), at + 2
    if text[at] in "0123456789":
        return ("digit", 1 << int(text[at])), at + 1
    raise UnsupportedPattern(text)


def _class(text: str, at: int) -> tuple[Node, int]:
    mask = 0
    while text[at] != "]":
        if text.startswith("\\d", at):
            mask |= _ALL_DIGITS
            at += 2
            continue
        low = high = text[at]
        if text[at + 1] == "-":
            high = text[at + 2]
            at += 2
        if not (low in "0123456789" and high in "0123456789"):
            raise UnsupportedPattern(text)
        for digit in range(int(low), int(high) + 1):
            mask |= 1 << digit
        at += 1
    return ("digit", mask), at + 1


def _repeat(text: str, at: int) -> tuple[int, int, int]:
    if at < len(text) and text[at] == "?":
        return 0, 1, at + 1
    if at < len(text) and text[at] in "*+":
        raise UnsupportedPattern(text)
    if at < len(text) and text[at] == "{":
        end = text.index("}", at)
        lo, _, hi = text[at + 1 : end].partition(",")
        if _ and not hi:
            raise UnsupportedPattern(text)
        least, most = int(lo), int(hi or lo)
        if most > _MOST_COPIES:
            raise UnsupportedPattern(text)
        return least, most, end + 1
    return 1, 1, at


class Positions:
    """Patterns laid out as positions (Glushkov): each consumes one digit and has followers and marks.

    ``digits[p]`` are the digits position p consumes, ``follow[p]`` the positions that may come next, ``marks[p]``
    the bits of the patterns that may end there. Position 0 is the start and consumes nothing.
    """

    def __init__(self) -> None:
        self.digits: list[tuple[int, ...]] = [()]
        self.follow: list[list[int]] = [[]]
        self.marks: list[int] = [0]

    def add(self, node: Node, mark: int) -> None:
        """Lay out one more pattern."""
        _, first, last = self._lay(node)
        self.follow[0].extend(first)
        for position in last:
            self.marks[position] |= mark

    def _lay(self, node: Node) -> tuple[bool, list[int], list[int]]:
        """Lay out a node; returns whether it can be empty, its first and its last positions."""
        kind = node[0]
        if kind == "digit":
            self.digits.append(tuple(digit for digit in range(10) if node[1] >> digit & 1))
            self.follow.append([])
            self.marks.append(0)
            return False, [len(self.digits) - 1], [len(self.digits) - 1]
        if kind == "any":
            laid = [self._lay(branch) for branch in node[1]]
            return (any(e for e, _, _ in laid), [p for _, f, _ in laid for p in f], [p for _, _, x in laid for p in x])
        if kind == "repeat":
            nodes = [node[1]] * node[3]
            return self._chain(nodes, optional_from=node[2])
        return self._chain(node[1], optional_from=len(node[1]))

    def _chain(self, nodes: list[Node], *, optional_from: int) -> tuple[bool, list[int], list[int]]:
        empty, first, last = True, [], []  # type: bool, list[int], list[int]
        for at, each in enumerate(nodes):
            each_empty, each_first, each_last = self._lay(each)
            each_empty = each_empty or at >= optional_from
            for position in last:
                self.follow[position].extend(each_first)
            if empty:
                first = first + each_first
            last = last + each_last if each_empty else each_last
            empty = empty and each_empty
        return empty, first, last
