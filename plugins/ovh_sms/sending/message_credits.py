"""The credits of single messages, and their reservation: no campaign counts on credits that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from ovh_sms.errors import InsufficientCredits

if TYPE_CHECKING:
    from ovh_sms.api.client import OvhSmsClient
    from ovh_sms.contacts.classify.list_totals import Rates
    from ovh_sms.store.store import Store

#: Credits stay reserved for so long if the process dies.
RESERVED_FOR = timedelta(hours=1)


def rates_of(numbers: Sequence[str], rates: Rates) -> dict[str, float]:
    """Return the credits per segment of each number.

    :param numbers: E.164.
    :param rates: credits per segment by destination, see :func:`~ovh_sms.contacts.prepare.prepare`.
    """
    from ovh_sms.messaging.destinations import destination_name, destination_of

    names = {number: destination_name(destination_of(number)) for number in numbers}
    found = rates(sorted(set(names.values()))) if callable(rates) else rates or {}
    return {number: found.get(name, 1.0) for number, name in names.items()}


def reserve_messages(
    credits_by_tag: Mapping[str, float],
    *,
    name: str,
    dag_id: str,
    client: OvhSmsClient,
    store: Store,
    what: str,
    again: str,
) -> None:
    """Reserve the credits of some messages, until they are released by the same name.

    :param dag_id: the name under which the journal keeps such messages.
    :param what: begins the error: *2 test messages cost*.
    :param again: ends it: what to do once there are credits.
    :raises InsufficientCredits: the account holds too few beside those that others have reserved.

    Source: GET ``/sms/{serviceName}``, or ``/users/{login}`` if a user with a quota of its own sends.
    """
    from ovh_sms.contacts.preview.unicode_notes import credits_shown
    from ovh_sms.sending.user_quota import CreditsHolder
    from ovh_sms.store.reservation_records import WantedCredits

    if not credits_by_tag:
        return
    owner = CreditsHolder.read(client).owner if client.user else client.account_name
    known = store.reservations.read(owner)
    holder = CreditsHolder.read(client)  # after what is reserved was read
    wanted = WantedCredits(
        list_tag=name, dag_id=dag_id, run_id=name, account=owner, batches=dict(credits_by_tag), lasts=RESERVED_FOR
    )
    check = store.reservations.reserve(wanted, known, credits_left=holder.credits_left)
    if not check.is_reserved:
        reserved = check.reserved_by_others
        others = f", and {credits_shown(reserved)} of them are reserved" if reserved else ""
        raise InsufficientCredits(
            f"{what} {credits_shown(check.needed)} credits; {holder.words} holds "
            f"{credits_shown(check.credits_left)}{others}.",
            action=f"Nothing was sent. Order at least {credits_shown(check.missing)} credits, then {again}.",
        )
