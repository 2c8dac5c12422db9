"""Names of tasks in the sentences of a page: marked where a sentence has its asterisks, for the page to set them off.

Only the sentences of this package are marked. A text of a person keeps its asterisks, and loses the marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ovh_sms.report.language import FRENCH, Translator, french_sentences

#: Around the name of a task; code points of private use, which no text needs.
BEGIN, END = "\ue000", "\ue001"

_MARKED = rf"{BEGIN}\1{END}"
_IN_SENTENCE = re.compile(r"\*([^*\s]+)\*")
#: An error's advice is kept with the names of files and columns in it: one form alone is taken for ours.
_IN_ADVICE = re.compile(r"(?<=\bclear )\*(prepare|preflight|approve|send_tests)\*")
_NO_MARKS = str.maketrans("", "", BEGIN + END)


class _Marked(str):
    """Names of tasks that this package has marked."""

    __slots__ = ()


class PageTranslator(Translator):
    """Says sentences whose names of tasks are marked, instead of between asterisks."""

    def __call__(self, sentence: str, /, **values: Any) -> str:
        """Say a sentence."""
        found = _IN_SENTENCE.sub(_MARKED, self._sentences.get(sentence, sentence))
        return found.format(**{name: _plain(value) for name, value in values.items()}) if values else found

    def tasks(self, names: Iterable[str]) -> str:
        """Name tasks in a sentence."""
        return _Marked(", ".join(f"{BEGIN}{_plain(name)}{END}" for name in names))

    def kept(self, text: str) -> str:
        """Return a text that was written before, as an error's."""
        return _IN_ADVICE.sub(_MARKED, text.translate(_NO_MARKS))


def page_translator(say: Translator) -> PageTranslator:
    """Return what says sentences for a page, in the same language."""
    return PageTranslator(say.language, french_sentences() if say.language == FRENCH else {})


def _plain(value: Any) -> Any:
    return value.translate(_NO_MARKS) if isinstance(value, str) and not isinstance(value, _Marked) else value
