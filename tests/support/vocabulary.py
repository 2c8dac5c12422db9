"""Finds words in names and public texts that ``tests/vocabulary.toml`` replaces by the glossary's."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
LETTERS = re.compile(r"[a-z]+")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
NAME = re.compile(r"[A-Za-z_]\w*")
#: Paths, addresses and IAM actions: OVH's own words stand in them.
ADDRESS = re.compile(
    r"\b(?:sms|account):apiovh:[\w/]+|\b(?:GET|POST|PUT|DELETE) /\S*|https?://\S+|(?<![\w.])/(?:sms|me|auth)\b[\w/{}.*-]*"
)
#: Strings of these files are samples, not public texts.
SAMPLES = ("tests/",)


@dataclass(frozen=True)
class Violation:
    """A word that may not stand here."""

    file: str
    line: int
    word: str
    use: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.word!r}: use {self.use}"


def split(name: str) -> list[str]:
    """Words of an identifier in lower case: ``SendJob`` and ``send_job`` are the same two."""
    return [word.lower() for word in WORD.findall(name)]


class Vocabulary:
    """The words that may not stand, read from a file."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        self.exceptions = given["exceptions"]
        both, names = given["both"], {**given["both"], **given["names"]}
        self.whole = {name[1:]: use for name, use in names.items() if name.startswith("=")}
        self.names = {tuple(split(name)): use for name, use in names.items() if not name.startswith("=")}
        spelled = {rf"\b{word.replace('_', '[ -]')}\b": use for word, use in both.items()}
        self.texts = [(re.compile(each), use) for each, use in {**spelled, **given["texts"]}.items()]
        #: Letters in a row without which a pattern is in no text: a search for each of them takes a minute.
        self.needed = {rf"\b{word.replace('_', '[ -]')}\b": frozenset(LETTERS.findall(word)) for word in both}
        self.openings = [(re.compile(each), use) for each, use in given["openings"].items()]

    @classmethod
    def read(cls) -> Vocabulary:
        return cls(tomllib.loads((ROOT / "tests" / "vocabulary.toml").read_text(encoding="utf-8")))

    def for_ovh(self) -> Vocabulary:
        """The same without OVH's own words, for the files in which those may stand."""
        return self.without(self.exceptions["ovh_words"])

    def without(self, words: list[str]) -> Vocabulary:
        kinds = ("both", "names", "texts", "openings")
        kept = {kind: {word: use for word, use in self.given[kind].items() if word not in words} for kind in kinds}
        return Vocabulary({**kept, "exceptions": self.exceptions})

    def for_file(self, name: str) -> Vocabulary:
        """The same without the words that may stand in one file."""
        in_file = self.exceptions["in_files"].get(name)
        return self.without(in_file) if in_file else self

    def narrowed(self, text: str) -> Vocabulary:
        """The same with those patterns alone that are in a text at all: most of them are in none."""
        flat = " ".join([*WORD.findall(text), *text.split()]).lower()
        here = set(LETTERS.findall(flat))
        narrow = copy(self)
        narrow.texts = [
            (pattern, use)
            for pattern, use in self.texts
            if self.needed.get(pattern.pattern, frozenset()) <= here and pattern.search(flat)
        ]
        return narrow

    def in_name(self, name: str) -> Iterator[tuple[str, str]]:
        if name in self.exceptions["names"]:
            return
        if name in self.whole:
            yield name, self.whole[name]
        words = split(name)
        phrase = name.startswith("test_") and len(words) > 3
        for at in range(len(words)):
            for length in (1, 2, 3):
                found = tuple(words[at : at + length])
                if len(found) == length and found in self.names and not self._allowed(words, at, phrase):
                    yield name, self.names[found]
        if phrase:
            yield from self.in_text(" ".join(words[1:]), spelled=name)

    def _allowed(self, words: list[str], at: int, phrase: bool) -> bool:
        """Whether *sending* stands here as a verb, or in the term *sending window*."""
        following = words[at + 1 : at + 2]
        return words[at] == "sending" and (phrase or following[:1] in [[each] for each in self._allowed_next])

    @cached_property
    def _allowed_next(self) -> list[str]:
        return list(self.exceptions["sending_followed_by"])

    def matches(self, text: str) -> Iterator[tuple[int, str, str]]:
        """The start of a forbidden word, the word, and the word to use."""
        plain = ADDRESS.sub(_blank, text).lower()
        for pattern, use in self.texts:
            for found in pattern.finditer(plain):
                yield found.start(), text[slice(*found.span())], use

    def in_text(self, text: str, spelled: str | None = None) -> Iterator[tuple[str, str]]:
        yield from ((spelled or word, use) for _, word, use in self.matches(text))

    def in_opening(self, text: str) -> Iterator[tuple[str, str]]:
        yield from ((found[0], use) for each, use in self.openings if (found := each.match(text)))

    def in_code(self, text: str) -> Iterator[tuple[str, str]]:
        for name in NAME.findall(ADDRESS.sub(" ", text)):
            yield from self.in_name(name)


