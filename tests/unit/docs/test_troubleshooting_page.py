"""docs/troubleshooting.md against the tree of errors: a chapter for each, with the words that it is printed with."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pkgutil import walk_packages

import ovh_sms.errors
from ovh_sms.errors import KeyReused, NotMade, OvhSmsError
from ovh_sms.retry_policy import retry_policy
from support.pages import ROOT, chapter, text

PAGE = text("troubleshooting.md")
AGAIN = re.compile(r"^- \*\*Tried again by itself:\*\* (.+)\.$", re.MULTILINE)
#: Bases that nobody raises, and errors whose words are all OVH's or come from somewhere else.
WITHOUT_WORDS = {
    "AccountExpired",
    "ApiError",
    "AuthenticationError",
    "BrokenFiles",
    "LimitExceeded",
    "OutOfCredits",
    "PreflightError",
    "TooManyRejects",
}


def subclasses(base: type) -> Iterator[type]:
    yield base
    for each in base.__subclasses__():
        if each is not NotMade:  # caught within the package, as are its kinds
            yield from subclasses(each)


def errors() -> dict[str, type[OvhSmsError]]:
    """The errors that a person may see, by name."""
    for each in walk_packages(ovh_sms.__path__, "ovh_sms."):
        if not each.name.endswith("__main__"):
            importlib.import_module(each.name)
    return {each.__name__: each for each in subclasses(OvhSmsError) if each is not OvhSmsError}


def printed() -> dict[str, set[str]]:
    """The first sentences that the code gives each error, with dots for the values in them."""
    found = defaultdict(set)
    for path in (ROOT / "plugins" / "ovh_sms").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                values = getattr(node.args[0], "values", [node.args[0]])
                words = (each.value if isinstance(each, ast.Constant) else "…" for each in values)
                found[node.func.id].add(re.sub("…+", "…", "".join(map(str, words))))
    return found


def test_every_error_has_a_chapter_that_says_whether_it_is_tried_again() -> None:
    known = errors()
    assert set(known) == {*ovh_sms.errors.__all__} - {NotMade.__name__, OvhSmsError.__name__}, "one tree has all"
    assert all(f" {name} " in (ovh_sms.errors.__doc__ or "") for name in known)
    chapters = re.findall(r"^### (\w+)$", PAGE, re.MULTILINE)
    assert sorted(chapters) == sorted(known)
    waits = {rule.exception.rsplit(".", 1)[-1]: rule.retry_delay for rule in retry_policy().rules}
    for name, each in known.items():
        part, wait = chapter(PAGE, name), waits.get(name)
        assert AGAIN.findall(part) == [f"after {wait.total_seconds() / 60:g} min" if wait else "no"], name
        assert bool(wait) == each.is_retryable, name
        assert "- **To do:** " in part, name


def test_an_error_is_shown_in_the_words_that_it_is_printed_with() -> None:
    code = printed()
    code["KeyReused"] = {KeyReused("").what.replace("''", "…")}
    for name in errors():
        shown = re.findall(r"^```text\n(.+)\n```$", chapter(PAGE, name), re.MULTILINE)
        assert len(shown) == (name not in WITHOUT_WORDS), name
        assert set(shown) <= code[name], f"{name}: {shown}"
