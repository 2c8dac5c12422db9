"""The root of every error: its text, and whether its task is tried again."""

from __future__ import annotations

from typing import ClassVar

from ovh_sms.error_text import shown


class OvhSmsError(Exception):
    """A campaign cannot go on; the text says what happened, what was not done and what to do.

    :param what: what happened, in one sentence.
    :param action: what was not done and what the person should do.
    """

    is_retryable: ClassVar[bool] = False
    was_executed: bool | None = False
    #: What happened, without technical details; empty if ``what`` has none.
    plain: str = ""
    #: Characters of the text at most; None for any number.
    longest: ClassVar[int | None] = None

    def __init__(self, what: str, *, action: str = "") -> None:
        self.what, self.action = what, action
        super().__init__(shown(what, action, self.longest))
