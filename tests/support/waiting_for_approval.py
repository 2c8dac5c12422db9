"""A run that waits for a person's approval, as the pages find it: its list on the disk, its rows in the results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from ovh_sms.contacts.options import ContactOptions
from ovh_sms.contacts.preparation import PreparationRequest, prepare_contacts
from ovh_sms.contacts.prepared_list import PreparedList
from ovh_sms.hooks.contact_lists import fetch
from ovh_sms.store.campaign_approvals import ApprovalQuestion
from ovh_sms.store.campaign_tests import SENT, CampaignTest
from ovh_sms.store.published_lists import PublishedList
from ovh_sms.store.run_records import RunRecord
from ovh_sms.store.store import Store

MESSAGE = "Bonjour #prenom#, vos jeux vous attendent en magasin."
TAG = "cwaitsforapproval"


def waiting_run(
    store: Store, data: Path, *, dag_id: str, run_id: str, account: str, names: Sequence[str]
) -> PreparedList:
    """Record a run whose list is prepared and asked about, with two test messages.

    :param data: the data folder.
    """
    folder = data / "spring" / TAG / "0001"
    folder.mkdir(parents=True)
    source = data / "spring.csv"
    lines = [f"063998{at:04d};{name}" for at, name in enumerate(names)]
    source.write_text("\n".join(["numero;prenom", *lines]) + "\n", encoding="utf-8")
    request = PreparationRequest(
        contacts=str(source), message=MESSAGE, stop_clause=True, options=ContactOptions(allow_fiction=True)
    )
    prepared = prepare_contacts(request, out=folder, fetch=fetch).prepared
    about = {"dag_id": dag_id, "run_id": run_id, "account": account}
    record = RunRecord(
        list_tag=TAG,
        campaign="spring",
        rows=prepared.rows,
        accepted=prepared.accepted,
        batches=1,
        credits_estimated=float(prepared.credits),
        folder=str(folder),
        digest=prepared.digest,
        **about,
    )
    store.runs.start(record)
    store.runs.prepared(record, [])
    content = {"message": MESSAGE, "sender": "MYSHOP", "sender_for_response": False, "stop_clause": True}
    published = PublishedList(list_tag=TAG, digest=prepared.digest, folder=str(folder), content=content, **about)
    store.published_lists.publish(published, needs_approval=True)
    store.runs.checked(TAG, {"Europe/Paris": store.clock.now()}, 5_000.0)
    for kinds, receiver in (("first", "+33 6 39 ·· ·· 09"), ("shortest, longest", "+33 6 39 ·· ·· 09")):
        tag = f"ctest{len(kinds)}"
        test = CampaignTest(
            tag=tag, message_key=tag, campaign="spring", by="anna", receiver=receiver, kinds=kinds, **about
        )
        store.campaign_tests.start(test)
    store.campaign_tests.end("ctest5", SENT, credits_spent=1.0)
    grown = {"people": prepared.accepted, "before": 1, "times": float(prepared.accepted)}
    question = ApprovalQuestion(
        until=store.clock.now() + timedelta(hours=4),
        people=prepared.accepted,
        credits=float(prepared.credits),
        price=12.34,
        currency="EUR",
        figures={"exceeded": [{"name": "growth", "what": "", "allowed": "", "numbers": grown}]},
    )
    store.campaign_approvals.ask(TAG, prepared.digest, question)
    return prepared
