"""Moments around the journal's writes at which a task's process ends, as by ``kill -9``; set within that process."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import Any

from ovh_sms.store.attempts import Attempts
from ovh_sms.store.published_lists import PublishedLists


@dataclass(frozen=True)
class KillAt:
    """The process ends right before or right after its first call of a method of the journal.

    :param when: ``before`` or ``after``.
    :param method: ``publish`` of the published lists, or one of the attempts.
    """

    when: str
    method: str


#: The process ends when its task is done, before it reports.
RETURNED = KillAt("returned", "")


def end_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def arm(kill: KillAt | None) -> None:
    """Let this process end at the moment, should it come to it."""
    if kill is None or kill == RETURNED:
        return
    owner = PublishedLists if kill.method == "publish" else Attempts
    whole = getattr(owner, kill.method)

    def killed(*given: Any, **more: Any) -> Any:
        if kill.when == "before":
            end_process()
        done = whole(*given, **more)
        end_process()
        return done

    setattr(owner, kill.method, killed)
