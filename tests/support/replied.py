"""Fixtures: a campaign whose receivers can answer, and what they said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ovh_sms.hooks.store import ResultsHook
from ovh_sms.store.store import Store
from support.answered_runs import people, pull_replies, reached, reply
from support.answers import send_visit
from support.leaping_time import LeapingTime
from support.sandbox import SandboxProcess

EVERYONE = people(700, 12)


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return tmp_path / "include"


@pytest.fixture
def store(sandbox: SandboxProcess) -> Store:
    return ResultsHook().store


@pytest.fixture
def there(sandbox: SandboxProcess, leaping: LeapingTime, include: Path) -> list[str]:
    run = send_visit(include, EVERYONE)
    leaping.sleep(3_600)
    return reached(sandbox, run)


@pytest.fixture
def replied(sandbox: SandboxProcess, store: Store, include: Path, there: list[str]) -> Callable[..., list[str]]:
    """Lets people reply, and collects what they said."""

    def made(*texts: str, of: list[str] | None = None) -> list[str]:
        for person, text in zip(of or there, texts, strict=False):
            reply(sandbox, person, text)
        pull_replies(store, include)
        return (of or there)[: len(texts)]

    return made
