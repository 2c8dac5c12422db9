"""Checks for everything that OVH, or an operator, would refuse of a campaign: before anything is uploaded."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ovh_sms.api.models_senders import REFUSED, WAITING
from ovh_sms.contacts.reject_limit import commonest_faults, remedies
from ovh_sms.errors import ContentRefused, SenderNotEnabled, TooManyRejects, WrongChannel
from ovh_sms.messaging.contact_details import contact_detail_in, link_shortener_in
from ovh_sms.messaging.country_rules import DECLARED_SENDERS, FRANCE
from ovh_sms.messaging.destinations import country_of
from ovh_sms.messaging.mail_merge import split_message

if TYPE_CHECKING:
    from ovh_sms.api.models_senders import Sender
    from ovh_sms.contacts.prepared_list import PreparedList
    from ovh_sms.contacts.reject_limit import RejectLimit

log = logging.getLogger(__name__)

#: What to do about a sender, by its status at OVH.
_STEPS = {
    WAITING: "Wait for its validation by OVH, which takes up to three days; or use one that is enabled.",
    REFUSED: "Request another sender with 'ovh-sms senders request'; or use one that is enabled.",
}
#: Characters of a moderator's comment that an error shows.
_COMMENT = 200
#: Purposes of an account that allow a campaign of each kind.
_CHANNELS = {True: ("both", "marketing"), False: ("both", "transactional")}
_BLOCK = 1 << 20


def check_channel(channel: str, *, marketing: bool) -> None:
    """Refuse a campaign whose kind the account may not send.

    Source: ``channel`` of GET ``/sms/{serviceName}``.

    :param channel: what the account can be used for; empty if OVH does not say.
    :raises WrongChannel: the account is for the other kind.
    """
    if channel and channel in {*_CHANNELS[True], *_CHANNELS[False]} and channel not in _CHANNELS[marketing]:
        kind = "marketing" if marketing else "transactional"
        raise WrongChannel(
            f"This account is for {channel} messages; the campaign is {kind}.",
            action="Nothing was sent. Use another account, or have OVH change what this one is for.",
        )


def check_rejects(prepared: PreparedList, limit: RejectLimit | None) -> None:
    """Refuse a list that has lost too many rows for their faults.

    :raises TooManyRejects: names the commonest reasons, and the options that may save rows.
    """
    if limit is None or not limit.is_exceeded(prepared):
        return
    options = remedies(prepared)
    mend = f"Set {' and '.join(options)} below 'contacts', or correct the list;" if options else "Correct the list;"
    raise TooManyRejects(
        f"{limit.describe(prepared)}. Most of them: {commonest_faults(prepared)}.",
        action=f"Nothing was sent. {mend} then clear the task that prepares it. Or raise 'rejected' below 'limits' in "
        f"the campaign file, and clear this task. The rows are in {prepared.rejects_path}.",
    )


def check_sender(sender: str, senders: Iterable[Sender]) -> None:
    """Refuse a sender that is not enabled at OVH, with what OVH's moderator says about it.

    :param senders: of the account.
    :raises SenderNotEnabled: names the senders that are enabled.
    """
    known = {each.name: each for each in senders}
    found = known.get(sender)
    if found is not None and found.is_enabled:
        return
    enabled = sorted(name for name, each in known.items() if each.is_enabled)
    listed = ", ".join(enabled) or "none"
    if found is None:
        raise SenderNotEnabled(
            f"The sender '{sender}' does not exist on this account (enabled: {listed}).",
            action="Nothing was sent. Request it with 'ovh-sms senders request', or in OVH's manager, and wait for its "
            "validation; or use an enabled one.",
        )
    comment = f" OVH says: '{found.comment[:_COMMENT]}'." if found.comment else ""
    steps = _STEPS.get(found.status, "Use one that is enabled.")
    if found.is_waiting and found.kind == "numeric":
        steps = "Enable it by the code that OVH sent to it, with 'ovh-sms senders validate'; or use an enabled one."
    raise SenderNotEnabled(
        f"The sender '{sender}' is not enabled: its status is '{found.status}' (enabled: {listed}).{comment}",
        action=f"Nothing was sent. {steps}",
    )


def check_countries(countries: Mapping[str, int], *, sender: str | None, declared: Collection[str]) -> None:
    """Refuse receivers in countries that the sender cannot reach.

    :param countries: receivers by destination, as in the manifest.
    :param sender: name shown to the receivers; ``None`` for a short number, which reaches French numbers only.
    :param declared: countries in which the sender is declared.
    :raises SenderNotEnabled: names the countries and their receivers.
    """
    if sender is None:
        outside = {name: rows for name, rows in countries.items() if name != str(FRANCE)}
        if outside:
            raise SenderNotEnabled(
                f"A short number reaches metropolitan France (+33) alone; the list has {_listed(outside)}.",
                action="Nothing was sent. Give a 'sender', or leave these receivers out of the list.",
            )
        return
    if sender.isdigit():
        return
    closed = {name: rows for name, rows in countries.items() if country_of(name) in {*DECLARED_SENDERS} - {*declared}}
    if closed:
        names = sorted({country_of(name) for name in closed})
        advice = "; ".join(f"{name}: {DECLARED_SENDERS[name]}" for name in names)
        raise SenderNotEnabled(
            f"Operators do not take the sender '{sender}' everywhere: the list has {_listed(closed)}.",
            action=f"Nothing was sent. {advice}. Then name the country in 'declared_countries', or leave these "
            "receivers out of the list.",
        )


def check_content(message: str, prepared: PreparedList, *, sender: str | None) -> None:
    """Refuse links and contact details in a message that people answer; warn about links that operators block.

    :raises ContentRefused: the message, or a value of the list, holds one, and a short number sends it.
    """
    texts = " ".join(split_message(message)[::2])
    shortener = link_shortener_in(message)
    if shortener:
        log.warning("link shortener=%s: operators block such links; use a domain of your own", shortener)
    if sender is not None:
        return
    found = contact_detail_in(texts)
    if found:
        raise ContentRefused(
            f"The message holds {found[0]} ({found[1][:60]}), which OVH refuses in a message from a short number.",
            action="Nothing was sent. Take it out of the message, or give a 'sender' instead of 'sender_for_response'.",
        )
    for batch in prepared.batches:
        kind = _detail_in_values(batch.list_path)
        if kind:
            raise ContentRefused(
                f"A value of the list holds {kind}, which OVH refuses in a message from a short number.",
                action="Nothing was sent. Take such values out of the list, or give a 'sender' instead of "
                "'sender_for_response'.",
            )


def _detail_in_values(path: Path) -> str:
    """The kind of contact detail that a value of a prepared list holds; empty if none does."""
    with path.open(encoding="utf-8", newline="") as file:
        rest = ""
        file.readline()
        while block := file.read(_BLOCK):
            lines = (rest + block).split("\n")
            rest = lines.pop()[-_BLOCK:]
            found = _detail_in_lines(lines)
            if found:
                return found
        return _detail_in_lines([rest])


def _detail_in_lines(lines: list[str]) -> str:
    # The number stands first in each row.
    values = "\n".join(line.partition(";")[2] for line in lines)
    found = contact_detail_in(values)
    return found[0] if found else ""


def _listed(countries: Mapping[str, int]) -> str:
    most = sorted(countries.items(), key=lambda each: -each[1])
    shown = ", ".join(f"{rows:,} of +{name}" for name, rows in most[:5])
    return f"{shown} and others" if len(most) > 5 else shown