def python_violations(file: str, source: str, words: Vocabulary) -> set[Violation]:
    """Violations in the names, docstrings, comments and sentences of a Python file."""
    words = words.narrowed(source)
    page = _Page(file, words)
    tree = ast.parse(source)
    docstrings = {id(node.body[0].value) for node in ast.walk(tree) if _has_docstring(node)}  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        for name in _defined(node):
            page.add(getattr(node, "lineno", 1), words.in_name(name))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            _add_string(page, node, node.value, is_docstring=id(node) in docstrings)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            page.add(token.start[0], words.in_text(token.string))
    for name in Path(file).with_suffix("").parts:
        if name != "sending":
            page.add(1, words.in_name(name))
    return page.found


class _Page:
    """Violations found so far in one file."""

    def __init__(self, file: str, words: Vocabulary) -> None:
        self.file = file
        self.words = words
        self.found: set[Violation] = set()

    def add(self, line: int, hits: Iterable[tuple[str, str]]) -> None:
        self.found.update(Violation(self.file, line, word, use) for word, use in hits)

    def add_prose(self, first: int, text: str) -> None:
        """Check paragraphs as one (a phrase may go over a line's end), and name the line a phrase begins on."""
        for at, paragraph in _paragraphs(text):
            prose = CODE.sub(_blank, paragraph).replace("\n", " ")
            for begin, word, use in self.words.matches(prose):
                self.add(first + at + paragraph.count("\n", 0, begin), [(word, use)])


def _add_string(page: _Page, node: ast.Constant, text: str, *, is_docstring: bool) -> None:
    if is_docstring:
        page.add(node.lineno, page.words.in_opening(text.lstrip()))
        page.add_prose(node.lineno, text)
    elif page.file.startswith(SAMPLES):
        return
    elif " " in text.strip():
        page.add_prose(node.lineno, text)
    elif re.fullmatch(r"[a-z]+(?:[_-][a-z]+)+", text):
        page.add(node.lineno, page.words.in_name(text.replace("-", "_")))


def _blank(found: re.Match[str]) -> str:
    """Spaces in the place of a match, so that what follows keeps its line and column."""
    return re.sub(r"[^\n]", " ", found[0])


def _has_docstring(node: ast.AST) -> bool:
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None


def _defined(node: ast.AST) -> Iterator[str]:
    """Names that a node gives to something of ours; names of other libraries are only used."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            yield name
        case ast.alias(asname=str(name)):
            yield name


def _paragraphs(text: str) -> Iterator[tuple[int, str]]:
    """Paragraphs of a text with the line each begins on, counted from 0."""
    line = 0
    for each in re.split(r"(\n\s*\n)", text):
        if each.strip():
            yield line, each
        line += each.count("\n")


#: Paths of modules: the room ``sending/`` and OVH's own names of calls below ``api/``.
ROOMS = re.compile(r"\b(?:sending|api)/\w*(?:\.py)?")


def markdown_violations(file: str, text: str, words: Vocabulary) -> set[Violation]:
    """Violations in the prose of a document, and in the names between backticks and in blocks of code."""
    page = _Page(file, words.narrowed(text))
    for code in CODE.finditer(text):
        for at, line in enumerate(code[0].splitlines()):
            line = ROOMS.sub("", line)
            page.add(text.count("\n", 0, code.start()) + 1 + at, words.in_code(line))
    page.add_prose(1, CODE.sub(_blank, text))
    return page.found


def plain_violations(file: str, text: str, words: Vocabulary) -> set[Violation]:
    """Violations in a page template, a YAML file or a script: every line is text and names."""
    page = _Page(file, words.narrowed(text))
    for at, line in enumerate(text.splitlines(), 1):
        page.add(at, [*page.words.in_text(line), *words.in_code(line)])
    return page.found


READERS = {
    ".py": python_violations,
    ".md": markdown_violations,
    **dict.fromkeys([".yaml", ".j2", ".js", ".example"], plain_violations),
}


def violations(files: list[Path], words: Vocabulary | None = None) -> list[Violation]:
    """All violations in these files of the tree."""
    words = words or Vocabulary.read()
    at_ovh = words.for_ovh()
    left_out = (*words.exceptions["checkers"], *words.exceptions["foreign"])
    found: set[Violation] = set()
    for path in files:
        name = str(path.relative_to(ROOT))
        if path.suffix in READERS and path.is_file() and not name.startswith(left_out):
            known = at_ovh if name.startswith(tuple(words.exceptions["ovh_paths"])) else words
            found |= READERS[path.suffix](name, path.read_text(encoding="utf-8"), known.for_file(name))
    return sorted(found, key=lambda each: (each.file, each.line, each.word))


if __name__ == "__main__":
    from support.pages import FILES

    listed = violations(FILES)
    for file, count in sorted(Counter(each.file for each in listed).items()):
        sys.stdout.write(f"{count:5d} {file}\n")
    sys.stdout.write(f"{len(listed):5d} in all\n\n")
    sys.stdout.writelines(f"{each}\n" for each in listed)
