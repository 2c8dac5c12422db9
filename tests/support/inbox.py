"""Replies to the campaigns of the sample report, as the pages show them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ovh_sms.store.inbound_records import InboundMessage
from ovh_sms.store.inbound_tables import inbound
from ovh_sms.store.store import Store
from unit.report.report_sample import SENT_AT, large

if TYPE_CHECKING:
    from starlette.testclient import TestClient

SENT, MESSAGES = large()
#: What people wrote, the earliest first, with the action and the word of each.
SAID = (
    ("Oui", "confirmed", "OUI"),
    ("Je viens a midi, appelez Lea au 06 39 98 77 66", "inbox", None),
    ("STOP", "opt_out", "STOP"),
)


def only_these_replies(store: Store) -> list[InboundMessage]:
    """Store them in place of all others: several files of tests share the results of one web app."""
    with store.database.writing() as connection:
        connection.execute(inbound.delete())
    return save_replies(store)


def save_replies(store: Store, *, first: int = 1) -> list[InboundMessage]:
    """Store some replies to the large run, each of another person, and one that answers no known run."""
    run = {"campaign": SENT.campaign, "dag_id": SENT.dag_id, "run_id": SENT.run_id}
    replies = [
        InboundMessage(
            inbound_id=first + at,
            received_at=SENT_AT + timedelta(hours=1, minutes=at),
            number=MESSAGES[at].receiver,
            text=text,
            tag=SENT.tag,
            action=action,
            keyword=keyword,
            credits=1.0,
            **run,
        )
        for at, (text, action, keyword) in enumerate(SAID)
    ]
    stray = InboundMessage(
        inbound_id=first + len(SAID),
        received_at=SENT_AT,
        number="+33639987700",
        text="Qui est-ce ?",
        tag="",
        action="inbox",
    )
    store.inbound.save(SENT.account, [*replies, stray])
    return [*replies, stray]


def get_page(web: TestClient, headers: dict[str, str], page: str = "inbox", **chosen: Any) -> Any:
    """Open a page of the dashboard."""
    return web.get(f"/ovh-sms/{page}?{urlencode(chosen)}", headers=headers)


def search_replies(web: TestClient, headers: dict[str, str], text: str, **more: str) -> Any:
    """Search replies by the form of the page."""
    token = re.search(r'name="token" value="([^"]+)"', get_page(web, headers).text)
    assert token, "a person who may edit a DAG has the form"
    return web.post("/ovh-sms/inbox", data={"token": token[1], "text": text, **more}, headers=headers)


def found_replies(page: str) -> list[str]:
    """The texts of replies on a page."""
    return re.findall(r'class="said">([^<]*)<', page)
