"""Senders as OVH holds them."""

from __future__ import annotations

from pydantic import Field

from ovh_sms.api.models import OvhObject, Status

#: Status of a sender that a campaign may use, of one that waits for OVH or for its code, and of a refused one.
ENABLED, WAITING, REFUSED = "enabled", "waiting validation", "refused"


class Sender(OvhObject):
    """One sender of the account: ``enabled``, ``disabled``, ``refused`` or ``waiting validation``.

    ``comment`` is what OVH's moderator says about it; ``kind`` is ``alpha``, ``numeric``, ``shortcode`` or ``virtual``.
    """

    name: str = Field(alias="sender")
    status: Status
    comment: str = ""
    description: str = ""
    kind: str = Field(default="", alias="type")

    @property
    def is_enabled(self) -> bool:
        """Whether a campaign may use it now."""
        return self.status == ENABLED

    @property
    def is_waiting(self) -> bool:
        """Whether OVH, or the code that it sent to a number, must still enable it."""
        return self.status == WAITING
