"""One call of each kind that a user makes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from ovh_sms.api.client import OvhSmsClient
from ovh_sms.api.models_users import UserChanges
from ovh_sms.api.submission_request import SubmissionRequest
from ovh_sms.errors import NotFound
from support.sandbox import SandboxProcess

NUMBERS = ["+33639980071", "+33639980072"]


def user_calls(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    """Make them."""
    client.users.create("seller", "Secret01")
    client.users.change("seller", UserChanges(quota_left=10))
    _as_user(client.as_user("seller"), sandbox)
    client.users.delete("seller")


def _as_user(client: OvhSmsClient, sandbox: SandboxProcess) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.csv"
        path.write_text("number\n" + "\n".join(NUMBERS) + "\n", encoding="utf-8")
        document = client.documents.create("list.csv")
        client.documents.upload(document.put_url, path)
    client.receivers.create(5, description="airflow user", document_id=document.id)
    assert client.receivers.ids() == [5]
    assert client.receivers.get(5).records == 2
    client.receivers.csv(5)
    given = {"message": "Bonjour", "stop_clause": False, "sender": "MYSHOP", "user": "seller"}
    client.jobs.submit(SubmissionRequest(**given, tag="as-user", slot=5))
    client.receivers.delete(5)
    late = client.jobs.submit(SubmissionRequest(**given, tag="as-user-2", receivers=NUMBERS, delay_minutes=60))
    assert set(late.ids) <= set(client.jobs.pending_ids())
    client.jobs.get(late.ids[0])
    client.jobs.delete(late.ids[0])
    listed = sandbox.wait_until(lambda: client.outgoing.ids(tag="as-user"))
    client.outgoing.count(tag="as-user")
    with suppress(NotFound):
        client.outgoing.get(listed[0])
    client.outgoing.start_export(tag="as-user")
