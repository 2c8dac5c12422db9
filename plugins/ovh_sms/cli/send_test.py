"""``ovh-sms test``: send the texts of a campaign to named people, before it is sent to its list."""

from __future__ import annotations

import getpass
import logging
import uuid
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from ovh_sms.api.turn_queue import CallClass
from ovh_sms.cli.airflow_connections import RESULTS_CONNECTION, ovh_hook
from ovh_sms.cli.arguments import AsJson, CampaignName, Include, MaybeConnection, Results, find_campaign
from ovh_sms.cli.output import show
from ovh_sms.cli.preview import fetch_list, request_of
from ovh_sms.cli.shared_store import shared_store
from ovh_sms.errors import ConfigurationError, ContactsError

if TYPE_CHECKING:
    from ovh_sms.campaign.campaign_file import Campaign
    from ovh_sms.cli.arguments import FoundCampaign
    from ovh_sms.contacts.preview.list_texts import MergedText
    from ovh_sms.hooks.sms import OvhSmsHook
    from ovh_sms.sending.campaign_tests import CampaignTestSends
    from ovh_sms.store.campaign_tests import CampaignTest
    from ovh_sms.store.store import Store

log = logging.getLogger(__name__)

#: Numbers of one command at most: each gets up to three messages.
_MOST = 10


def send_test(
    campaign: CampaignName,
    to: Annotated[
        list[str] | None,
        typer.Option(metavar="NUMBER", help="Who gets the test; repeatable. The file's test_receivers if not given."),
    ] = None,
    include: Include = None,
    connection: MaybeConnection = None,
    results: Results = RESULTS_CONNECTION,
    as_json: AsJson = False,
) -> None:
    """Send the first, the shortest and the longest text of a campaign to named people, never to its list.

    The list is prepared as in a run, and not kept. The messages cost credits, as any others; they are in no figure of
    the campaign. Each call of the command sends anew, but goes on with a message that an earlier call may have sent.
    """
    found = find_campaign(campaign, include)
    it = found.campaign
    hook = ovh_hook(connection or it.connection, it.account, CallClass.WRITE)
    numbers = _numbers(it, to, hook)
    with shared_store(results) as store:
        sends = _sends(it, hook, store)
        made = sends.run(_texts(found, hook), numbers)
    show(_said(it.name, made), {"campaign": it.name, "tests": [_shown(each) for each in made]}, as_json=as_json)


def _numbers(campaign: Campaign, to: list[str] | None, hook: OvhSmsHook) -> list[str]:
    from ovh_sms.sending.named_numbers import named_numbers

    given = to or list(campaign.test_receivers or ())
    if not given:
        raise ConfigurationError(
            f"Nobody is named who gets the test of {campaign.name}.",
            action="Nothing was sent. Give --to with a number, or `test_receivers` in the campaign file.",
        )
    if len(given) > _MOST:
        raise ConfigurationError(
            f"{len(given)} people are named, and a test goes to {_MOST} at most.", action="Nothing was sent."
        )
    options = campaign.list_options()
    return named_numbers(
        given, region=options["region"], also_accept=options["also_accept"], allow_fiction=hook.is_sandbox
    )


def _sends(campaign: Campaign, hook: OvhSmsHook, store: Store) -> CampaignTestSends:
    from ovh_sms.clock import SystemClock
    from ovh_sms.credits.rates import foreign_rates
    from ovh_sms.idempotency.protocol import TaskTry
    from ovh_sms.idempotency.remote_write import ReconcilePolicy
    from ovh_sms.messaging.message_check import as_sent
    from ovh_sms.sending.campaign_tests import CampaignTestSends, CampaignToTest

    clock = SystemClock()
    content = {
        "message": as_sent(campaign.message),
        "sender": campaign.sender,
        "sender_for_response": campaign.sender_for_response,
        "user": campaign.user,
        "stop_clause": campaign.marketing,
    }
    quiet = max(ReconcilePolicy().quiet_period, timedelta(seconds=2 * hook.settings.timeout_seconds))
    return CampaignTestSends(
        campaign=CampaignToTest(
            name=campaign.name, content=content, invocation=uuid.uuid4().hex, by=getpass.getuser(), begins=clock.now()
        ),
        client=hook.client.as_user(campaign.user or ""),
        store=store,
        # Nobody tries again: a lost answer is reconciled at once.
        task=TaskTry(is_last=True, is_deferrable=False, log=log),
        policy=ReconcilePolicy(quiet_period=quiet),
        clock=clock,
        rates=partial(foreign_rates, hook.client),
    )


def _texts(found: FoundCampaign, hook: OvhSmsHook) -> list[MergedText]:
    """The texts of the list as it is now; its copies are removed."""
    from ovh_sms.contacts.preparation import prepare_contacts
    from ovh_sms.contacts.preview.list_texts import notable_texts
    from ovh_sms.messaging.message_check import as_sent

    request = request_of(found, hook)
    with TemporaryDirectory(prefix="ovh_sms_test_") as folder:
        suppressed = hook.client.blacklists.numbers()
        result = prepare_contacts(request, out=Path(folder), fetch=fetch_list, suppressed=suppressed)
        texts = notable_texts(result.prepared, as_sent(request.message))
    if not texts:
        raise ContactsError(
            f"No row of the list of {found.campaign.name} gets an SMS, so there is no text to test.",
            action=f"Nothing was sent. 'ovh-sms preview {found.campaign.name}' shows why.",
        )
    return texts


def _said(name: str, made: list[CampaignTest]) -> str:
    states = {
        "sent": "sent",
        "refused": "refused by OVH",
        "opted_out": "not sent, as the person has opted out",
        "before_restore": "not sent: it may have been sent before the results database was restored",
    }
    lines = [f"Test of {name}:"]
    for each in made:
        spent = f", {each.credits:g} {'credit' if each.credits == 1 else 'credits'}" if each.credits else ""
        lines.append(f"  {each.receiver}  {each.kinds}: {states.get(each.state or '', 'under way')}{spent}")
    return "\n".join(lines)


def _shown(test: CampaignTest) -> dict[str, object]:
    def plain(value: object) -> object:
        return value.isoformat() if isinstance(value, datetime) else value

    return {
        name: plain(value) for name, value in asdict(test).items() if name not in ("message_key", "dag_id", "run_id")
    }
