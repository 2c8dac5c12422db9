"""Messages that OVH batches may have: whether OVH fills columns there is not documented."""

from __future__ import annotations

from ovh_sms.campaign.ovh_batches import OVH_BATCHES, Via
from ovh_sms.errors import ConfigurationError
from ovh_sms.messaging.mail_merge import placeholders

MERGE_ACTION = (
    "Send a test of it to yourself by 'via: ovh_batches' and read it on the phone. If OVH has filled the columns, put "
    "'ovh_batches_merge: true' into the account file. Else leave 'via' out."
)


def check_merge(message: str, via: Via, *, merge: bool) -> None:
    """Refuse a message with columns that OVH might send unfilled.

    :param merge: whether a person has seen that OVH fills columns in its batches.
    :raises ovh_sms.errors.ConfigurationError: the message has columns, and nobody has.
    """
    if via == OVH_BATCHES and not merge and (names := placeholders(message)):
        shown = ", ".join(f"#{name}#" for name in dict.fromkeys(names))
        raise ConfigurationError(
            f"The message has {shown}, and it is not known whether OVH fills columns in its batches. Nothing was sent.",
            action=MERGE_ACTION,
        )
