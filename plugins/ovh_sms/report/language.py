"""The language of reports, pages and notifications: English sentences in the source, French ones in dictionaries.

A module of :mod:`ovh_sms.report.french` holds ``SENTENCES`` of one area: English to French, with the same
``{placeholders}``. A test finds every sentence that code or a template says and demands its French.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

ENGLISH, FRENCH = "en", "fr"
LANGUAGES = (ENGLISH, FRENCH)
#: French writes this thin blank between thousands; it breaks no line.
THIN = "\u202f"


class Translator:
    """Says an English sentence of the source in one language.

    Code and templates name it ``say``: ``say("Batch {n} of {of}", n=4, of=10)``.

    :param language: ``en`` or ``fr``.
    :param sentences: English sentences to those of the language; one that is missing is said in English.
    """

    def __init__(self, language: str, sentences: dict[str, str]) -> None:
        self.language = language
        self._sentences = sentences

    def __call__(self, sentence: str, /, **values: Any) -> str:
        """Say a sentence.

        :param values: what its placeholders stand for; a float or a large number is written by
            :mod:`ovh_sms.report.words` before.
        """
        found = self._sentences.get(sentence, sentence)
        return found.format(**values) if values else found

    def several(self, number: int, one: str, many: str, /, **values: Any) -> str:
        """Say one of two sentences, by a number: ``say.several(n, "{n} batch", "{n} batches")``.

        French says 0 as it says 1, English as it says 2.

        :param values: further values; ``{n}`` is the number, written with its thousands.
        """
        is_one = number in {0, 1} if self.language == FRENCH else number == 1
        return self(
            one if is_one else many, n=f"{number:,}".replace(",", THIN if self.language == FRENCH else ","), **values
        )

    def tasks(self, names: Iterable[str]) -> str:
        """Name tasks in a sentence, between asterisks as they are in the sentences themselves."""
        return ", ".join(f"*{name}*" for name in names)

    def kept(self, text: str) -> str:
        """Return a text that was written before, as an error's: it is said as it is."""
        return text

    def has(self, sentence: str) -> bool:
        """Whether the language has a sentence of its own for it."""
        return sentence in self._sentences


@lru_cache(maxsize=8)
def translator(language: str) -> Translator:
    """Return what says the source's sentences in a language; English for a language that is not known.

    :param language: ``en``, ``fr``, or with a region as ``fr-CA``.
    """
    known = language[:2].lower()
    return Translator(FRENCH, french_sentences()) if known == FRENCH else Translator(ENGLISH, {})


def translatable(sentence: str) -> str:
    """Mark a sentence that is kept now and said later, with ``say(kept)``."""
    return sentence


def preferred_language(accept_language: str) -> str:
    """Return the language that a browser's ``Accept-Language`` prefers of those that are known; English without one."""
    wishes: list[tuple[float, int, str]] = []
    for place, wish in enumerate(accept_language.split(",")[:20]):
        name, _, quality = wish.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        if weight > 0 and name[:2].lower() in LANGUAGES:
            wishes.append((-weight, place, name[:2].lower()))
    return min(wishes)[2] if wishes else ENGLISH


@lru_cache(maxsize=1)
def french_sentences() -> dict[str, str]:
    """Return the French sentences of all areas.

    :raises ValueError: two areas say the same sentence in different words.
    """
    from ovh_sms.report import french

    found: dict[str, str] = {}
    for area in iter_modules(french.__path__, f"{french.__name__}."):
        for english, said in import_module(area.name).SENTENCES.items():
            if found.setdefault(english, said) != said:
                raise ValueError(f"{area.name} says {english!r} in other words than another area.")
    return found
