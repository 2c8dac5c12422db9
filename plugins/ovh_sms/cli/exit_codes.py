"""Exit codes of the command ``ovh-sms``.

==== ==========================================================================================
Code Meaning
==== ==========================================================================================
0    done
1    a defect of this package, with a traceback
2    refused: correct the arguments, a file, a connection or the installation that the error names
3    OVH, the results database or a contact list's server cannot be reached: run it again later
4    unknown outcome: OVH may have executed a write; run it again, which observes OVH first
130  interrupted with Ctrl-C
==== ==========================================================================================
"""

from __future__ import annotations

from enum import IntEnum

from ovh_sms.errors import OutcomeUnknown, OvhSmsError


class ExitCode(IntEnum):
    """The codes of the table above; Python itself ends with 1 after a traceback."""

    DONE = 0
    REFUSED = 2
    UNAVAILABLE = 3
    UNKNOWN_OUTCOME = 4
    INTERRUPTED = 130


def exit_code(error: OvhSmsError) -> ExitCode:
    """Choose the exit code of an error."""
    if isinstance(error, OutcomeUnknown):
        return ExitCode.UNKNOWN_OUTCOME
    return ExitCode.UNAVAILABLE if error.is_retryable else ExitCode.REFUSED
