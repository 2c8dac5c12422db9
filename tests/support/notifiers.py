"""Notifiers of tests: one that keeps what it is given, one that fails."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from airflow.sdk import BaseNotifier


class KeepingNotifier(BaseNotifier):
    template_fields: Sequence[str] = ("subject", "text", "html_content", "extra")
    kept: ClassVar[list[dict[str, str]]] = []
    #: Is done once, while it notifies.
    meanwhile: ClassVar[Callable[[], object] | None] = None

    def __init__(self, subject: str = "", text: str = "", html_content: str = "", extra: str = "") -> None:
        super().__init__()
        self.subject, self.text, self.html_content, self.extra = subject, text, html_content, extra

    def notify(self, context: Any) -> None:
        meanwhile, KeepingNotifier.meanwhile = KeepingNotifier.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        self.kept.append({name: getattr(self, name) for name in self.template_fields})


class FailingNotifier(KeepingNotifier):
    failures: ClassVar[list[str]] = []

    def notify(self, context: Any) -> None:
        if self.failures:
            raise RuntimeError(self.failures.pop())
        super().notify(context)


class NoNotifier:
    """It is not one."""


class FileNotifier(BaseNotifier):
    """Writes one line of JSON for each notification, whichever process makes it."""

    template_fields: Sequence[str] = ("subject", "text")

    def __init__(self, path: str, subject: str = "", text: str = "") -> None:
        super().__init__()
        self.path, self.subject, self.text = path, subject, text

    def notify(self, context: Any) -> None:
        with Path(self.path).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"subject": self.subject, "text": self.text}) + "\n")
