"""Refuses to bring the tables back to an earlier version."""

from __future__ import annotations

from typing import NoReturn

from ovh_sms.errors import ConfigurationError


def refuse_downgrade() -> NoReturn:
    """Refuse to bring the tables back to an earlier version: what they hold since would be lost.

    :raises ConfigurationError: always.
    """
    raise ConfigurationError(
        "The tables of the results database cannot go back to an earlier version: the journal would be lost.",
        action="Nothing was changed. Install the version of the package that made them, or put back a back-up of the "
        "earlier version and run: ovh-sms db restored.",
    )
