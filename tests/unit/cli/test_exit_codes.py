"""Exit codes: each error has one, and the documentation has all of them."""

from __future__ import annotations

import re

import pytest

from ovh_sms.cli import exit_codes
from ovh_sms.cli.exit_codes import ExitCode, exit_code
from ovh_sms.errors import (
    ConfigurationError,
    InsufficientCredits,
    OutcomeUnknown,
    OvhSmsError,
    RateLimited,
    RequestRefused,
    ResolutionRequired,
    SourceUnavailable,
    StoreUnavailable,
    Unavailable,
)
from support.cli import ROOT, process


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError, 2),
        (InsufficientCredits, 2),
        (RequestRefused, 2),
        (SourceUnavailable, 3),
        (StoreUnavailable, 3),
        (Unavailable, 3),
        (RateLimited, 3),
        (OutcomeUnknown, 4),
        (ResolutionRequired, 4),
    ],
)
def test_the_code_says_whether_to_correct_to_retry_or_to_check(error: type[OvhSmsError], code: int) -> None:
    assert exit_code(error("Failed.")) == code


def test_an_interruption_is_exit_code_130() -> None:
    script = (
        "import sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'yaml':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from ovh_sms.cli import main\n"
        "sys.exit(main(['preview', 'guide']))\n"
    )
    done = process(script=script)
    assert (done.code, done.out, done.err) == (130, "", "")


def test_every_code_is_documented() -> None:
    codes = {*map(int, ExitCode), 1}
    assert {int(found) for found in re.findall(r"^(\d+) ", exit_codes.__doc__ or "", re.M)} == codes
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert {int(found) for found in re.findall(r"^\| (\d+) \|", page, re.M)} == codes
