"""A connection, a parameter, a file or a contact list is wrong."""

from __future__ import annotations

from typing import ClassVar

from ovh_sms.errors.base import OvhSmsError


class ConfigurationError(OvhSmsError):
    """The connection or a parameter is wrong. Nothing was sent."""

    longest: ClassVar[int | None] = 580


class ConnectionMissing(ConfigurationError):
    """Airflow has no connection of that name. Nothing was called."""


class OtherAccount(ConfigurationError):
    """A connection of one SMS account was given for another one. Nothing was called."""


class CampaignFileError(ConfigurationError):
    """A campaign file is wrong. The text names the file and the field."""


class BrokenFiles(CampaignFileError):
    """Some campaign files are wrong. The text names all of them."""

    longest = None


class ContactsError(ConfigurationError):
    """A contact list cannot be used. The text names the file and the place."""


class EmptyList(ContactsError):
    """A contact list has a header and no row."""


class KeyReused(ConfigurationError):
    """A key of the outbox stands for another SMS already. Nothing was queued."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The key {key!r} stands in the outbox for another SMS.",
            action="Nothing was queued. Give each SMS a key of its own, and the same one only to repeat it unchanged.",
        )
